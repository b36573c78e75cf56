// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.PingException;
import dev.weft.testkit.IpPackets;
import dev.weft.testkit.MemoryTun;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PingsTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final MemoryTun port = new MemoryTun();
  private final DemuxFixture inProcess = new DemuxFixture(Optional.empty());
  private final DemuxFixture supplied = new DemuxFixture(Optional.of(port));

  @ParameterizedTest
  @ValueSource(strings = {"10.7.0.2", "fd07::2"})
  void takesItsReplyFromWhereverItWouldGo(String target) {
    for (DemuxFixture fixture : List.of(inProcess, supplied)) {
      CompletableFuture<Duration> ping = ping(fixture, target);
      assertFalse(ping.isDone());
      fixture.receive(reply(fixture.sent.getLast(), 8), 5_000_000);
      assertEquals(Duration.ofMillis(4), ping.join());
      assertEquals(0, fixture.totalDrops());
    }
    assertTrue(port.take().isEmpty());
  }

  @Test
  void leavesRepliesToPingsOfOthersAlone() {
    CompletableFuture<Duration> ping = ping(supplied, "10.7.0.2");
    byte[] request = supplied.sent.getLast();
    byte[] data = Arrays.copyOfRange(request, 28, request.length);
    InetAddress own = IpPackets.source(request);
    InetAddress peer = IpPackets.destination(request);
    byte[] otherData = data.clone();
    otherData[0]++;
    List<byte[]> others =
        List.of(
            IpPackets.echoReply(peer, own, identifier(request) ^ 1, 0, data),
            IpPackets.echoReply(peer, own, identifier(request), 1, data),
            IpPackets.echoReply(peer, own, identifier(request), 0, otherData),
            IpPackets.echoReply(peer, own, identifier(request), 0, new byte[0]),
            IpPackets.echoReply(
                InetAddress.ofLiteral("10.7.0.3"), own, identifier(request), 0, data));
    others.forEach(reply -> supplied.receive(reply, 1));
    assertEquals(others.size(), port.take().size());
    assertFalse(ping.isDone());
  }

  @Test
  void countsADamagedReply() {
    CompletableFuture<Duration> ping = ping(inProcess, "10.7.0.2");
    byte[] damaged = reply(inProcess.sent.getLast(), 8);
    damaged[8]++;
    inProcess.receive(damaged, 1);
    assertFalse(ping.isDone());
    assertEquals(1, inProcess.drops.get(InnerDrop.BAD_CHECKSUM));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.7.0.2", "fd07::2"})
  void failsWhenToldThatTheTargetIsUnreachable(String target) {
    CompletableFuture<Duration> ping = ping(inProcess, target);
    byte[] request = inProcess.sent.getLast();
    boolean ipv6 = target.equals("fd07::2");
    // Over IPv4 just the eight octets that RFC 792 demands.
    byte[] quote = Arrays.copyOf(request, ipv6 ? request.length : 28);
    byte[] body = new byte[8 + quote.length];
    body[0] = (byte) IcmpLayout.unreachable(ipv6);
    body[1] = 1;
    System.arraycopy(quote, 0, body, 8, quote.length);
    PacketBuffer error =
        LinuxPackets.buffer(
            IpPackets.packet(
                InetAddress.ofLiteral(ipv6 ? "fd07::9" : "10.7.0.9"),
                IpPackets.source(request),
                IcmpLayout.protocol(ipv6),
                body));
    InnerPacketWriter.writeIcmpChecksum(error, ipv6);
    inProcess.receive(error.toByteArray(), 1);
    PingException failure = failure(ping);
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains("unreachable"), message);
    assertTrue(message.contains(ipv6 ? "fd07:0:0:0:0:0:0:9" : "10.7.0.9"), message);
  }

  @Test
  void failsWhenTheTimeIsOver() {
    CompletableFuture<Duration> ping = ping(inProcess, "10.7.0.2");
    inProcess.network.runFor(TIMEOUT.minusNanos(1));
    assertFalse(ping.isDone());
    inProcess.network.runFor(Duration.ofNanos(1));
    assertTrue(String.valueOf(failure(ping).getMessage()).contains("no answer within PT2S"));
    inProcess.receive(reply(inProcess.sent.getLast(), 8), 1);
    assertEquals(1, inProcess.drops.get(InnerDrop.ICMP_IGNORED));
  }

  @Test
  void leavesNoTimerBehind() {
    CompletableFuture<Duration> answered = ping(inProcess, "10.7.0.2");
    inProcess.receive(reply(inProcess.sent.getLast(), 8), 1);
    CompletableFuture<Duration> closed = ping(inProcess, "10.7.0.2");
    inProcess.pings.close("the overlay was closed");
    assertTrue(answered.isDone());
    assertTrue(String.valueOf(failure(closed).getMessage()).contains("closed"));
    assertEquals(0, inProcess.runtime.pendingTasks());
  }

  @Test
  void boundsThePingsThatWait() {
    for (int i = 0; i < Pings.MAX_WAITING; i++) {
      assertFalse(ping(inProcess, "10.7.0.2").isDone());
    }
    assertEquals(Pings.MAX_WAITING, inProcess.sent.size());
    assertTrue(String.valueOf(failure(ping(inProcess, "10.7.0.2")).getMessage()).contains("1024"));
    byte[] first = inProcess.sent.getFirst();
    inProcess.receive(reply(first, 8), 1);
    assertFalse(ping(inProcess, "10.7.0.2").isDone());
  }

  private static CompletableFuture<Duration> ping(DemuxFixture fixture, String target) {
    InetAddress address = InetAddress.ofLiteral(target);
    return fixture
        .pings
        .ping(
            fixture.own.sourceFor(address).orElseThrow(),
            address,
            TIMEOUT,
            1_000_000,
            fixture::collect)
        .toCompletableFuture();
  }

  private static PingException failure(CompletableFuture<Duration> ping) {
    return assertThrows(
        PingException.class,
        () -> {
          assertTrue(ping.isCompletedExceptionally());
          throw ping.exceptionNow();
        });
  }

  private static int identifier(byte[] request) {
    return u16(request, 24);
  }

  /** The answer to an echo request, made by the test's own code. */
  private static byte[] reply(byte[] request, int header) {
    byte[] icmp = IpPackets.payload(request);
    return IpPackets.echoReply(
        IpPackets.destination(request),
        IpPackets.source(request),
        u16(icmp, 4),
        u16(icmp, 6),
        Arrays.copyOfRange(icmp, header, icmp.length));
  }

  private static int u16(byte[] octets, int offset) {
    return Short.toUnsignedInt(ByteBuffer.wrap(octets).getShort(offset));
  }
}
