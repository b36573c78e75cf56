// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NonceReuseCheck;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimNode;
import dev.weft.testkit.WireEvent;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How sessions between two plain WireGuard peers begin and end. Source: WG §6. */
final class SessionLifetimeSim {

  private static final int PORT = 51820;
  private static final int INITIATION = 1;
  private static final int RESPONSE = 2;
  private static final int TRANSPORT_DATA = 4;
  private static final InetAddress ALICE = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress BOB = InetAddress.ofLiteral("10.0.0.2");

  private final SimNetwork network = new SimNetwork(4711);
  private final SimHost aliceHost = network.host("alice", "192.0.2.1");
  private final SimHost bobHost = network.host("bob", "192.0.2.2");
  private final PrivateKey aliceKey = PrivateKey.generate(network.random());
  private final PrivateKey bobKey = PrivateKey.generate(network.random());
  private final List<Integer> wire = new ArrayList<>();
  private final List<String> received = new ArrayList<>();
  private SimNode alice;
  private SimNode bob;
  private DatagramEndpoint fromAlice;

  @BeforeEach
  void open() {
    network.observe(new NonceReuseCheck());
    network.observe(
        event -> {
          if (event instanceof WireEvent.Sent sent) {
            wire.add((int) sent.datagram().payload().get(0));
          }
        });
    alice = open(aliceHost, aliceKey, ALICE, bobKey, BOB, bobHost);
    alice.awaitReady();
    fromAlice = bind(alice, ALICE, (payload, source) -> {});
    bob = startBob();
  }

  private SimNode startBob() {
    SimNode node = open(bobHost, bobKey, BOB, aliceKey, ALICE, aliceHost);
    node.awaitReady();
    DatagramEndpoint socket =
        bind(node, BOB, (payload, source) -> received.add(payload.getInt() + " " + source));
    assertEquals(7, socket.localEndpoint().port());
    // The endpoints are configured by now.
    network.runFor(Duration.ofSeconds(2));
    return node;
  }

  private static SimNode open(
      SimHost host,
      PrivateKey key,
      InetAddress address,
      PrivateKey peerKey,
      InetAddress peerAddress,
      SimHost peerHost) {
    return SimNode.open(
        host,
        OverlayConfig.builder(host.name(), key)
            .interfaceConfig(
                InterfaceConfig.builder(key)
                    .listenPort(PORT)
                    .address(InterfaceAddress.host(address))
                    .build())
            .peer(
                PeerConfig.builder(peerKey.publicKey())
                    .name(peerHost.name())
                    .endpoint(new EndpointName(peerHost.address().getHostAddress(), PORT))
                    .allowedIp(IpPrefix.host(peerAddress))
                    .build())
            .build());
  }

  private DatagramEndpoint bind(
      SimNode node, InetAddress address, DatagramEndpoint.Handler handler) {
    return network.await(node.overlay().datagram(address, 7, handler), Duration.ofSeconds(1));
  }

  private void send(int number) {
    assertTrue(fromAlice.send(ByteBuffer.allocate(4).putInt(number).flip(), new Endpoint(BOB, 7)));
  }

  private static String asReceived(int number) {
    return number + " " + new Endpoint(ALICE, 7);
  }

  private long drops(SimNode node, String reason) {
    return network
        .await(node.overlay().refreshStatus(), Duration.ofSeconds(1))
        .drops()
        .getOrDefault(reason, 0L);
  }

  private void close() {
    alice.close();
    bob.close();
    assertEquals(0, network.openPorts());
    assertEquals(0, network.pendingTasks());
  }

  @Test
  void nothingIsSentBeforeThereIsSomethingToSay() {
    network.runFor(Duration.ofMinutes(10));
    assertTrue(wire.isEmpty(), wire.toString());
    close();
  }

