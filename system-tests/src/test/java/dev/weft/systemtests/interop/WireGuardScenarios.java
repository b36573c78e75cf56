// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PresharedKey;
import dev.weft.systemtests.interop.Tunnel.Initiator;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What any WireGuard implementation must do with wireguard-go at the other end. One lab serves all
 * scenarios, each on a link of its own; two tunnels rotate their keys in the background meanwhile,
 * and their tests come last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith({LabCondition.class, FailureReport.class})
abstract class WireGuardScenarios implements FailureReport.Source {

  static final Duration PAUSE = Duration.ofMillis(2);
  private static final int LAST = Integer.MAX_VALUE;

  private static final int INITIATION_OCTETS = 148;
  private static final int RESPONSE_OCTETS = 92;
  private static final int KEEPALIVE_OCTETS = 32;
  private static final Duration ROAMING_BOUND = Duration.ofSeconds(10);
  private static final Duration KEEPALIVE_BOUND = Duration.ofSeconds(15);

  private final List<Tunnel> tunnels = new ArrayList<>();
  private final Map<Initiator, Rotation> rotations = new EnumMap<>(Initiator.class);
  private final ExecutorService background =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
  private @Nullable Lab lab;
  private Tunnel.@Nullable SideUnderTest side;

  /**
   * Starts what opens the ends under test.
   *
   * @param inLab where, in the namespace {@link Lab#OURS}
   * @param name unique in the lab
   */
  abstract Tunnel.SideUnderTest start(Lab inLab, String name);

  @BeforeAll
  final void startLab() throws LabUnavailableException {
    Lab opened = Lab.open();
    lab = opened;
    side = start(opened, "node");
    Tunnel.SideUnderTest rotating = start(opened, "rotating-node");
    for (Initiator initiator : Initiator.values()) {
      Tunnel tunnel = Tunnel.open(opened, rotating, Tunnel.Options.of(initiator, false));
      rotations.put(initiator, Rotation.start(tunnel, background));
    }
  }

  @AfterAll
  final void stopLab() {
    background.shutdownNow();
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  final void closeTunnels() {
    tunnels.forEach(Tunnel::close);
    tunnels.clear();
  }

  @Override
  public final String failureReport() {
    StringBuilder report = new StringBuilder();
    tunnels.forEach(tunnel -> report.append(tunnel.report()).append('\n'));
    return report.toString();
  }

  final Lab lab() {
    return Objects.requireNonNull(lab);
  }

  /** A tunnel that is closed after the test, and described if it fails. */
  final Tunnel tunnel(Tunnel.Options options) {
    Tunnel tunnel = Tunnel.open(lab(), Objects.requireNonNull(side), options);
    tunnels.add(tunnel);
    return tunnel;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weInitiate(boolean ipv6Underlay) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.OURS, ipv6Underlay));

    assertComplete(tunnel.pingFromOurs(false, 3, PAUSE));

    assertHandshake(tunnel);
    assertTrue(tunnel.peer().logged("Received handshake initiation") >= 1);
    assertEquals(0, tunnel.peer().logged("Sending handshake initiation"));
    assertComplete(tunnel.pingFromPeer(true, 3, PAUSE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void peerInitiates(boolean ipv6Underlay) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.PEER, ipv6Underlay));

    assertComplete(tunnel.pingFromPeer(false, 3, PAUSE));

    assertHandshake(tunnel);
    assertTrue(tunnel.peer().logged("Received handshake response") >= 1);
    assertEquals(0, tunnel.peer().logged("Received handshake initiation"));
    assertComplete(tunnel.pingFromOurs(true, 3, PAUSE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void thousandPingsWithoutLoss(boolean ipv6Inner) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.OURS, ipv6Inner));

    assertComplete(tunnel.pingFromOurs(ipv6Inner, 1000, PAUSE));
    InetAddress target = tunnel.link().ourInner(ipv6Inner);
    int headers = ipv6Inner ? 48 : 28;
    for (int octets : new int[] {0, 1, 56, 999, 1420 - headers}) {
      int count = octets < 16 ? 20 : 200;
      assertComplete(tunnel.peer().ping(target, count, PAUSE, Duration.ofSeconds(5), octets));
    }

