// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.ServiceUnavailableException;
import dev.weft.overlay.UnderlayException;
import dev.weft.overlay.VxlanConfig;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.testkit.FakeDataPlane;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimNode;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class OverlayEngineTest {

  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Endpoint ROOT = Endpoint.parse("192.0.2.1:3456");
  private static final Endpoint ELSEWHERE = Endpoint.parse("192.0.2.77:9");

  private final SimNetwork network = new SimNetwork(1);
  private final SimHost host = network.host("ap1", "192.0.2.2");

  private SimNode open(OverlayConfig config) {
    SimNode node = SimNode.open(host, config);
    node.awaitReady();
    return node;
  }

  private FakeDataPlane plane(OverlayConfig config) {
    return network.fakeDataPlane(config.name()).orElseThrow();
  }

  private static OverlayConfig ap1() {
    return Samples.config(2, Samples.threeHosts());
  }

  private static OverlayConfig plain(PeerConfig... peers) {
    return OverlayConfig.builder("plain", Samples.privateKey(2)).peers(List.of(peers)).build();
  }

  private static PeerStatus status(SimNode node, PublicKey peer) {
    return node.overlay().status().peer(peer).orElseThrow();
  }

  private Throwable failureOf(CompletionStage<?> stage) {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    var _ =
        stage.whenComplete(
            (value, problem) ->
                failure.complete(Objects.requireNonNullElseGet(problem, AssertionError::new)));
    return network.await(failure, SOON);
  }

  @Test
  void openingGivesThePlaneItsPeersAndTellsWhatHappened() {
    SimNode node = open(ap1());
    assertEquals(OverlayState.RUNNING, node.overlay().state());
    assertEquals(List.of(Samples.key(3), Samples.key(1)), plane(ap1()).peers());
    assertEquals(1, node.events(OverlayEvent.DataPlaneSelected.class).size());
    assertEquals(1, node.events(OverlayEvent.NetworkDataInstalled.class).size());
    assertEquals(1, node.events(OverlayEvent.Started.class).size());
    assertEquals(Optional.of("ap1"), node.overlay().status().localName());
    assertEquals(3456, node.overlay().status().listen().orElseThrow().port(), "the network's port");
    // A plane with sockets of its own has no other way to know.
    assertEquals(OptionalInt.of(3456), plane(ap1()).interfaceConfig().listenPort());
    node.close();
  }

  @Test
  void aHostWithAnEndpointIsTriedEachSecondUntilItIsConnected() {
    SimNode node = open(ap1());
    FakeDataPlane plane = plane(ap1());
    network.runFor(Duration.ofMillis(2_500));
    PeerUpdate.Update off =
        PeerUpdate.Update.of(Samples.key(1))
            .withEndpoint(Change.set(ROOT))
            .withPersistentKeepalive(Change.cleared());
    PeerUpdate.Update on =
        PeerUpdate.Update.of(Samples.key(1))
            .withPersistentKeepalive(Change.set(Duration.ofSeconds(10)));
    assertEquals(List.of(off, on, off, on, off, on), plane.updates().subList(2, 8));
    assertEquals(8, plane.updates().size(), "nothing else: ap2 has no candidate");
    plane.completeHandshake(Samples.key(1));
    network.runFor(Duration.ofSeconds(1));
    plane.clearUpdates();
    network.runFor(Duration.ofSeconds(170));
    assertEquals(List.of(), plane.updates());
    assertTrue(status(node, Samples.key(1)).connected());
    assertEquals(EndpointOrigin.CONFIGURED, status(node, Samples.key(1)).endpointOrigin());
    network.runFor(Duration.ofSeconds(15));
    assertFalse(plane.updates().isEmpty(), "after 180 s without handshake it is tried again");
    assertFalse(status(node, Samples.key(1)).connected());
    assertEquals(1, node.events(OverlayEvent.PeerConnected.class).size());
    assertEquals(1, node.events(OverlayEvent.PeerLost.class).size());
    node.close();
  }

  @Test
  void numericEndpointsAreSetBeforeTheOverlayIsReady() {
    SimNode node = open(ap1());
    assertEquals(Optional.of(ROOT), plane(ap1()).peer(Samples.key(1)).orElseThrow().endpoint());
    node.close();
  }

  @Test
  void keepaliveZeroNeverConnects() {
    OverlayConfig config = ap1().toBuilder().keepalive(Duration.ZERO).build();
    SimNode node = open(config);
    plane(config).clearUpdates();
    network.runFor(Duration.ofSeconds(10));
    assertEquals(List.of(), plane(config).updates());
    node.close();
  }

  @Test
  void handshakesAndRoamingAreReportedAtOnce() {
    SimNode node = open(ap1());
    network.runFor(Duration.ofMillis(100));
    plane(ap1()).completeHandshake(Samples.key(3), ELSEWHERE);
    network.runFor(Duration.ofMillis(10));
    OverlayEvent.HandshakeCompleted handshake =
        node.events(OverlayEvent.HandshakeCompleted.class).getFirst();
    assertEquals("ap2", handshake.peerName());
    assertEquals(Optional.of(ELSEWHERE), handshake.endpoint());
    OverlayEvent.EndpointChanged changed =
        node.events(OverlayEvent.EndpointChanged.class).stream()
            .filter(event -> event.peerName().equals("ap2"))
            .findFirst()
            .orElseThrow();
    assertEquals(EndpointOrigin.ROAMING, changed.origin());
    node.close();
  }

  @Test
  void aPeerThatNeverShookHandsHasNoHandshakeTime() {
    SimNode node = open(ap1());
    assertEquals(Optional.empty(), status(node, Samples.key(3)).lastHandshake());
    plane(ap1()).completeHandshake(Samples.key(3));
    network.runFor(Duration.ofSeconds(30));
    Duration age =
        Duration.between(
            status(node, Samples.key(3)).lastHandshake().orElseThrow(),
            node.runtime().time().wallClock());
    assertTrue(age.toSeconds() >= 29 && age.toSeconds() <= 31, age.toString());
    node.close();
  }

  @Test
  void anEqualConfigurationChangesNothing() {
    SimNode node = open(ap1());
    network.runFor(Duration.ofMillis(500));
    plane(ap1()).clearUpdates();
    int events = node.events().size();
    network.await(node.overlay().update(ap1()), SOON);
    assertEquals(List.of(), plane(ap1()).batches());
    assertEquals(events, node.events().size());
    node.close();
  }

  @Test
  void anUpdateTouchesOnlyThePeersThatChange() {
    PeerConfig kept =
        PeerConfig.builder(Samples.key(3)).allowedIp(IpPrefix.parse("10.0.0.3/32")).build();
    PeerConfig changed = PeerConfig.builder(Samples.key(4)).build();
    SimNode node = open(plain(kept, changed));
    plane(plain()).clearUpdates();
    PresharedKey psk = PresharedKey.of(new byte[32]);
    network.await(
        node.overlay().update(plain(kept, changed.toBuilder().presharedKey(psk).build())), SOON);
    assertEquals(
        List.of(PeerUpdate.Update.of(Samples.key(4)).withPresharedKey(Change.set(psk))),
        plane(plain()).updates());
    node.close();
  }

  @Test
  void aRefusedUpdateLeavesTheOldConfigurationInForce() {
    SimNode node = open(ap1());
    plane(ap1()).clearUpdates();
    NetworkRevision withoutUs =
        Samples.network(Samples.host("root", 1).build(), Samples.host("ap2", 3).build());
    Throwable failure =
        failureOf(node.overlay().update(ap1().toBuilder().network(withoutUs).build()));
    assertInstanceOf(InvalidConfigurationException.class, failure);
    OverlayConfig otherPort =
        ap1().toBuilder()
            .interfaceConfig(InterfaceConfig.builder(Samples.privateKey(2)).listenPort(9).build())
            .build();
    failure = failureOf(node.overlay().update(otherPort));
    assertInstanceOf(InvalidConfigurationException.class, failure);
    assertTrue(String.valueOf(failure.getMessage()).contains("listenPort"));
    assertEquals(2, node.overlay().status().peers().size());
    assertEquals(
        List.of(),
        plane(ap1()).updates().stream()
            .filter(update -> !(update instanceof PeerUpdate.Update))
            .toList());
    node.close();
  }

  @Test
  void whatThePlaneRefusesIsUndone() {
    PeerConfig kept = PeerConfig.builder(Samples.key(3)).build();
    SimNode node = open(plain(kept));
    plane(plain()).failNextApply(new OverlayException("out of memory"));
    PeerConfig added = PeerConfig.builder(Samples.key(4)).build();
    Throwable failure = failureOf(node.overlay().update(plain(added)));
    assertEquals("out of memory", failure.getMessage());
    assertEquals(List.of(Samples.key(3)), plane(plain()).peers());
    assertEquals(1, network.await(node.overlay().refreshStatus(), SOON).peers().size());
    assertTrue(node.overlay().status().peer(Samples.key(3)).isPresent());
    network.await(node.overlay().update(plain(kept, added)), SOON);
    assertEquals(List.of(Samples.key(3), Samples.key(4)), plane(plain()).peers());
    node.close();
  }

  @Test
  void hostsThatLeaveTheNetworkAreRemoved() {
    SimNode node = open(ap1());
    NetworkRevision smaller =
        Samples.network(Samples.host("root", 1).build(), Samples.host("ap1", 2).build());
    network.await(node.overlay().update(ap1().toBuilder().network(smaller).build()), SOON);
    assertEquals(List.of(Samples.key(1)), plane(ap1()).peers());
    assertEquals(1, network.await(node.overlay().refreshStatus(), SOON).peers().size());
    node.close();
  }

  private static OverlayConfig withOwnPort(int port) {
    NetworkRevision revision =
        Samples.network(Samples.host("root", 1).build(), Samples.host("ap1", 2).port(port).build());
    return ap1().toBuilder().network(revision).build();
  }

  @Test
  void theListenPortFollowsTheLocalHostsEntry() {
    SimNode node = open(withOwnPort(4000));
    assertEquals(4000, plane(ap1()).endpoint().port());
    network.await(node.overlay().update(withOwnPort(4001)), SOON);
    assertEquals(4001, plane(ap1()).endpoint().port());
    node.close();
  }

  @Test
  void aListenPortThatIsTakenRefusesTheRevision() {
    SimNode node = open(withOwnPort(4000));
    SimNode other =
        SimNode.open(
            host,
            OverlayConfig.builder("other", Samples.privateKey(9))
                .interfaceConfig(
                    InterfaceConfig.builder(Samples.privateKey(9)).listenPort(4001).build())
                .build());
    other.awaitReady();
    Throwable failure = failureOf(node.overlay().update(withOwnPort(4001)));
    assertTrue(failure.toString().contains("4001"), failure::toString);
    assertEquals(4000, plane(ap1()).endpoint().port());
    network.await(node.overlay().update(withOwnPort(4002)), SOON);
    assertEquals(4002, plane(ap1()).endpoint().port());
    node.close();
    other.close();
  }

  @Test
  void aNewPrivateKeyReachesThePlane() {
    SimNode node = open(plain());
    OverlayConfig other = OverlayConfig.builder("plain", Samples.privateKey(9)).build();
    network.await(node.overlay().update(other), SOON);
    assertEquals(Samples.key(9), plane(plain()).localKey());
    assertEquals(Samples.key(9), network.await(node.overlay().refreshStatus(), SOON).localKey());
    node.close();
  }

  @Test
  void aPlainPeersNameIsResolvedAndAskedAgainWhileThereIsNoHandshake() {
    PeerConfig peer =
        PeerConfig.builder(Samples.key(3))
            .endpoint(new EndpointName("peer.example", 51820))
            .persistentKeepalive(Duration.ofSeconds(25))
            .build();
    SimNode node = open(plain(peer));
    network.runFor(Duration.ofSeconds(2));
    assertEquals(Optional.empty(), plane(plain()).peer(Samples.key(3)).orElseThrow().endpoint());
    network.names().set("peer.example", "192.0.2.3");
    network.runFor(Duration.ofSeconds(20));
    assertEquals(
        Optional.of(Endpoint.parse("192.0.2.3:51820")),
        plane(plain()).peer(Samples.key(3)).orElseThrow().endpoint());
    assertEquals(
        Duration.ofSeconds(25),
        plane(plain()).peer(Samples.key(3)).orElseThrow().persistentKeepalive());
    plane(plain()).completeHandshake(Samples.key(3));
    network.runFor(Duration.ofSeconds(2));
    plane(plain()).clearUpdates();
    network.runFor(Duration.ofSeconds(60));
    assertEquals(List.of(), plane(plain()).updates());
    node.close();
  }

  @Test
  void anEndpointInsideTheOverlayIsNeverUsed() {
    NetworkRevision revision =
        Samples.network(
            Samples.host("root", 1).endpoint(EndpointName.parse("10.0.0.3:3456", -1)).build(),
            Samples.host("ap1", 2).build(),
            Samples.host("ap2", 3).build());
    SimNode node = open(Samples.config(2, revision));
    network.runFor(Duration.ofSeconds(4));
    assertEquals(Optional.empty(), status(node, Samples.key(1)).endpoint());
    assertTrue(
        node.overlay().status().counters().getOrDefault("engine.candidates-inside-overlay", 0L)
            >= 3);
    node.close();
  }

  @Test
  void closingReleasesEverythingInAnyStateAndIsIdempotent() {
    SimNode node = open(ap1());
    node.overlay().close();
    node.overlay().close();
    network.await(node.overlay().closed(), SOON);
    assertEquals(OverlayState.CLOSED, node.overlay().state());
    assertFalse(plane(ap1()).isOpen());
    assertEquals(0, network.openPorts());
    assertInstanceOf(OverlayClosedException.class, failureOf(node.overlay().ping(LOCAL, SOON)));
    node.close();
  }

  private static final InetAddress LOCAL = InetAddress.ofLiteral("10.0.0.2");

  @Test
  void aListenerMayCloseTheOverlayInTheMidstOfATick() {
    Overlay[] overlay = new Overlay[1];
    SimNode node =
        SimNode.open(
            host,
            ap1(),
            event -> {
              if (event instanceof OverlayEvent.EndpointChanged) {
                overlay[0].close();
              }
            });
    overlay[0] = node.overlay();
    network.await(node.overlay().closed(), SOON);
    assertEquals(0, network.openPorts());
    node.close();
  }

  @Test
  void anUpdateOfAnEndpointAloneIsUsedAtOnce() {
    PeerConfig peer = PeerConfig.builder(Samples.key(3)).endpoint(EndpointName.of(ROOT)).build();
    SimNode node = open(plain(peer));
    network.runFor(Duration.ofMillis(500));
    PeerConfig moved = peer.toBuilder().endpoint(EndpointName.of(ELSEWHERE)).build();
    network.await(node.overlay().update(plain(moved)), SOON);
    network.runFor(Duration.ofMillis(50));
    assertEquals(
        Optional.of(ELSEWHERE), plane(plain()).peer(Samples.key(3)).orElseThrow().endpoint());
    node.close();
  }

  @Test
  void closingWhileStartingFailsReadyAfterEverythingWasClosed() {
    network.fakeFabric().holdStarts(true);
    SimNode node = SimNode.open(host, ap1());
    network.runFor(Duration.ofSeconds(1));
    assertEquals(OverlayState.STARTING, node.overlay().state());
    node.overlay().close();
    assertInstanceOf(OverlayClosedException.class, failureOf(node.overlay().ready()));
    assertEquals(OverlayState.CLOSED, node.overlay().state());
    assertEquals(0, network.openPorts());
    node.close();
  }

  @Test
  void aPortThatIsTakenFailsReadyWithItsReason() {
    SimNode first = open(ap1());
    OverlayConfig second = plainOn(3456);
    Overlay overlay = Overlay.open(second, host.newRuntime());
    assertInstanceOf(UnderlayException.class, failureOf(overlay.ready()));
    assertEquals(OverlayState.CLOSED, overlay.state());
    first.close();
  }

  private static OverlayConfig plainOn(int port) {
    return OverlayConfig.builder("second", Samples.privateKey(5))
        .interfaceConfig(InterfaceConfig.builder(Samples.privateKey(5)).listenPort(port).build())
        .build();
  }

  @Test
  void devicesOfOneRuntimeShareAPort() {
    SimNode first = open(ap1());
    Overlay second = Overlay.open(plainOn(3456), first.runtime());
    network.await(second.ready(), SOON);
    assertEquals(1, network.openPorts());
    second.close();
    network.await(second.closed(), SOON);
    assertEquals(1, network.openPorts());
    first.close();
    assertEquals(0, network.openPorts());
  }

  @Test
  void aPlaneThatCannotOpenFailsReady() {
    network.fakeFabric().failOpening("test-2", new OverlayException("no such device"));
    SimNode node = SimNode.open(host, ap1());
    assertEquals("no such device", failureOf(node.overlay().ready()).getMessage());
    assertEquals(OverlayState.CLOSED, node.overlay().state());
    node.close();
  }

  @Test
  void aPlaneThatFailsClosesTheOverlayAndTellsWhy() {
    SimNode node = open(ap1());
    plane(ap1()).fail(new OverlayException("the device is gone"));
    network.await(node.overlay().closed(), SOON);
    assertEquals(
        Optional.of("the device is gone"),
        node.events(OverlayEvent.Closed.class).getFirst().cause());
    node.close();
  }

  @Test
  void suspendingStopsTheTickAndResumingStartsItAnew() {
    SimNode node = open(ap1());
    network.await(node.overlay().suspend(), SOON);
    plane(ap1()).clearUpdates();
    network.runFor(Duration.ofSeconds(5));
    assertEquals(List.of(), plane(ap1()).updates());
    assertTrue(plane(ap1()).isSuspended());
    network.await(node.overlay().resume(), SOON);
    network.runFor(Duration.ofMillis(50));
    assertFalse(plane(ap1()).updates().isEmpty());
    node.close();
  }

  @Test
  void pingsAreMeasuredPerPeer() {
    SimNode node = open(ap1());
    plane(ap1()).answerPings(InetAddress.ofLiteral("10.0.0.1"), Duration.ofMillis(12));
    Duration roundTrip =
        network.await(node.overlay().ping(InetAddress.ofLiteral("10.0.0.1"), SOON), SOON);
    assertEquals(Duration.ofMillis(12), roundTrip);
    network.await(node.overlay().refreshStatus(), SOON);
    assertEquals(Optional.of(roundTrip), status(node, Samples.key(1)).roundTripTime());
    assertEquals(Optional.empty(), status(node, Samples.key(3)).roundTripTime());
    node.close();
  }

  @Test
  void aListenerThatFailsDoesNotDisturbTheOthers() {
    int[] seen = new int[1];
    SimNode node =
        SimNode.open(
            host,
            ap1(),
            event -> {
              throw new IllegalStateException("on purpose");
            },
            event -> seen[0]++);
    node.awaitReady();
    assertTrue(seen[0] > 0);
    node.close();
  }

  @Test
  void aRuntimeThatIsClosedUnderItsOverlaysIsNotKept() {
    for (int i = 0; i < 3; i++) {
      SimNode.open(host, ap1()).crash();
    }
    SimNode node = open(ap1());
    assertEquals(1, RuntimeLease.held());
    node.close();
    assertEquals(0, RuntimeLease.held());
  }

  @Test
  void aNetworkWithoutTheLocalHostIsRefusedAtOnce() {
    assertThrows(
        InvalidConfigurationException.class,
        () -> Overlay.open(Samples.config(9, Samples.threeHosts()), host.newRuntime()));
  }

  @Test
  void aMissingServiceIsNamedWithItsArtifact() {
    OverlayException layer2 =
        assertThrows(
            ServiceUnavailableException.class,
            () ->
                Overlay.open(
                    ap1().toBuilder().vxlan(new VxlanConfig("l2-tunnel")).build(),
                    host.newRuntime()));
    assertTrue(String.valueOf(layer2.getMessage()).contains("dev.weft:weft-vxlan"));
    OverlayException pex =
        assertThrows(
            ServiceUnavailableException.class,
            () ->
                Overlay.open(
                    ap1().toBuilder().pex(PexConfig.defaults()).build(), host.newRuntime()));
    assertTrue(String.valueOf(pex.getMessage()).contains("dev.weft:weft-pex"));
  }
}