  @Test
  void theFirstPacketWaitsForTheHandshakeAndIsDelivered() {
    send(1);
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(asReceived(1)), received);
    assertEquals(List.of(INITIATION, RESPONSE, TRANSPORT_DATA), wire);
    close();
  }

  @Test
  void aReceiverThatHasNothingToSayAnswersDataWithOneKeepalive() {
    send(1);
    network.runFor(Duration.ofMinutes(9));
    assertEquals(List.of(INITIATION, RESPONSE, TRANSPORT_DATA, TRANSPORT_DATA), wire);
    close();
  }

  @Test
  void afterNineMinutesOfSilenceAPacketStartsANewHandshake() {
    send(1);
    network.runFor(Duration.ofSeconds(540 + 20));
    wire.clear();
    send(2);
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(INITIATION, RESPONSE, TRANSPORT_DATA), wire);
    assertEquals(List.of(asReceived(1), asReceived(2)), received);
    close();
  }

  @Test
  void aPacketOlderThanItsSessionIsDroppedWithoutAnAnswer() {
    send(1);
    network.runFor(Duration.ofSeconds(1));
    sendLate(2, Duration.ofMinutes(5));
    network.runFor(Duration.ofSeconds(290));
    wire.clear();
    long before = drops(bob, "session-expired");
    network.runFor(Duration.ofSeconds(20));
    assertEquals(before + 1, drops(bob, "session-expired"));
    assertEquals(List.of(asReceived(1)), received);
    assertTrue(wire.isEmpty(), wire.toString());
    close();
  }

  @Test
  void afterThreeTimesTheRejectTimeNoSessionIsLeftToKnowThePacket() {
    send(1);
    network.runFor(Duration.ofSeconds(1));
    sendLate(2, Duration.ofMinutes(10));
    network.runFor(Duration.ofSeconds(590));
    long before = drops(bob, "unknown-receiver");
    network.runFor(Duration.ofSeconds(20));
    assertEquals(before + 1, drops(bob, "unknown-receiver"));
    assertEquals(List.of(asReceived(1)), received);
    close();
  }

  /** Sends what arrives much later; what is sent after it arrives in time. */
  private void sendLate(int number, Duration delay) {
    network.conditionsOneWay(
        aliceHost, bobHost, LinkConditions.builder().reordering(1, delay).build());
    send(number);
    network.runFor(Duration.ofMillis(1));
    network.conditionsOneWay(aliceHost, bobHost, LinkConditions.PERFECT);
  }

  @Test
  void underSteadyTrafficKeysRotateAndNothingIsLost() {
    for (int i = 0; i < 1800; i++) {
      send(i);
      network.runFor(Duration.ofSeconds(1));
    }
    network.runFor(Duration.ofSeconds(1));
    assertEquals(1800, received.size());
    assertEquals(asReceived(1799), received.getLast());
    long initiations = wire.stream().filter(type -> type == INITIATION).count();
    // Every REKEY_AFTER_TIME of 120 s and the first.
    assertTrue(initiations >= 14 && initiations <= 16, "initiations: " + initiations);
    long told = alice.events(OverlayEvent.HandshakeCompleted.class).size();
    assertTrue(told >= 14, "told: " + told);
    close();
  }

  @Test
  void aPeerThatForgotItsSessionsIsReachedAgainAfterFifteenSeconds() {
    send(1);
    network.runFor(Duration.ofSeconds(1));
    bob.crash();
    bob = startBob();
    send(2);
    // KEEPALIVE_TIMEOUT + REKEY_TIMEOUT without an answer, and jitter. WG §6.5.
    network.runFor(Duration.ofSeconds(14));
    assertEquals(List.of(asReceived(1)), received);
    assertEquals(1, drops(bob, "unknown-receiver"));
    network.runFor(Duration.ofSeconds(3));
    send(3);
    network.runFor(Duration.ofSeconds(1));
    assertEquals(List.of(asReceived(1), asReceived(3)), received);
    close();
  }
}