    tunnel.awaitEqualCounters();
  }

  @ParameterizedTest
  @EnumSource
  void rightPresharedKeyConnects(Initiator initiator) {
    Optional<PresharedKey> key = newPresharedKey();
    Tunnel tunnel = tunnel(Tunnel.Options.of(initiator, false).presharedKeys(key, key));

    assertComplete(tunnel.pingFromInitiator(3, PAUSE));

    assertHandshake(tunnel);
  }

  @ParameterizedTest
  @EnumSource
  void wrongPresharedKeyGivesNoHandshake(Initiator initiator) {
    Tunnel tunnel =
        tunnel(
            Tunnel.Options.of(initiator, false)
                .presharedKeys(newPresharedKey(), newPresharedKey()));

    Side.PingSummary pings = tunnel.pingFromInitiator(2, PAUSE);

    assertEquals(0, pings.received(), pings::detail);
    assertNoHandshake(tunnel);
  }

  @Test
  void missingPresharedKeyGivesNoHandshake() {
    Tunnel tunnel =
        tunnel(
            Tunnel.Options.of(Initiator.OURS, false)
                .presharedKeys(Optional.empty(), newPresharedKey()));

    Side.PingSummary pings = tunnel.pingFromInitiator(2, PAUSE);

    assertEquals(0, pings.received(), pings::detail);
    assertNoHandshake(tunnel);
  }

  @Test
  void presharedKeyChangedWhileRunningHoldsForTheNextHandshake() {
    Optional<PresharedKey> old = newPresharedKey();
    Optional<PresharedKey> changed = newPresharedKey();
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.PEER, false).presharedKeys(old, old));
    assertComplete(tunnel.pingFromPeer(false, 3, PAUSE));
    Optional<Endpoint> endpoint = Optional.of(tunnel.ourEndpoint('a'));

    tunnel.ours().changePresharedKey(changed);
    tunnel.peer().renewPeer(changed, endpoint);
    assertComplete(tunnel.pingFromPeer(false, 3, PAUSE));

    tunnel.peer().renewPeer(old, endpoint);
    Side.PingSummary pings = tunnel.pingFromPeer(false, 1, PAUSE);
    assertEquals(0, pings.received(), pings::detail);
    assertEquals(Optional.empty(), tunnel.peer().peer().lastHandshake());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weRoamToAnotherAddress(boolean ipv6Underlay) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.OURS, ipv6Underlay));
    assertComplete(tunnel.pingFromOurs(false, 3, PAUSE));
    Tunnel.Views before = tunnel.views();
    assertEquals(Optional.of(tunnel.ourEndpoint('a')), before.peer().endpoint());

    lab().shell(tunnel.link().moveToB(Lab.OURS, ipv6Underlay)).orFail();
    awaitPing(tunnel.ours(), tunnel.link().peerInner(false));

    assertComplete(tunnel.pingFromOurs(true, 20, PAUSE));
    assertComplete(tunnel.pingFromPeer(true, 20, PAUSE));
    assertEquals(Optional.of(tunnel.ourEndpoint('b')), tunnel.peer().peer().endpoint());
    assertSameSession(before, tunnel.views());
  }

  @Test
  void weRoamToAnotherPort() {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.OURS, false));
    assertComplete(tunnel.pingFromOurs(false, 3, PAUSE));
    Tunnel.Views before = tunnel.views();

    tunnel.ours().changePort();

    assertComplete(tunnel.pingFromOurs(false, 20, PAUSE));
    Tunnel.Views after = tunnel.views();
    assertNotEquals(before.peer().endpoint(), after.peer().endpoint());
    assertEquals(Optional.of(tunnel.ourEndpoint('a')), after.peer().endpoint());
    assertComplete(tunnel.pingFromPeer(false, 20, PAUSE));
    assertSameSession(before, after);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void peerRoamsToAnotherAddress(boolean ipv6Underlay) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.PEER, ipv6Underlay));
    assertComplete(tunnel.pingFromPeer(false, 3, PAUSE));
    Tunnel.Views before = tunnel.views();
    assertEquals(Optional.of(tunnel.peerEndpoint('a')), before.ours().endpoint());

    lab().shell(tunnel.link().moveToB(Lab.PEER, ipv6Underlay)).orFail();
    awaitPing(tunnel.peer(), tunnel.link().ourInner(false));

    assertComplete(tunnel.pingFromPeer(true, 20, PAUSE));
    assertComplete(tunnel.pingFromOurs(true, 20, PAUSE));
    assertEquals(Optional.of(tunnel.peerEndpoint('b')), tunnel.ours().peer().endpoint());
    assertSameSession(before, tunnel.views());
  }

  @Test
  void peerRoamsToAnotherPort() {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.PEER, false));
    assertComplete(tunnel.pingFromPeer(false, 3, PAUSE));
    Tunnel.Views before = tunnel.views();

    tunnel.peer().changePort();

    assertComplete(tunnel.pingFromPeer(false, 20, PAUSE));
    assertComplete(tunnel.pingFromOurs(false, 20, PAUSE));
    Tunnel.Views after = tunnel.views();
    assertNotEquals(before.ours().endpoint(), after.ours().endpoint());
    assertEquals(Optional.of(tunnel.peerEndpoint('a')), after.ours().endpoint());
    assertSameSession(before, after);
  }

  @Test
  void countersEqualThePeersToTheByte() {
    Tunnel fromPeer = tunnel(Tunnel.Options.of(Initiator.PEER, false));
    Tunnel fromOurs = tunnel(Tunnel.Options.of(Initiator.OURS, true));
    assertComplete(fromPeer.pingFromPeer(false, 10, PAUSE));
    assertComplete(fromOurs.pingFromOurs(true, 10, PAUSE));
    // The pinging end got the last packet, so it is the one that sends a keepalive; then all is
    // quiet. An echo of 56 octets is 84 of IPv4, 96 padded. WG §5.4.6, §6.5.
    long echoes = 10 * (96 + KEEPALIVE_OCTETS);
    long sent = INITIATION_OCTETS + echoes + KEEPALIVE_OCTETS;
    long received = RESPONSE_OCTETS + echoes;
    long oursBeforeKeepalive = fromOurs.awaitEqualCounters().ours().sentOctets();

    Tunnel.Views quiet =
        fromPeer.awaitViews(
            "equal counters after the peer's keepalive",
            KEEPALIVE_BOUND,
            views -> views.countersAgree() && views.ours().receivedOctets() >= sent);
    Tunnel.Views ourQuiet =
        fromOurs.awaitViews(
            "equal counters after our keepalive",
            KEEPALIVE_BOUND,
            views -> views.countersAgree() && views.ours().sentOctets() > oursBeforeKeepalive);

    assertAll(
        () -> assertEquals(sent, quiet.peer().sentOctets()),
        () -> assertEquals(sent, quiet.ours().receivedOctets()),
        () -> assertEquals(received, quiet.ours().sentOctets()),
        () -> assertEquals(received, quiet.peer().receivedOctets()),
        () -> assertEquals(oursBeforeKeepalive + KEEPALIVE_OCTETS, ourQuiet.ours().sentOctets()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void peerSeesThatOurPortIsUnreachable(boolean ipv6Inner) {
    Tunnel tunnel = tunnel(Tunnel.Options.of(Initiator.PEER, false));
    assertComplete(tunnel.pingFromPeer(false, 1, PAUSE));
    String address = tunnel.link().ourInner(ipv6Inner).getHostAddress();

    CommandResult result =
        lab()
            .run(
                Lab.PEER,
                "bash",
                "-c",
                "exec 3<>/dev/udp/" + address + "/9; echo hello >&3; read -t 5 -u 3 line");

    assertTrue(result.output().contains("Connection refused"), result::toString);
  }

  @ParameterizedTest
  @EnumSource
  @Order(LAST)
  void keysRotateAfterTwoMinutesWithoutLoss(Initiator initiator) {
    Rotation rotation = Objects.requireNonNull(rotations.get(initiator));
    tunnels.add(rotation.tunnel());

    Rotation.Outcome outcome = rotation.await();

    assertAll(
        () -> assertComplete(outcome.pings()),
        () ->
            assertTrue(
                Rotation.Outcome.isRotation(outcome.oursRotatedAfter()),
                () -> "our last handshake after " + outcome.oursRotatedAfter()),
        () ->
            assertTrue(
                Rotation.Outcome.isRotation(outcome.peerRotatedAfter()),
                () -> "the peer's last handshake after " + outcome.peerRotatedAfter()));
  }

  /** Waits until a new way has been found: what was under way meanwhile may be lost. */
  static void awaitPing(Side side, InetAddress target) {
    Await.until(
        "an answer on the new way",
        ROAMING_BOUND,
        () -> side.ping(target, 1, PAUSE, Duration.ofMillis(500)).isComplete());
  }

  static void assertComplete(Side.PingSummary pings) {
    assertTrue(pings.isComplete() && pings.sent() > 0, pings::detail);
  }

  private static void assertHandshake(Tunnel tunnel) {
    Tunnel.Views views = tunnel.awaitEqualCounters();
    Instant recently = Instant.now().minusSeconds(60);
    assertAll(
        () -> assertEquals(Optional.of(tunnel.peerEndpoint('a')), views.ours().endpoint()),
        () -> assertEquals(Optional.of(tunnel.ourEndpoint('a')), views.peer().endpoint()),
        () -> assertTrue(views.ours().lastHandshake().orElseThrow().isAfter(recently)),
        () -> assertTrue(views.peer().lastHandshake().orElseThrow().isAfter(recently)));
  }

  private static void assertNoHandshake(Tunnel tunnel) {
    Tunnel.Views views = tunnel.views();
    assertEquals(Optional.empty(), views.ours().lastHandshake());
    assertEquals(Optional.empty(), views.peer().lastHandshake());
    assertTrue(
        tunnel.peer().logged("handshake initiation") >= 1, "the peer saw or sent no initiation");
  }

  static void assertSameSession(Tunnel.Views before, Tunnel.Views after) {
    assertEquals(before.ours().lastHandshake(), after.ours().lastHandshake());
    assertEquals(before.peer().lastHandshake(), after.peer().lastHandshake());
  }

  private static Optional<PresharedKey> newPresharedKey() {
    byte[] octets = new byte[32];
    new SecureRandom().nextBytes(octets);
    return Optional.of(PresharedKey.of(octets));
  }
}
