// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.DatagramException;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PingException;
import dev.weft.overlay.UnderlayException;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneListener;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class FakeDataPlaneTest {

  private static final Duration SOON = Duration.ofSeconds(5);

  private final SimNetwork network = new SimNetwork(21);
  private final Context alice = new Context("alice", "192.0.2.1", "fd00::a");
  private final Context bob = new Context("bob", "192.0.2.2", "fd00::b");

  /** What an engine would give to a plane: the smallest that works. */
  private final class Context implements DataPlaneContext, DataPlaneListener {
    private final String name;
    private final SimRuntime runtime;
    private final Scheduler queue;
    private final InetAddress address;
    private final PrivateKey key;
    private final List<PublicKey> activity = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();

    private Context(String name, String underlay, String overlay) {
      this.name = name;
      runtime = network.host(name, underlay).newRuntime();
      queue = runtime.newQueue();
      address = InetAddress.ofLiteral(overlay);
      key = PrivateKey.generate(runtime.random());
    }

    @Override
    public String overlayName() {
      return name;
    }

    @Override
    public InterfaceConfig interfaceConfig() {
      return InterfaceConfig.builder(key).listenPort(51820).build();
    }

    @Override
    public List<InterfaceAddress> addresses() {
      return List.of(InterfaceAddress.host(address));
    }

    @Override
    public Scheduler queue() {
      return queue;
    }

    @Override
    public TimeSource time() {
      return runtime.time();
    }

    @Override
    public RandomSource random() {
      return runtime.random();
    }

    @Override
    public CompletionStage<UnderlayBinding> bindUnderlay(UnderlayBinding.User user) {
      return runtime
          .underlayPorts()
          .open(new Spec(Optional.empty(), 51820, 65536), queue, user)
          .thenApply(Sole::new);
    }

    @Override
    public DataPlaneListener listener() {
      return this;
    }

    @Override
    public void onPeerActivity(PublicKey peer) {
      assertTrue(queue.isCurrent());
      activity.add(peer);
    }

    @Override
    public void onFailure(Throwable cause) {
      failures.add(cause);
    }

    PublicKey publicKey() {
      return key.publicKey();
    }

    /** Does something on the queue and waits for its end. */
    <T> T on(Supplier<CompletionStage<T>> action) {
      CompletableFuture<T> end = new CompletableFuture<>();
      queue.execute(
          () ->
              action
                  .get()
                  .whenComplete(
                      (value, failure) -> {
                        assertTrue(queue.isCurrent());
                        if (failure == null) {
                          end.complete(value);
                        } else {
                          end.completeExceptionally(failure);
                        }
                      }));
      return network.await(end, SOON);
    }

    FakeDataPlane open() {
      queue.execute(() -> new FakeDataPlaneProvider().open(this));
      network.runFor(Duration.ZERO);
      return network.fakeDataPlane(name).orElseThrow();
    }

    PeerUpdate.Create asPeer() {
      return new PeerUpdate.Create(
          publicKey(),
          Optional.empty(),
          Optional.empty(),
          Duration.ZERO,
          List.of(IpPrefix.host(address)));
    }
  }

  /** A port with one device on it. */
  private record Sole(UnderlayPort port) implements UnderlayBinding {
    @Override
    public Endpoint localEndpoint() {
      return port.localEndpoint();
    }

    @Override
    public int receiveBufferOctets() {
      return port.receiveBufferOctets();
    }

    @Override
    public int sendBufferOctets() {
      return port.sendBufferOctets();
    }

    @Override
    public int allocateIndex() {
      return 1;
    }

    @Override
    public void releaseIndex(int index) {}

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      return port.send(datagram, destination);
    }

    @Override
    public Optional<InetAddress> localAddressTowards(Endpoint destination) {
      return port.localAddressTowards(destination);
    }

    @Override
    public CompletionStage<Void> rebind() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> close() {
      return port.close();
    }
  }

  private PeerSnapshot snapshot(Context context, FakeDataPlane plane) {
    PlaneSnapshot snapshot = context.on(plane::snapshot);
    return snapshot.peers().getFirst();
  }

  @Test
  void updatesAreRecordedAndLeaveTheConfigurationTheyDescribe() {
    FakeDataPlane plane = alice.open();
    network.await(plane.started(), SOON);
    IpPrefix extra = IpPrefix.parse("10.0.0.0/8");
    PeerUpdate.Update update =
        PeerUpdate.Update.of(bob.publicKey())
            .withPersistentKeepalive(Change.set(Duration.ofSeconds(25)))
            .withAllowedIps(Change.set(List.of(extra)));
    alice.on(() -> plane.apply(List.of(bob.asPeer(), update)));
    assertEquals(List.of(bob.asPeer(), update), plane.updates());
    PeerUpdate.Create peer = plane.peer(bob.publicKey()).orElseThrow();
    assertEquals(Duration.ofSeconds(25), peer.persistentKeepalive());
    assertEquals(List.of(extra), peer.allowedIps());

    PublicKey carol = PrivateKey.generate(new SeededRandom(1)).publicKey();
    alice.on(
        () ->
            plane.apply(
                List.of(
                    new PeerUpdate.Create(
                        carol,
                        Optional.empty(),
                        Optional.empty(),
                        Duration.ZERO,
                        List.of(extra)))));
    assertTrue(plane.peer(bob.publicKey()).orElseThrow().allowedIps().isEmpty());
    alice.on(() -> plane.apply(List.of(new PeerUpdate.Delete(carol))));
    assertEquals(List.of(bob.publicKey()), plane.peers());
    assertEquals(3, plane.batches().size());
  }

  @Test
  void aScriptedFailureLeavesThePeersAlone() {
    FakeDataPlane plane = alice.open();
    OverlayException failure = new OverlayException("no");
    plane.failNextApply(failure);
    assertSame(
        failure,
        assertThrows(
            OverlayException.class, () -> alice.on(() -> plane.apply(List.of(bob.asPeer())))));
    assertTrue(plane.peers().isEmpty());
    IllegalStateException cause = new IllegalStateException("broken");
    plane.fail(cause);
    network.runFor(Duration.ZERO);
    assertEquals(List.of(cause), alice.failures);
  }

  @Test
  void scriptedHandshakesAndEndpointsAppearInTheSnapshotAndAreTold() {
    FakeDataPlane one = alice.open();
    FakeDataPlane two = bob.open();
    alice.on(() -> one.apply(List.of(bob.asPeer())));
    bob.on(() -> two.apply(List.of(alice.asPeer())));
    assertEquals(OptionalLong.empty(), snapshot(alice, one).lastHandshakeNanos());
    network.fakeFabric().handshake(one, two);
    long now = alice.runtime.time().nanoTime();
    assertEquals(OptionalLong.of(now), snapshot(alice, one).lastHandshakeNanos());
    assertEquals(Optional.of(Endpoint.parse("192.0.2.2:51820")), snapshot(alice, one).endpoint());
    assertEquals(List.of(bob.publicKey()), alice.activity);
    one.roam(bob.publicKey(), Endpoint.parse("192.0.2.9:9"));
    one.countReceived(bob.publicKey(), 100);
    assertEquals(Optional.of(Endpoint.parse("192.0.2.9:9")), snapshot(alice, one).endpoint());
    assertEquals(100, snapshot(alice, one).receivedOctets());
    assertEquals(2, alice.activity.size());
  }

  @Test
  void datagramsFollowCryptokeyRoutingOnBothSides() {
    FakeDataPlane one = alice.open();
    FakeDataPlane two = bob.open();
    List<String> received = new ArrayList<>();
    List<DatagramEndpoint> sockets = new ArrayList<>();
    bob.queue.execute(
        () ->
            two.datagrams()
                .bind(
                    bob.address,
                    51830,
                    (payload, source) -> received.add(payload.remaining() + " " + source)));
    alice.queue.execute(
        () -> sockets.add(one.datagrams().bind(alice.address, 51830, (payload, source) -> {})));
    network.runFor(Duration.ZERO);
    Endpoint target = new Endpoint(bob.address, 51830);
    DatagramEndpoint socket = sockets.getFirst();

    assertFalse(socket.send(ByteBuffer.allocate(3), target));
    alice.on(() -> one.apply(List.of(bob.asPeer())));
    assertTrue(socket.send(ByteBuffer.allocate(3), target));
    network.runFor(SOON);
    assertTrue(received.isEmpty(), "bob does not know alice");

    bob.on(() -> two.apply(List.of(alice.asPeer())));
    assertTrue(socket.send(ByteBuffer.allocate(3), target));
    assertFalse(socket.send(ByteBuffer.allocate(1420), target));
    network.runFor(SOON);
    assertEquals(List.of("3 " + new Endpoint(alice.address, 51830)), received);

    two.reachable(false);
    assertTrue(socket.send(ByteBuffer.allocate(3), target));
    network.runFor(SOON);
    assertEquals(1, received.size());
    socket.close();
    assertFalse(socket.send(ByteBuffer.allocate(3), target));
  }

  @Test
  void aDatagramPortIsLocalAndTakenOnce() {
    FakeDataPlane plane = alice.open();
    DatagramEndpoint.Handler nothing = (payload, source) -> {};
    plane.datagrams().bind(alice.address, 5, nothing).close();
    DatagramEndpoint first = plane.datagrams().bind(alice.address, 5, nothing);
    assertEquals(5, first.localEndpoint().port());
    assertThrows(DatagramException.class, () -> plane.datagrams().bind(alice.address, 5, nothing));
    assertThrows(DatagramException.class, () -> plane.datagrams().bind(bob.address, 6, nothing));
  }

  @Test
  void pingsAreAnsweredAsScriptedOrByThePlaneThatHasTheAddress() {
    FakeDataPlane one = alice.open();
    FakeDataPlane two = bob.open();
    InetAddress other = InetAddress.ofLiteral("fd00::99");
    one.answerPings(other, Duration.ofMillis(7));
    assertEquals(Duration.ofMillis(7), alice.on(() -> one.ping(other, SOON)));
    assertThrows(
        PingException.class, () -> alice.on(() -> one.ping(bob.address, Duration.ofSeconds(1))));
    alice.on(() -> one.apply(List.of(bob.asPeer())));
    assertEquals(
        Duration.ofMillis(2), alice.on(() -> one.ping(bob.address, Duration.ofSeconds(1))));
    two.reachable(false);
    assertThrows(
        PingException.class, () -> alice.on(() -> one.ping(bob.address, Duration.ofSeconds(1))));
  }

  @Test
  void startsAndOpeningsFailOrWaitAsScripted() {
    network.fakeFabric().holdStarts(true);
    FakeDataPlane plane = alice.open();
    network.runFor(SOON);
    assertFalse(plane.started().toCompletableFuture().isDone());
    plane.completeStart();
    network.await(plane.started(), SOON);

    network.fakeFabric().holdStarts(false);
    Context rival = new Context("rival", "192.0.2.3", "fd00::c");
    Chatter.open(rival.runtime.host(), 51820);
    FakeDataPlane second = rival.open();
    assertThrows(Exception.class, () -> network.await(second.started(), SOON));
    Throwable failure = second.started().toCompletableFuture().exceptionNow();
    assertTrue(
        failure instanceof UnderlayException || failure.getCause() instanceof UnderlayException);

    network.fakeFabric().failOpening("bob", new OverlayException("refused"));
    assertThrows(AssertionError.class, bob::open);
  }

  @Test
  void closingReleasesTheUnderlayPort() {
    FakeDataPlane plane = alice.open();
    network.await(plane.started(), SOON);
    assertEquals(1, network.openPorts());
    alice.on(plane::close);
    assertEquals(0, network.openPorts());
    assertEquals(0, network.pendingTasks());
    assertFalse(plane.isOpen());
  }

  @Test
  void useOffTheQueueIsAnError() {
    FakeDataPlane plane = alice.open();
    assertThrows(IllegalStateException.class, () -> plane.apply(List.of()));
    assertThrows(IllegalStateException.class, plane::snapshot);
  }
}
