// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/**
 * Whatever comes, what was merged and taken apart again is what came: per flow, in order, octet for
 * octet. The one thing that may differ is the identification of IPv4 packets that are not to be
 * fragmented, and with it the checksum of their header.
 */
final class CoalescerProperties {

  /** What happens between two packets of a flow. */
  enum Twist {
    NONE,
    NONE_AGAIN,
    STILL_NONE,
    PUSH,
    FIN,
    PURE_ACKNOWLEDGMENT,
    ACKNOWLEDGES_MORE,
    OTHER_WINDOW,
    OTHER_CLASS,
    OTHER_OPTIONS,
    LOST,
    AGAIN,
    OTHER_SIZE,
    SHORTER,
    LONG,
    MAY_BE_FRAGMENTED,
    SAME_IDENTIFICATION,
    FRAGMENT,
    WRONG_CHECKSUM,
    UNFIT,
    BATCH_ENDS
  }

  record Step(int flow, Twist twist) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Twist> mostlyNone =
        Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.just(Twist.NONE)), Tuple.of(1, Arbitraries.of(Twist.class)));
    return Combinators.combine(Arbitraries.integers().between(0, 11), mostlyNone)
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(150);
  }

  @Property
  void whatIsTakenApartAgainIsWhatCame(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 1, max = 9) int room) {
    check(steps, new CoalescerFixture(room, CoalescerFixture.ALL), true);
  }

  @Property
  void whatIsTakenApartAgainIsWhatCameWithoutVerification(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 1, max = 3) int room) {
    Coalescer.Options options = new Coalescer.Options(true, true, false, true);
    check(steps, new CoalescerFixture(room, options), false);
  }

  private static void check(List<Step> steps, CoalescerFixture fixture, boolean verifies) {
    TransportPacket[] flows = new TransportPacket[12];
    for (int i = 0; i < flows.length; i++) {
      flows[i] = flow(i);
    }
    List<byte[]> sent = new ArrayList<>();
    for (Step step : steps) {
      TransportPacket next = flows[step.flow()];
      if (step.twist() == Twist.BATCH_ENDS) {
        fixture.coalescer.flush();
      } else if (step.twist() == Twist.UNFIT) {
        byte[] octets = next.octets();
        fixture.receiveUnfit(octets, octets.length / 2);
      } else {
        TransportPacket packet = twisted(next, step.twist());
        byte[] octets = packet.octets();
        if (step.twist() == Twist.FRAGMENT) {
          octets[packet.ipv6() ? 6 : 7] = 44;
        } else if (step.twist() == Twist.WRONG_CHECKSUM && verifies) {
          octets[octets.length - 1]++;
        }
        fixture.receive(octets);
        sent.add(octets);
        flows[step.flow()] =
            step.twist() == Twist.AGAIN
                ? next
                : packet.withFlags(TransportPacket.ACK).next(next.payload().length());
      }
    }
    List<byte[]> writes = fixture.flushed();
    assertEquals(fixture.coalescer.writes(), writes.size());
    assertEquals(sent.size(), fixture.coalescer.mergedPackets() + writes.size());
    for (byte[] write : writes) {
      assertTrue(write.length <= 10 + 0xffff);
    }
    CoalescerFixture.assertSame(sent, CoalescerFixture.apart(writes), verifies);
  }

  /** Two versions, two protocols, and of each three flows, of which two differ least. */
  private static TransportPacket flow(int number) {
    boolean ipv6 = number % 2 == 1;
    TransportPacket packet = TransportPacket.of(ipv6, number / 2 % 2 == 1);
    packet =
        switch (number / 4) {
          case 0 -> packet;
          case 1 -> packet.withPorts(packet.sourcePort(), packet.destinationPort() + 1);
          default ->
              packet.withAddresses(
                  packet.source(), InetAddress.ofLiteral(ipv6 ? "fd07::9" : "10.7.0.9"));
        };
    return packet.withPayload(3 + number * 140);
  }

  private static TransportPacket twisted(TransportPacket packet, Twist twist) {
    int length = packet.payload().length();
    return switch (twist) {
      case NONE, NONE_AGAIN, STILL_NONE, AGAIN, FRAGMENT, WRONG_CHECKSUM, UNFIT, BATCH_ENDS ->
          packet;
      case PUSH -> packet.withFlags(TransportPacket.ACK | TransportPacket.PUSH);
      case FIN -> packet.withFlags(TransportPacket.ACK | 1);
      case PURE_ACKNOWLEDGMENT -> packet.withPayload(0);
      case ACKNOWLEDGES_MORE -> packet.withAcknowledgment(packet.acknowledgment() + 1);
      case OTHER_WINDOW -> packet.withWindow(packet.window() ^ 1);
      case OTHER_CLASS -> packet.withTrafficClass(packet.trafficClass() ^ 3);
      case OTHER_OPTIONS ->
          packet.withOptions(packet.options().length() == 0 ? new byte[12] : new byte[0]);
      case LOST -> packet.withSequence(packet.sequence() + length).withPayload(length);
      case OTHER_SIZE -> packet.withPayload(length + 7);
      case SHORTER -> packet.withPayload(length / 2 + 1);
      case LONG -> packet.withPayload(30_000);
      case MAY_BE_FRAGMENTED ->
          packet.withIdentification(packet.dontFragment(), packet.identification());
      case SAME_IDENTIFICATION ->
          packet.withIdentification(!packet.dontFragment(), packet.identification() - 1);
    };
  }
}
