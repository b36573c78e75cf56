// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.testkit.IpPackets;
import dev.weft.testkit.MemoryTun;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Decrypted packets of a hostile peer, without and with a supplied port. The first octet chooses
 * whether the checksums are made right and whether a second, identical packet follows; the rest is
 * the packet.
 */
final class InnerPacketFuzz {

  private static final InetAddress OWN = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress OWN_V6 = InetAddress.ofLiteral("fd07::1");
  private static final InetAddress PEER = InetAddress.ofLiteral("10.7.0.2");
  private static final InetAddress PEER_V6 = InetAddress.ofLiteral("fd07::2");

  private static final int RIGHT_CHECKSUMS = 1;
  private static final int TWICE = 2;

  private int delivered;

  static Stream<byte[]> seeds() {
    byte[] payload = {1, 2, 3, 4, 5};
    Stream<byte[]> recorded =
        Stream.of(
                "echo.v4.request",
                "echo.v6.request",
                "echo.v4.reply",
                "echo.v6.reply",
                "unreachable.v4.datagram",
                "unreachable.v6.datagram",
                "unreachable.v4.error",
                "unreachable.v6.error",
                "udp.v4",
                "udp.v6")
            .map(LinuxPackets::packet);
    Stream<byte[]> made =
        Stream.of(
            IpPackets.udp(PEER, 6000, OWN, 9, payload),
            IpPackets.udp(PEER_V6, 6000, OWN_V6, 9, payload),
            IpPackets.udp(PEER_V6, 6000, OWN_V6, 10, payload),
            IpPackets.echoReply(PEER, OWN, 1, 0, new byte[16]),
            IpPackets.echoReply(PEER_V6, OWN_V6, 1, 1, new byte[16]),
            IpPackets.packet(PEER, OWN, 6, new byte[20]),
            IpPackets.packet(PEER_V6, OWN_V6, 44, new byte[24]));
    // What a router says about the pings under way, which quotes them.
    DemuxFixture fixture = new InnerPacketFuzz().fixture(Optional.empty());
    Stream<byte[]> errors =
        fixture.sent.stream()
            .map(
                ping -> {
                  boolean ipv6 = ping[0] >>> 4 == 6;
                  byte[] message = new byte[8 + ping.length];
                  message[0] = (byte) IcmpLayout.unreachable(ipv6);
                  System.arraycopy(ping, 0, message, 8, ping.length);
                  return IpPackets.packet(
                      ipv6 ? PEER_V6 : PEER, ipv6 ? OWN_V6 : OWN, ipv6 ? 58 : 1, message);
                });
    List<byte[]> packets = Stream.of(recorded, made, errors).flatMap(part -> part).toList();
    return packets.stream().flatMap(packet -> Stream.of(seed(0, packet), seed(3, packet)));
  }

  private static byte[] seed(int flags, byte[] packet) {
    byte[] seed = new byte[1 + packet.length];
    seed[0] = (byte) flags;
    System.arraycopy(packet, 0, seed, 1, packet.length);
    return seed;
  }

  @MethodSource("seeds")
  @FuzzTest
  void isAnsweredDeliveredOrCounted(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] packet = Arrays.copyOfRange(input, 1, input.length);
    if ((input[0] & RIGHT_CHECKSUMS) != 0) {
      rightChecksums(packet);
    }
    int times = (input[0] & TWICE) != 0 ? 2 : 1;
    check(Optional.empty(), packet, times);
    check(Optional.of(new MemoryTun()), packet, times);
  }

  private void check(Optional<MemoryTun> port, byte[] packet, int times) {
    DemuxFixture fixture = fixture(port);
    fixture.sent.clear();
    delivered = 0;
    for (int i = 0; i < times; i++) {
      fixture.receive(packet, 0);
    }
    assertTrue(fixture.sent.size() <= times);
    assertTrue(delivered <= times);
    for (byte[] answer : fixture.sent) {
      assertTrue(IpPackets.isValid(answer));
      assertTrue(fixture.own.contains(IpPackets.source(answer)));
      assertTrue(answer.length <= DemuxFixture.MTU);
      assertTrue(answer.length <= packet.length + InnerPacketWriter.HEAD_ROOM);
    }
    for (byte[] written : port.map(MemoryTun::take).orElse(List.of())) {
      assertTrue(written.length <= packet.length);
    }
    worksStill(fixture, port);
  }

  private void worksStill(DemuxFixture fixture, Optional<MemoryTun> port) {
    fixture.sent.clear();
    delivered = 0;
    fixture.receive(IpPackets.udp(PEER, 6000, OWN, 9, new byte[3]), 1);
    assertEquals(1, delivered);
    fixture.receive(IpPackets.echoRequest(PEER, OWN, 7, 7, new byte[3]), 2);
    assertEquals(1, port.isPresent() ? port.get().take().size() : fixture.sent.size());
  }

  /** With a claimed port of each family, and a ping of each under way. */
  private DemuxFixture fixture(Optional<MemoryTun> port) {
    DemuxFixture fixture = new DemuxFixture(port.map(tun -> tun));
    for (InetAddress own : List.of(OWN, OWN_V6)) {
      fixture.sockets.bind(
          own,
          9,
          (payload, source) -> {
            while (payload.hasRemaining()) {
              payload.get();
            }
            delivered++;
          });
    }
    for (InetAddress target : List.of(PEER, PEER_V6)) {
      InetAddress own = fixture.own.sourceFor(target).orElseThrow();
      fixture.pings.ping(own, target, Duration.ofDays(1), 0, fixture::collect);
    }
    return fixture;
  }

  /** Gives a packet right checksums as far as it has places for them. */
  private static void rightChecksums(byte[] octets) {
    PacketBuffer packet = PacketBuffer.allocate(0, octets.length);
    packet.copyFrom(octets, 0, octets.length);
    InnerPacket view = new InnerPacket();
    if (!view.read(packet)) {
      return;
    }
    if (!view.isIpv6()) {
      octets[Ipv4Layout.CHECKSUM] = 0;
      octets[Ipv4Layout.CHECKSUM + 1] = 0;
      put(octets, Ipv4Layout.CHECKSUM, sum(0, octets, 0, (int) (view.payload() - view.start())));
    }
    int start = (int) (view.payload() - view.start());
    int checksum = start + (view.isWholeUdp() ? UdpLayout.CHECKSUM : IcmpLayout.CHECKSUM);
    boolean pseudo = view.isWholeUdp() || view.isIpv6();
    int length = view.isWholeUdp() ? view.udpLength() : view.payloadLength();
    if (!(view.isWholeUdp() || view.isWholeIcmp())
        || length > view.payloadLength()
        || checksum + 2 > start + length) {
      return;
    }
    put(octets, checksum, 0);
    long begun =
        pseudo
            ? InternetChecksum.pseudoHeader(
                view.segment(), view.source(), view.addressLength(), length, view.protocol())
            : 0;
    put(octets, checksum, sum(begun, octets, start, length));
  }

  private static int sum(long begun, byte[] octets, int offset, int length) {
    return InternetChecksum.finish(
        InternetChecksum.add(begun, MemorySegment.ofArray(octets), offset, length));
  }

  private static void put(byte[] octets, int offset, int value) {
    octets[offset] = (byte) (value >>> 8);
    octets[offset + 1] = (byte) value;
  }
}
