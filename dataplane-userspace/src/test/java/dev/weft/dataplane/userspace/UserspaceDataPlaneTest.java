// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PingException;
import dev.weft.overlay.PortKind;
import dev.weft.overlay.UnderlayException;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.testkit.IpPackets;
import dev.weft.testkit.MemoryTun;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.WireEvent;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketPort;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserspaceDataPlaneTest {

  private static final InetAddress ALICE = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress BOB = InetAddress.ofLiteral("10.7.0.2");
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private final SimNetwork network = new SimNetwork(42);
  private final SimHost aliceHost = network.host("alice", "192.0.2.1");
  private final SimHost bobHost = network.host("bob", "192.0.2.2");
  private final List<TestPlane> planes = new ArrayList<>();

  private TestPlane alice() {
    return opened(TestPlane.inProcess(aliceHost, "10.7.0.1/24", "fd07::1/64"));
  }

  private TestPlane bob(PortKind kind) {
    return opened(new TestPlane(bobHost, kind, false, "10.7.0.2/24", "fd07::2/64"));
  }

  private TestPlane bob() {
    return bob(new PortKind.InProcess());
  }

  private TestPlane opened(TestPlane plane) {
    planes.add(plane);
    return plane;
  }

  private static void connect(TestPlane alice, TestPlane bob) {
    alice.start();
    bob.start();
    alice.addPeer(
        bob, Optional.of(bob.endpoint("192.0.2.2")), "10.7.0.2/32", "fd07::2/128", "10.9.0.0/16");
    bob.addPeer(alice, Optional.empty(), "10.7.0.1/32", "fd07::1/128");
  }

  @AfterEach
  void everythingIsReleased() {
    for (TestPlane plane : planes) {
      plane.await(() -> plane.plane().close());
      network.runFor(Duration.ZERO);
      assertEquals(0, plane.indices.size());
      assertEquals(List.of(), plane.runtime().describePendingTasks());
      assertEquals(0, plane.runtime().openPorts());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.7.0.2", "fd07::2"})
  void pingsAPeerInVirtualTime(String target) {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    InetAddress address = InetAddress.ofLiteral(target);
    // Two round trips of 20 ms with the handshake, then one.
    assertEquals(Duration.ofMillis(40), alice.await(() -> alice.plane().ping(address, TIMEOUT)));
    assertEquals(Duration.ofMillis(20), alice.await(() -> alice.plane().ping(address, TIMEOUT)));
    assertEquals(List.of(bob.publicKey()), alice.activity.stream().distinct().toList());
    assertEquals(List.of(alice.publicKey()), bob.activity.stream().distinct().toList());
    PlaneSnapshot snapshot = alice.await(alice.plane()::snapshot);
    assertEquals(2, snapshot.peers().getFirst().receivedPackets());
    assertTrue(snapshot.peers().getFirst().lastHandshakeNanos().isPresent());
  }

  @Test
  void pingsAnOwnAddressWithoutAPeer() {
    TestPlane alice = alice();
    alice.start();
    assertEquals(Duration.ZERO, alice.await(() -> alice.plane().ping(ALICE, TIMEOUT)));
  }

  @Test
  void failsAPingThatNoPeerCanAnswerAtOnce() {
    TestPlane alice = alice();
    alice.start();
    CompletionStage<Duration> ping = alice.on(() -> alice.plane().ping(BOB, TIMEOUT));
    assertTrue(ping.toCompletableFuture().isCompletedExceptionally());
    assertTrue(message(ping).contains("no peer has this address"), message(ping));
  }

  @Test
  void failsAPingThatIsNotAnswered() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    network.isolate(bobHost);
    assertThrows(PingException.class, () -> alice.await(() -> alice.plane().ping(BOB, TIMEOUT)));
  }

  @Test
  void failsAPingToAnAddressBehindAPeerThatDoesNotForward() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    InetAddress behind = InetAddress.ofLiteral("10.9.0.1");
    assertThrows(PingException.class, () -> alice.await(() -> alice.plane().ping(behind, TIMEOUT)));
    assertEquals(1, bob.drops("not-local"));
    assertEquals(
        "none: the in-process endpoint never forwards",
        bob.await(bob.plane()::snapshot).details().get("forwarding"));
  }

  @Test
  void exchangesDatagramsInBothDirections() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    List<String> log = new ArrayList<>();
    Endpoint bobsPort = new Endpoint(BOB, 4000);
    List<DatagramEndpoint> bobsSocket = new ArrayList<>();
    DatagramEndpoint alicesSocket =
        alice.on(
            () ->
                alice
                    .plane()
                    .datagrams()
                    .bind(
                        ALICE,
                        0,
                        (payload, source) -> log.add("alice " + payload.get(0) + " " + source)));
    bob.on(
        () ->
            bobsSocket.add(
                bob.plane()
                    .datagrams()
                    .bind(
                        BOB,
                        4000,
                        (payload, source) -> {
                          log.add("bob " + payload.get(0) + " " + source.address());
                          bobsSocket
                              .getFirst()
                              .send(
                                  ByteBuffer.wrap(new byte[] {(byte) (payload.get(0) + 1)}),
                                  source);
                        })));
    assertTrue(alice.on(() -> alicesSocket.send(ByteBuffer.wrap(new byte[] {7}), bobsPort)));
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of("bob 7 /10.7.0.1", "alice 8 10.7.0.2:4000"), log);
  }

  @Test
  void sendsDatagramsToItself() {
    TestPlane alice = alice();
    alice.start();
    List<Endpoint> sources = new ArrayList<>();
    DatagramEndpoint receiver =
        alice.on(
            () ->
                alice
                    .plane()
                    .datagrams()
                    .bind(ALICE, 4000, (payload, source) -> sources.add(source)));
    DatagramEndpoint sender =
        alice.on(() -> alice.plane().datagrams().bind(ALICE, 4001, (payload, source) -> {}));
    assertTrue(alice.on(() -> sender.send(ByteBuffer.allocate(3), receiver.localEndpoint())));
    assertTrue(alice.on(() -> sender.send(ByteBuffer.allocate(3), new Endpoint(ALICE, 4002))));
    network.runFor(Duration.ZERO);
    assertEquals(List.of(sender.localEndpoint()), sources);
    assertEquals(1, alice.drops("port-unreachable"));
  }

  @Test
  void carriesTheLongestDatagramsThatFit() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    List<Integer> lengths = new ArrayList<>();
    bob.on(
        () ->
            bob.plane()
                .datagrams()
                .bind(BOB, 4000, (payload, source) -> lengths.add(payload.remaining())));
    DatagramEndpoint socket =
        alice.on(() -> alice.plane().datagrams().bind(ALICE, 0, (payload, source) -> {}));
    Endpoint target = new Endpoint(BOB, 4000);
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
    for (int length : new int[] {0, 1, 1391, 1392, 1393}) {
      assertEquals(
          length <= 1392, alice.on(() -> socket.send(ByteBuffer.allocate(length), target)));
    }
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(0, 1, 1391, 1392), lengths);
    assertEquals(1, alice.drops("too-long"));
  }

  @Test
  void dropsWhatComesFromAnAddressItLost() {
    TestPlane alice = alice();
    alice.start();
    DatagramEndpoint socket =
        alice.on(() -> alice.plane().datagrams().bind(ALICE, 0, (payload, source) -> {}));
    alice.await(() -> alice.plane().setAddresses(List.of(InterfaceAddress.parse("10.7.0.9/24"))));
    assertTrue(alice.on(() -> socket.send(ByteBuffer.allocate(1), Endpoint.parse("10.7.0.9:1"))));
    network.runFor(Duration.ZERO);
    assertEquals(1, alice.drops("source-not-local"));
  }

  @Test
  void movesPacketsBetweenASuppliedPortAndTheTunnel() {
    MemoryTun tun = new MemoryTun();
    TestPlane alice = alice();
    TestPlane bob = bob(new PortKind.Supplied(tun));
    connect(alice, bob);
    CompletionStage<Duration> ping = alice.on(() -> alice.plane().ping(BOB, TIMEOUT));
    network.runFor(Duration.ofSeconds(1));
    List<byte[]> requests = tun.take();
    assertEquals(1, requests.size());
    byte[] request = requests.getFirst();
    byte[] icmp = IpPackets.payload(request);
    tun.inject(
        IpPackets.echoReply(
            BOB,
            ALICE,
            ByteBuffer.wrap(icmp).getShort(4),
            ByteBuffer.wrap(icmp).getShort(6),
            Arrays.copyOfRange(icmp, 8, icmp.length)));
    network.await(ping, TIMEOUT);
    assertEquals("supplied", bob.await(bob.plane()::snapshot).details().get("port-kind"));
    bob.await(() -> bob.plane().close());
    assertTrue(tun.isClosed());
  }

  @Test
  void readsASuppliedPortInBatchesUntilItIsEmpty() {
    MemoryTun aliceTun = new MemoryTun();
    MemoryTun bobTun = new MemoryTun();
    TestPlane alice =
        opened(new TestPlane(aliceHost, new PortKind.Supplied(aliceTun), false, "10.7.0.1/24"));
    TestPlane bob = bob(new PortKind.Supplied(bobTun));
    connect(alice, bob);
    alice.on(() -> alice.plane().ping(BOB, Duration.ofMillis(1)));
    network.runFor(Duration.ofSeconds(1));
    assertEquals(1, bobTun.take().size());
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < 3 * SuppliedPort.BATCH + 1; i++) {
      packets.add(IpPackets.udp(ALICE, 1, BOB, 2, new byte[] {(byte) i}));
    }
    packets.add(2, IpPackets.packet(ALICE, BOB, 17, new byte[1420 - 20 + 1]));
    packets.forEach(aliceTun::inject);
    network.runFor(Duration.ofSeconds(1));
    packets.remove(2);
    List<byte[]> arrived = bobTun.take();
    assertEquals(packets.size(), arrived.size());
    for (int i = 0; i < packets.size(); i++) {
      assertArrayEquals(packets.get(i), arrived.get(i));
    }
    assertEquals(1, alice.drops("too-long"));
  }

  @Test
  void readsWhatWaitedWhileItWasSuspended() {
    MemoryTun tun = new MemoryTun();
    TestPlane alice = alice();
    TestPlane bob = bob(new PortKind.Supplied(tun));
    connect(alice, bob);
    alice.on(() -> alice.plane().ping(BOB, Duration.ofMillis(1)));
    network.runFor(Duration.ofSeconds(1));
    List<Integer> received = new ArrayList<>();
    alice.on(
        () ->
            alice
                .plane()
                .datagrams()
                .bind(ALICE, 4000, (payload, source) -> received.add(payload.remaining())));
    bob.await(bob.plane()::suspend);
    tun.inject(IpPackets.udp(BOB, 1, ALICE, 4000, new byte[5]));
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(), received);
    bob.await(bob.plane()::resume);
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(5), received);
  }

  @Test
  void reportsASuppliedPortThatFails() {
    PacketPort broken =
        new PacketPort() {
          @Override
          public int read(PacketBatch batch) {
            throw new IllegalStateException("thrown by a test");
          }

          @Override
          public int write(PacketBatch batch) {
            return 0;
          }

          @Override
          public void onReadable(Runnable listener) {
            listener.run();
          }

          @Override
          public void close() {}
        };
    TestPlane bob = bob(new PortKind.Supplied(broken));
    bob.start();
    network.runFor(Duration.ofSeconds(1));
    assertEquals(1, bob.failures.size());
    assertThrows(OverlayException.class, () -> bob.await(() -> bob.plane().apply(List.of())));
  }

  @Test
  void keepsQuietWhileItIsSuspended() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
    DatagramEndpoint socket =
        alice.on(() -> alice.plane().datagrams().bind(ALICE, 0, (payload, source) -> {}));
    alice.await(alice.plane()::suspend);
    network.runFor(Duration.ZERO);
    assertTrue(alice.runtime().pendingTasks() <= 1, "more than the erasure of keys");
    List<WireEvent> wire = new ArrayList<>();
    network.observe(wire::add);
    assertFalse(alice.on(() -> socket.send(ByteBuffer.allocate(1), new Endpoint(BOB, 1))));
    CompletionStage<Duration> ping = alice.on(() -> alice.plane().ping(BOB, TIMEOUT));
    assertTrue(message(ping).contains("suspended"));
    network.runFor(Duration.ofSeconds(60));
    assertTrue(
        wire.stream().noneMatch(event -> event.datagram().sender() == aliceHost), wire::toString);
    // REJECT_AFTER_TIME * 3 after the last session. WG §6.3.
    network.runFor(Duration.ofMinutes(10));
    assertEquals(0, alice.indices.size());
    alice.await(alice.plane()::resume);
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
  }

  @Test
  void makesNewSessionsAfterItsKeyChanged() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
    PrivateKey newKey = PrivateKey.generate(network.random());
    bob.await(() -> bob.plane().setPrivateKey(newKey));
    alice.await(
        () ->
            alice
                .plane()
                .apply(
                    List.of(
                        new PeerUpdate.Delete(bob.publicKey()),
                        new PeerUpdate.Create(
                            newKey.publicKey(),
                            Optional.empty(),
                            Optional.of(bob.endpoint("192.0.2.2")),
                            Duration.ZERO,
                            List.of(IpPrefix.parse("10.7.0.2/32"))))));
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
  }

  @Test
  void appliesWhatCameBeforeItHadStartedInOrder() {
    TestPlane bob = bob();
    bob.start();
    TestPlane alice =
        opened(new TestPlane(aliceHost, new PortKind.InProcess(), true, "10.7.0.1/24"));
    bob.addPeer(alice, Optional.empty(), "10.7.0.1/32");
    List<CompletionStage<Void>> stages = new ArrayList<>();
    List<String> order = new ArrayList<>();
    PeerUpdate.Create create =
        new PeerUpdate.Create(
            bob.publicKey(),
            Optional.empty(),
            Optional.of(bob.endpoint("192.0.2.2")),
            Duration.ofSeconds(25),
            List.of(IpPrefix.parse("10.7.0.2/32")));
    alice.on(
        () -> {
          stages.add(alice.plane().apply(List.of(create)));
          stages.add(alice.plane().apply(List.of(new PeerUpdate.Delete(bob.publicKey()))));
          stages.add(alice.plane().apply(List.of(create)));
          for (int i = 0; i < stages.size(); i++) {
            int number = i;
            stages.get(i).thenRun(() -> order.add("apply " + number));
          }
          alice.plane().started().thenRun(() -> order.add("started"));
          return null;
        });
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(), order);
    alice.bind();
    network.runFor(Duration.ofSeconds(10));
    assertEquals(List.of("apply 0", "apply 1", "apply 2", "started"), order);
    assertEquals(1, alice.await(alice.plane()::snapshot).peers().size());
    assertEquals(List.of(bob.publicKey()), alice.activity.stream().distinct().toList());
  }

  @Test
  void canBeChangedFromWhatItReports() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    List<Boolean> deleted = new ArrayList<>();
    alice.onActivity =
        () ->
            alice
                .plane()
                .apply(List.of(new PeerUpdate.Delete(bob.publicKey())))
                .thenRun(() -> deleted.add(true));
    assertThrows(PingException.class, () -> alice.await(() -> alice.plane().ping(BOB, TIMEOUT)));
    assertEquals(true, deleted.getFirst());
    assertEquals(List.of(), alice.await(alice.plane()::snapshot).peers());
  }

  @Test
  void canBeClosedFromAHandler() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    List<CompletionStage<Void>> closing = new ArrayList<>();
    bob.on(
        () ->
            bob.plane()
                .datagrams()
                .bind(BOB, 4000, (payload, source) -> closing.add(bob.plane().close())));
    DatagramEndpoint socket =
        alice.on(() -> alice.plane().datagrams().bind(ALICE, 0, (payload, source) -> {}));
    for (int i = 0; i < 20; i++) {
      alice.on(() -> socket.send(ByteBuffer.allocate(1), new Endpoint(BOB, 4000)));
    }
    network.runFor(Duration.ofSeconds(1));
    assertEquals(1, closing.size());
    assertTrue(closing.getFirst().toCompletableFuture().isDone());
  }

  @Test
  void keepsOneTimerAndCancelsIt() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    assertEquals(0, alice.runtime().pendingTasks());
    alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
    network.runFor(Duration.ZERO);
    assertEquals(1, alice.runtime().pendingTasks());
    for (int i = 0; i < 5; i++) {
      alice.await(() -> alice.plane().ping(BOB, TIMEOUT));
      network.runFor(Duration.ofMillis(700));
      assertEquals(1, alice.runtime().pendingTasks(), alice.runtime()::toString);
    }
    alice.await(() -> alice.plane().apply(List.of(new PeerUpdate.Delete(bob.publicKey()))));
    network.runFor(Duration.ZERO);
    assertEquals(0, alice.runtime().pendingTasks());
    assertEquals(0, alice.indices.size());
  }

  @Test
  void keepsATunnelAliveByItself() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    alice.await(
        () ->
            alice
                .plane()
                .apply(
                    List.of(
                        PeerUpdate.Update.of(bob.publicKey())
                            .withPersistentKeepalive(Change.set(Duration.ofSeconds(10))))));
    network.runFor(Duration.ofMinutes(6));
    // Handshakes at 0, 2, 4 and about 6 minutes: REKEY_AFTER_TIME. WG §6.2.
    assertTrue(alice.activity.size() >= 3, () -> alice.activity.size() + " reports");
    assertTrue(
        alice.await(alice.plane()::snapshot).peers().getFirst().lastHandshakeNanos().orElseThrow()
                - alice.time().nanoTime()
            > -Duration.ofSeconds(150).toNanos());
  }

  @Test
  void namesTheUpdateThatFailed() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    PeerUpdate harmless = PeerUpdate.Update.of(bob.publicKey());
    PeerUpdate failing =
        PeerUpdate.Update.of(bob.publicKey())
            .withPersistentKeepalive(Change.set(Duration.ofSeconds(25)));
    alice.indicesAreExhausted = true;
    CompletionStage<Void> result =
        alice.on(() -> alice.plane().apply(List.of(harmless, failing, harmless)));
    assertTrue(
        message(result).contains("peer update 2 of 3 (update of peer " + bob.publicKey()),
        message(result));
  }

  @Test
  void saysWhatItUses() {
    TestPlane alice = alice();
    alice.start();
    PlaneSnapshot snapshot = alice.await(alice.plane()::snapshot);
    assertEquals(Optional.of(51820), snapshot.listen().map(Endpoint::port));
    assertEquals(AeadSelection.onPath().require().name(), snapshot.details().get("aead"));
    assertEquals("in-process", snapshot.details().get("port-kind"));
    assertEquals("4194304 of 7340032 asked", snapshot.details().get("receive-buffer-octets"));
    assertEquals("4194304 of 7340032 asked", snapshot.details().get("send-buffer-octets"));
  }

  @Test
  void cannotStartWithoutAnUnderlayPort() {
    TestPlane alice =
        opened(new TestPlane(aliceHost, new PortKind.InProcess(), true, "10.7.0.1/24"));
    CompletionStage<Void> early = alice.on(() -> alice.plane().apply(List.of()));
    alice.failToBind(new UnderlayException("no such address"));
    assertThrows(UnderlayException.class, alice::start);
    assertThrows(OverlayException.class, () -> network.await(early, TIMEOUT));
    assertThrows(PingException.class, () -> alice.await(() -> alice.plane().ping(BOB, TIMEOUT)));
  }

  @Test
  void canBeClosedWhileItStarts() {
    TestPlane alice =
        opened(new TestPlane(aliceHost, new PortKind.InProcess(), true, "10.7.0.1/24"));
    CompletionStage<Void> early = alice.on(() -> alice.plane().apply(List.of()));
    CompletionStage<Void> closed = alice.on(alice.plane()::close);
    assertThrows(OverlayClosedException.class, alice::start);
    assertThrows(OverlayClosedException.class, () -> network.await(early, TIMEOUT));
    network.runFor(Duration.ofSeconds(1));
    assertFalse(closed.toCompletableFuture().isDone());
    alice.bind();
    network.await(closed, TIMEOUT);
    assertTrue(alice.bindingClosed);
  }

  @Test
  void canBeClosedWhenTheBindingFailsLater() {
    TestPlane alice =
        opened(new TestPlane(aliceHost, new PortKind.InProcess(), true, "10.7.0.1/24"));
    CompletionStage<Void> closed = alice.on(alice.plane()::close);
    alice.failToBind(new UnderlayException("no such address"));
    network.await(closed, TIMEOUT);
  }

  @Test
  void refusesEverythingOnceClosed() {
    TestPlane alice = alice();
    TestPlane bob = bob();
    connect(alice, bob);
    CompletionStage<Duration> ping = alice.on(() -> alice.plane().ping(BOB, TIMEOUT));
    alice.await(alice.plane()::close);
    alice.await(alice.plane()::close);
    assertTrue(message(ping).contains("closed"), message(ping));
    assertThrows(
        OverlayClosedException.class, () -> alice.await(() -> alice.plane().apply(List.of())));
    assertThrows(OverlayClosedException.class, () -> alice.await(alice.plane()::rebind));
    assertThrows(OverlayClosedException.class, () -> alice.await(alice.plane()::suspend));
    assertThrows(PingException.class, () -> alice.await(() -> alice.plane().ping(BOB, TIMEOUT)));
    assertThrows(
        OverlayException.class,
        () -> alice.on(() -> alice.plane().datagrams().bind(ALICE, 1, (p, s) -> {})));
    assertEquals(
        Optional.empty(),
        alice.on(() -> alice.plane().localAddressTowards(Endpoint.parse("192.0.2.2:1"))));
  }

  private static String message(CompletionStage<?> stage) {
    CompletableFuture<?> future = stage.toCompletableFuture();
    return future.isCompletedExceptionally()
        ? String.valueOf(future.exceptionNow().getMessage())
        : "not failed";
  }
}
