// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.testkit.IpPackets;
import dev.weft.testkit.MemoryTun;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class InnerDemuxProperties {

  private static final InetAddress OWN = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress OWN_V6 = InetAddress.ofLiteral("fd07::1");

  private static final List<String> RECORDED =
      List.of(
          "echo.v4.request",
          "echo.v6.request",
          "unreachable.v4.datagram",
          "unreachable.v6.datagram",
          "unreachable.v4.error",
          "unreachable.v6.error",
          "udp.v4",
          "udp.v6");

  private final MemoryTun port = new MemoryTun();
  private final DemuxFixture inProcess = new DemuxFixture(Optional.empty());
  private final DemuxFixture supplied = new DemuxFixture(Optional.of(port));

  InnerDemuxProperties() {
    for (DemuxFixture fixture : List.of(inProcess, supplied)) {
      fixture.sockets.bind(OWN, 9, (payload, source) -> {});
      fixture.sockets.bind(OWN_V6, 9, (payload, source) -> {});
      for (String target : List.of("10.7.0.2", "fd07::2")) {
        InetAddress address = InetAddress.ofLiteral(target);
        fixture.pings.ping(
            fixture.own.sourceFor(address).orElseThrow(),
            address,
            Duration.ofDays(1),
            0,
            fixture::collect);
      }
      fixture.sent.clear();
    }
  }

  /** Any octets, and recorded packets with some octets changed and some cut off. */
  @Provide
  Arbitrary<byte[]> hostile() {
    Arbitrary<byte[]> any = Arbitraries.bytes().array(byte[].class).ofMaxSize(120);
    Arbitrary<byte[]> changed =
        Combinators.combine(
                Arbitraries.of(RECORDED),
                Arbitraries.integers().between(0, 60).list().ofMaxSize(4),
                Arbitraries.bytes(),
                Arbitraries.integers().between(0, 30))
            .as(
                (name, places, value, cut) -> {
                  byte[] packet = LinuxPackets.packet(name);
                  for (int place : places) {
                    packet[place % packet.length] += value;
                  }
                  return Arrays.copyOf(packet, packet.length - cut);
                });
    return Arbitraries.oneOf(any, changed);
  }

  @Property
  void neverThrowsAndAnswersOnlyWithValidPackets(@ForAll("hostile") byte[] packet) {
    for (DemuxFixture fixture : List.of(inProcess, supplied)) {
      fixture.sent.clear();
      fixture.receive(packet, 0);
      assertTrue(fixture.sent.size() <= 1);
      for (byte[] answer : fixture.sent) {
        assertTrue(IpPackets.isValid(answer));
        assertTrue(fixture.own.contains(IpPackets.source(answer)));
      }
    }
    port.take();
  }

  @Property
  void whatItReadsLiesInsideThePacket(@ForAll("hostile") byte[] packet) {
    // At the very end of its memory, where reading on would throw.
    PacketBuffer buffer = PacketBuffer.allocate(13, packet.length);
    buffer.copyFrom(packet, 0, packet.length);
    InnerPacket view = new InnerPacket();
    if (view.read(buffer)) {
      assertTrue(view.length() <= packet.length);
      assertEquals(view.start() + view.length(), view.payload() + view.payloadLength());
      view.hasIntactHeader();
      if (view.isWholeUdp()) {
        view.hasIntactUdp();
      }
      if (view.isWholeIcmp()) {
        view.hasIntactIcmp();
        inProcess.pings.isAwaited(view);
      }
      view.hasUnicastSource();
    }
  }
}
