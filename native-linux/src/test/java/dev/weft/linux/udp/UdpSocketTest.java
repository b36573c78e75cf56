// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.Allocations;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.poll.Poller;
import dev.weft.linux.tun.PrivateNetwork;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class UdpSocketTest {

  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();
  private static final long LOOPBACK = 0x7f000001_00000000L;
  private static final long LOOPBACK_2 = 0x7f000002_00000000L;
  private static final int SO_MARK = 36;

  private final Arena arena = Arena.ofConfined();
  private final List<UdpSocket> sockets = new ArrayList<>();
  private final ReceiveBatch received = new ReceiveBatch(arena, 8, 65535);
  private final SendBatch sent = new SendBatch(arena, 8);
  private final MemorySegment payload = numbered(arena.allocate(66_000));

  @AfterEach
  void close() {
    sockets.forEach(UdpSocket::close);
    arena.close();
  }

  private static MemorySegment numbered(MemorySegment memory) {
    for (int i = 0; i < memory.byteSize(); i++) {
      memory.set(JAVA_BYTE, i, (byte) (i * 31 + (i >> 8)));
    }
    return memory;
  }

  private UdpSocket socket(boolean ipv6) {
    UdpSocket socket = UdpSocket.open(ipv6);
    sockets.add(socket);
    return socket;
  }

  private UdpSocket bound(boolean ipv6) {
    UdpSocket socket = socket(ipv6);
    socket.bind(new InetSocketAddress(0).getAddress(), 0);
    return socket;
  }

  private static SocketAddress loopback(boolean ipv6, UdpSocket socket) {
    return ipv6
        ? SocketAddress.of(true, 0, 1, socket.localPort(), 0)
        : SocketAddress.of(false, LOOPBACK, 0, socket.localPort(), 0);
  }

  private static void assumeIpv6() throws IOException {
    Assumptions.assumeTrue(
        UdpSocket.isIpv6Supported()
            && NetworkInterface.getByInetAddress(InetAddress.ofLiteral("::1")) != null,
        "requires ipv6: there is no ::1");
  }

  private int receive(UdpSocket socket) {
    Poller poller = new Poller(arena, socket.descriptor());
    assertEquals(1, poller.poll(LIMIT_NANOS), "nothing came");
    return socket.receive(received);
  }

  private int send(UdpSocket socket, int length, int segmentSize, SocketAddress destination) {
    sent.clear();
    sent.add(payload, 0, length, segmentSize, destination);
    return socket.send(sent, 0);
  }

  private void assertPayload(int message, int from, int length) {
    assertEquals(length, received.length(message));
    assertArrayEquals(
        payload.asSlice(from, length).toArray(JAVA_BYTE),
        received.memory().asSlice(received.offset(message), length).toArray(JAVA_BYTE));
  }

  @Test
  void aDatagramArrivesWithItsSender() {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    assertEquals(0, receiver.receive(received));
    assertEquals(1, send(sender, 100, 0, loopback(false, receiver)));
    assertEquals(1, receive(receiver));
    assertPayload(0, 0, 100);
    assertEquals(100, received.segmentSize(0));
    assertFalse(received.isTruncated(0));
    assertFalse(received.isIpv6(0));
    assertEquals(sender.localPort(), received.sourcePort(0));
    assertEquals(LOOPBACK, received.sourceHigh(0));
    assertEquals(0, received.sourceLow(0));
    assertEquals(0, received.sourceScope(0));
    assertFalse(received.hasLocal(0));
  }

  @Test
  void anIpv6DatagramArrivesWithItsSender() throws IOException {
    assumeIpv6();
    UdpSocket receiver = bound(true);
    UdpSocket sender = bound(true);
    assertEquals(1, send(sender, 100, 0, loopback(true, receiver)));
    assertEquals(1, receive(receiver));
    assertPayload(0, 0, 100);
    assertTrue(received.isIpv6(0));
    assertEquals(sender.localPort(), received.sourcePort(0));
    assertEquals(0, received.sourceHigh(0));
    assertEquals(1, received.sourceLow(0));
    assertEquals(0, received.sourceScope(0));
  }

  @Test
  void anEmptyDatagramIsAMessageToo() {
    UdpSocket receiver = bound(false);
    assertEquals(1, send(bound(false), 0, 0, loopback(false, receiver)));
    assertEquals(1, receive(receiver));
    assertEquals(0, received.length(0));
    assertEquals(0, received.segmentSize(0));
  }

  @Test
  void aBatchArrivesInItsOrder() {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    for (int i = 0; i < 8; i++) {
      assertFalse(sent.isFull());
      sent.add(payload, 100L * i, 50 + i, 0, loopback(false, receiver));
    }
    assertTrue(sent.isFull());
    assertThrows(
        IllegalStateException.class,
        () -> sent.add(payload, 0, 1, 0, SocketAddress.of(false, 0, 0, 1, 0)));
    assertEquals(5, sender.send(sent, 3));
    assertEquals(3, sender.send(sent, 5));
    assertEquals(0, sender.send(sent, 8));
    assertEquals(8, receive(receiver));
    for (int i = 0; i < 5; i++) {
      assertPayload(i, 100 * (i + 3), 53 + i);
    }
    assertPayload(5, 500, 55);
    assertEquals(0, receiver.receive(received));
    assertThrows(IndexOutOfBoundsException.class, () -> received.length(0));
  }

  @Test
  void aBatchKeepsWhatWasAdded() {
    SocketAddress destination = SocketAddress.of(false, LOOPBACK, 0, 9, 0);
    sent.add(payload, 7, 1000, 300, destination);
    sent.add(payload, 8, 1000, 1000, destination.withSource(LOOPBACK_2, 0, 0));
    assertEquals(2, sent.size());
    assertEquals(1000, sent.length(0));
    assertEquals(300, sent.segmentSize(0));
    assertEquals(7, sent.payloadOffset(0));
    assertEquals(destination, sent.destination(0));
    assertEquals(0, sent.segmentSize(1));
    assertTrue(sent.destination(1).hasSource());
    assertThrows(IndexOutOfBoundsException.class, () -> sent.length(2));
    assertThrows(
        IndexOutOfBoundsException.class, () -> sent.add(payload, 65_999, 2, 0, destination));
    assertThrows(
        IllegalArgumentException.class,
        () -> sent.add(MemorySegment.ofArray(new byte[9]), 0, 9, 0, destination));
    sent.clear();
    assertEquals(0, sent.size());
  }

  @Test
  void segmentsArriveAsDatagramsOfWhichTheLastIsShort() {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    assertTrue(sender.probeGso());
    assertEquals(1, send(sender, 4 * 1000 + 10, 1000, loopback(false, receiver)));
    assertEquals(5, receive(receiver));
    for (int i = 0; i < 4; i++) {
      assertPayload(i, 1000 * i, 1000);
      assertEquals(1000, received.segmentSize(i));
    }
    assertPayload(4, 4000, 10);
  }

  @Test
  void segmentsArriveAsOneMessageWithGro() {
    segmentsAsOneMessage(false);
  }

  @Test
  void ipv6SegmentsArriveAsOneMessageWithGro() throws IOException {
    assumeIpv6();
    segmentsAsOneMessage(true);
  }

  private void segmentsAsOneMessage(boolean ipv6) {
    UdpSocket receiver = bound(ipv6);
    UdpSocket sender = bound(ipv6);
    Assumptions.assumeTrue(receiver.enableGro(), "requires gro: Linux 5.12");
    assertTrue(receiver.enablePacketInfo());
    assertEquals(1, send(sender, 44 * 1452 + 10, 1452, loopback(ipv6, receiver)));
    assertEquals(1, receive(receiver));
    assertPayload(0, 0, 44 * 1452 + 10);
    assertEquals(1452, received.segmentSize(0));
    assertTrue(received.hasLocal(0));
    assertEquals(ipv6 ? 1 : 0, received.localLow(0));
    assertEquals(1, send(sender, 200, 0, loopback(ipv6, receiver)));
    assertEquals(1, receive(receiver));
    assertEquals(200, received.segmentSize(0));
  }

  @Test
  void groIsNotUsedBeforeLinux512() {
    assertEquals(KernelVersion.running().isAtLeast(5, 12), bound(false).enableGro());
  }

  @Test
  void theOwnAddressOfADatagramIsTold() throws IOException {
    UdpSocket receiver = bound(false);
    assertTrue(receiver.enablePacketInfo());
    SocketAddress destination = SocketAddress.of(false, LOOPBACK_2, 0, receiver.localPort(), 0);
    assertEquals(1, send(bound(false), 10, 0, destination));
    assertEquals(1, receive(receiver));
    assertTrue(received.hasLocal(0));
    assertEquals(LOOPBACK_2, received.localHigh(0));
    assertEquals(0, received.localLow(0));
    assertEquals(loopbackIndex("127.0.0.1"), received.interfaceIndex(0));
  }

  @Test
  void theOwnIpv6AddressOfADatagramIsTold() throws IOException {
    assumeIpv6();
    UdpSocket receiver = bound(true);
    assertTrue(receiver.enablePacketInfo());
    assertEquals(1, send(bound(true), 10, 0, loopback(true, receiver)));
    assertEquals(1, receive(receiver));
    assertTrue(received.hasLocal(0));
    assertEquals(0, received.localHigh(0));
    assertEquals(1, received.localLow(0));
    assertEquals(loopbackIndex("::1"), received.interfaceIndex(0));
  }

  private static int loopbackIndex(String address) throws IOException {
    return NetworkInterface.getByInetAddress(InetAddress.ofLiteral(address)).getIndex();
  }

  @Test
  void aSourceAddressIsChosen() throws IOException {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    SocketAddress plain = loopback(false, receiver);
    sent.add(payload, 0, 10, 0, plain.withSource(LOOPBACK_2, 0, 0));
    sent.add(payload, 0, 10, 0, plain.withSource(LOOPBACK_2, 0, loopbackIndex("127.0.0.1")));
    sent.add(payload, 0, 20, 10, plain.withSource(LOOPBACK_2, 0, 0));
    sent.add(payload, 0, 10, 0, plain);
    assertEquals(4, sender.send(sent, 0));
    assertEquals(5, receive(receiver));
    for (int i = 0; i < 4; i++) {
      assertEquals(LOOPBACK_2, received.sourceHigh(i));
    }
    assertEquals(LOOPBACK, received.sourceHigh(4));
  }

  @Test
  void anIpv6SourceAddressIsChosen() throws IOException {
    assumeIpv6();
    UdpSocket receiver = bound(true);
    UdpSocket sender = bound(true);
    SocketAddress plain = loopback(true, receiver);
    assertEquals(1, send(sender, 20, 10, plain.withSource(0, 1, loopbackIndex("::1"))));
    assertEquals(2, receive(receiver));
    assertEquals(1, received.sourceLow(0));
    SocketAddress foreign = plain.withSource(0x20010db8_00000000L, 1, 0);
    assertTrue(send(sender, 10, 0, foreign) < 0);
  }

  @Test
  void aForeignSourceAddressIsRefused() {
    UdpSocket receiver = bound(false);
    SocketAddress foreign = loopback(false, receiver).withSource(0xc0000201_00000000L, 0, 0);
    assertTrue(send(bound(false), 10, 0, foreign) < 0);
    assertEquals(0, receiver.receive(received));
  }

  @Test
  void aTruncatedDatagramIsFlagged() {
    UdpSocket receiver = bound(false);
    assertEquals(1, send(bound(false), 200, 0, loopback(false, receiver)));
    ReceiveBatch small = new ReceiveBatch(arena, 2, 100);
    assertEquals(1, new Poller(arena, receiver.descriptor()).poll(LIMIT_NANOS));
    assertEquals(1, receiver.receive(small));
    assertTrue(small.isTruncated(0));
    assertEquals(100, small.length(0));
    assertEquals(1, send(bound(false), 100, 0, loopback(false, receiver)));
    assertEquals(1, new Poller(arena, receiver.descriptor()).poll(LIMIT_NANOS));
    assertEquals(1, receiver.receive(small));
    assertFalse(small.isTruncated(0));
  }

  @Test
  void failuresAreNegativeErrorNumbersOfTheFirstMessage() {
    UdpSocket sender = bound(false);
    SocketAddress destination = loopback(false, bound(false));
    assertEquals(-Errno.EMSGSIZE, send(sender, 65_508, 0, destination));
    assertEquals(-Errno.EINVAL, send(sender, 1000, 1, destination));
    SocketAddress ipv6 = SocketAddress.of(true, 0, 1, 9, 0);
    assertEquals(-Errno.EAFNOSUPPORT, send(sender, 10, 0, ipv6));
  }

  @Test
  void aFailureEndsTheBatchAndTheRestCanBeSent() {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    SocketAddress destination = loopback(false, receiver);
    sent.add(payload, 0, 10, 0, destination);
    sent.add(payload, 0, 65_508, 0, destination);
    sent.add(payload, 10, 20, 0, destination);
    assertEquals(1, sender.send(sent, 0));
    assertEquals(-Errno.EMSGSIZE, sender.send(sent, 1));
    assertEquals(1, sender.send(sent, 2));
    assertEquals(2, receive(receiver));
    assertPayload(1, 10, 20);
  }

  @Test
  void boundSocketsOfBothFamiliesShareAPort() throws IOException {
    assumeIpv6();
    UdpSocket ipv6 = bound(true);
    UdpSocket ipv4 = socket(false);
    ipv4.bind(InetAddress.ofLiteral("0.0.0.0"), ipv6.localPort());
    assertEquals(ipv6.localPort(), ipv4.localPort());
    assertThrows(
        IllegalArgumentException.class, () -> socket(false).bind(InetAddress.ofLiteral("::1"), 0));
  }

  @Test
  void aPortIsSharedWithReusePortAlone() {
    UdpSocket first = socket(false);
    first.setReusePort();
    first.bind(InetAddress.ofLiteral("127.0.0.1"), 0);
    UdpSocket second = socket(false);
    second.setReusePort();
    second.bind(InetAddress.ofLiteral("127.0.0.1"), first.localPort());
    LinuxException e =
        assertThrows(
            LinuxException.class,
            () -> socket(false).bind(InetAddress.ofLiteral("127.0.0.1"), first.localPort()));
    assertEquals(Errno.EADDRINUSE, e.errno());
  }

  @Test
  void anUnboundSocketHasNoPort() {
    assertEquals(0, socket(false).localPort());
  }

  @Test
  void buffersHaveTheSizeGranted() {
    UdpSocket socket = socket(false);
    assertEquals(65_536, socket.setReceiveBuffer(65_536));
    assertEquals(65_536, socket.setSendBuffer(65_536));
  }

  @Test
  void privilegesAreNotNeededButForTheMark() {
    PrivateNetwork.runUnprivileged(
        () -> {
          assertEquals(Optional.empty(), UdpSocket.unavailableReason());
          UdpSocket socket = socket(false);
          assertEquals(65_536, socket.setReceiveBuffer(65_536));
          int granted = socket.setSendBuffer(Integer.MAX_VALUE / 2);
          assertTrue(granted > 0 && granted < Integer.MAX_VALUE / 2, "granted " + granted);
          LinuxException e = assertThrows(LinuxException.class, () -> socket.setMark(1));
          assertEquals(Errno.EPERM, e.errno());
        });
  }

  @Test
  void aMarkIsSet() {
    PrivateNetwork.run(
        () -> {
          UdpSocket socket = socket(false);
          socket.setMark(0x1234);
          assertEquals(
              0x1234,
              SocketCalls.getsockopt(socket.descriptor(), SocketLayouts.SOL_SOCKET, SO_MARK));
        });
  }

  @Test
  void theOwnAddressTowardsADestinationFollowsTheRoutes() throws IOException {
    assertEquals(
        Optional.of(InetAddress.ofLiteral("127.0.0.1")),
        UdpSocket.localAddressTowards(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9), 0));
    assumeIpv6();
    assertEquals(
        Optional.of(InetAddress.ofLiteral("::1")),
        UdpSocket.localAddressTowards(new InetSocketAddress(InetAddress.ofLiteral("::1"), 9), 0));
  }

  @Test
  void withoutARouteThereIsNoOwnAddress() {
    PrivateNetwork.run(
        () -> {
          InetSocketAddress destination =
              new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9);
          assertEquals(Optional.empty(), UdpSocket.localAddressTowards(destination, 0));
          assertEquals(Optional.empty(), UdpSocket.localAddressTowards(destination, 7));
          InetSocketAddress ipv6 = new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 9);
          assertEquals(Optional.empty(), UdpSocket.localAddressTowards(ipv6, 0));
        });
  }

  @Test
  void closingTwiceClosesOnce() {
    UdpSocket first = UdpSocket.open(false);
    first.close();
    UdpSocket next = bound(false);
    first.close();
    assertTrue(next.localPort() > 0);
  }

  @Test
  void sendingAndReceivingAllocateNothing() {
    UdpSocket receiver = bound(false);
    UdpSocket sender = bound(false);
    receiver.enablePacketInfo();
    Poller poller = new Poller(arena, receiver.descriptor());
    SocketAddress plain = loopback(false, receiver);
    SocketAddress from = plain.withSource(LOOPBACK_2, 0, 0);
    double octets =
        Allocations.perRun(
            () -> {
              sent.clear();
              sent.add(payload, 0, 100, 0, plain);
              sent.add(payload, 0, 200, 100, from);
              assertTrue(sender.send(sent, 0) == 2);
              for (int n = 0; n < 3; ) {
                assertTrue(poller.poll(LIMIT_NANOS) == 1);
                int count = receiver.receive(received);
                for (int i = 0; i < count; i++) {
                  assertTrue(received.length(i) == 100 && received.segmentSize(i) == 100);
                  assertTrue(received.hasLocal(i) && received.localHigh(i) == LOOPBACK);
                  assertTrue(received.sourceHigh(i) != 0 && received.sourceLow(i) == 0);
                  assertTrue(received.sourcePort(i) != 0 && !received.isTruncated(i));
                }
                n += count;
              }
              assertTrue(receiver.receive(received) == 0);
              assertTrue(sender.receive(received) == 0);
            });
    assertTrue(octets < 8, "octets for 3 datagrams: " + octets);
  }
}
