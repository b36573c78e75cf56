// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.OpenEnrollment;
import dev.weft.pex.PexControl;
import dev.weft.pex.enroll.Enrollment;
import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.enroll.EnrollmentPeer;
import dev.weft.pex.enroll.EnrollmentRequest;
import dev.weft.pex.enroll.EnrollmentRunner;
import dev.weft.pex.enroll.EnrollmentSecret;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.netdata.InvalidNetworkDataException.Outcome;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.stun.StunServer;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimNode;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Networks whose data are signed and spread by their hosts, with real overlays in simulated time: a
 * root with a public address and access points that know the auth key and the root. PEX §8.
 */
final class DynamicNetworkSim {

  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int WIREGUARD_PORT = 3456;
  private static final byte[] SEED = new byte[32];
  private static final AuthKey AUTH_KEY = SignedNetworkData.sign(SEED, 1, "{}").authKey();

  private final SimNetwork network = new SimNetwork(7);
  private final List<Node> nodes = new ArrayList<>();

  /** A host of the network. */
  private final class Node {
    final String name;
    final PrivateKey key;
    final SimHost host;
    final SimNode overlay;

    Node(String name, SimHost host) {
      this(name, host, "192.0.2.1");
    }

    Node(String name, SimHost host, String rootName) {
      this.name = name;
      this.host = host;
      byte[] octets = new byte[32];
      Arrays.fill(octets, (byte) (nodes.size() + 1));
      key = PrivateKey.of(octets);
      DynamicNetwork dynamic = DynamicNetwork.of(AUTH_KEY);
      if (!nodes.isEmpty()) {
        dynamic =
            dynamic.withConnect(List.of(new EndpointName(rootName, DynamicNetwork.DEFAULT_PORT)));
      }
      overlay =
          SimNode.open(host, OverlayConfig.builder(name, key).pex(PexConfig.of(dynamic)).build());
      nodes.add(this);
      overlay.awaitReady();
    }

    PexControl control() {
      return overlay.overlay().service(PexControl.class).orElseThrow();
    }

    long version() {
      return control().status().version();
    }

    long handshakes(Node with) {
      return overlay.events(OverlayEvent.HandshakeCompleted.class).stream()
          .filter(event -> event.peer().equals(with.key.publicKey()))
          .count();
    }

    InetAddress address() {
      return overlay.overlay().status().addresses().getFirst().address();
    }

    boolean isConnectedTo(Node other) {
      return overlay
          .overlay()
          .status()
          .peer(other.key.publicKey())
          .filter(peer -> peer.connected())
          .isPresent();
    }
  }

  private Node open(String name) {
    return new Node(name, network.host(name, "192.0.2." + (nodes.size() + 1)));
  }

  private static NetworkData.Host entry(Node node, int port) {
    NetworkData.Host.Builder host =
        NetworkData.Host.builder(node.name, node.key.publicKey()).port(port);
    return (node.name.equals("root") ? host.endpoint("192.0.2.1") : host).build();
  }

  private static SignedNetworkData sign(long version, List<NetworkData.Host> hosts) {
    return SignedNetworkData.sign(
        SEED,
        version,
        new NetworkData(NetworkData.Settings.of(WIREGUARD_PORT, 3458, 10), hosts, List.of())
            .toJson());
  }

  private static SignedNetworkData members(long version, Node... members) {
    return sign(version, Arrays.stream(members).map(node -> entry(node, WIREGUARD_PORT)).toList());
  }

  private InstallOutcome install(Node node, SignedNetworkData data) {
    return network.await(node.control().install(data.octets()), LIMIT);
  }

  private void awaitVersion(long version, Node... members) {
    assertTrue(
        network.runUntil(
            () -> Arrays.stream(members).allMatch(node -> node.version() == version), LIMIT),
        () ->
            "not everybody has version "
                + version
                + ": "
                + nodes.stream().map(node -> node.name + " " + node.control().status()).toList());
  }

  private void awaitConnected(Node... members) {
    for (Node from : members) {
      for (Node to : members) {
        if (from != to) {
          assertTrue(
              network.runUntil(() -> from.isConnectedTo(to), LIMIT),
              from.name + " does not reach " + to.name);
        }
      }
    }
  }

  private void ping(Node from, Node to) {
    network.await(from.overlay.overlay().ping(to.address(), Duration.ofSeconds(5)), LIMIT);
  }

  @AfterEach
  void closeAll() {
    nodes.forEach(node -> node.overlay.close());
  }

  @Test
  void aNewVersionReachesEverybodyAndLeavesSessionsAlone() {
    Node root = open("root");
    Node ap1 = open("ap1");
    Node ap2 = open("ap2");
    Node ap3 = open("ap3");
    assertInstanceOf(InstallOutcome.Installed.class, install(root, members(1, root, ap1, ap2)));
    awaitVersion(1, root, ap1, ap2);
    awaitConnected(root, ap1, ap2);
    assertEquals(0, ap3.version());
    long before = ap1.handshakes(root) + ap1.handshakes(ap2) + ap2.handshakes(root);

    install(root, members(2, root, ap1, ap2, ap3));
    awaitVersion(2, root, ap1, ap2, ap3);

    assertEquals(before, ap1.handshakes(root) + ap1.handshakes(ap2) + ap2.handshakes(root));
    awaitConnected(root, ap1, ap2, ap3);
    ping(ap3, ap1);
    ping(ap2, ap3);
    for (Node node : List.of(root, ap1, ap2)) {
      assertEquals(List.of(), node.overlay.events(OverlayEvent.PeerLost.class), node.name);
    }
  }

  @Test
  void dataThatAreGivenToAnAccessPointSpreadFromThere() {
    Node root = open("root");
    Node ap1 = open("ap1");
    Node ap2 = open("ap2");
    install(root, members(1, root, ap1, ap2));
    awaitConnected(root, ap1, ap2);

    install(ap2, members(2, root, ap1, ap2));

    awaitVersion(2, root, ap1, ap2);
  }

  @Test
  void whatIsNotValidOrNotNewerIsRefusedWithTheReason() {
    Node root = open("root");
    SignedNetworkData data = members(5, root);
    install(root, data);
    assertEquals(new InstallOutcome.NotNewer(5), install(root, members(5, root)));
    assertEquals(new InstallOutcome.NotNewer(5), install(root, members(4, root)));
    byte[] changed = data.octets();
    changed[changed.length - 3] ^= 1;
    InstallOutcome.Invalid invalid =
        assertInstanceOf(
            InstallOutcome.Invalid.class, network.await(root.control().install(changed), LIMIT));
    assertEquals(Outcome.BAD_SIGNATURE, invalid.outcome());
    byte[] otherSeed = new byte[32];
    otherSeed[0] = 1;
    InstallOutcome.Invalid other =
        assertInstanceOf(
            InstallOutcome.Invalid.class,
            install(root, SignedNetworkData.sign(otherSeed, 9, "{}")));
    assertEquals(Outcome.KEY_MISMATCH, other.outcome());
    assertEquals(5, root.version());
  }

  @Test
  void theOwnPortMovesWithTheDataAndSessionsMoveAlong() {
    Node root = open("root");
    Node ap1 = open("ap1");
    install(root, members(1, root, ap1));
    awaitConnected(root, ap1);
    long before = ap1.handshakes(root);

    install(root, sign(2, List.of(entry(root, WIREGUARD_PORT), entry(ap1, 4567))));
    awaitVersion(2, root, ap1);
    network.runFor(Duration.ofSeconds(2));

    assertEquals(4567, ap1.overlay.overlay().status().listen().orElseThrow().port());
    ping(ap1, root);
    ping(root, ap1);
    assertEquals(before, ap1.handshakes(root));
  }

  @Test
  void dataThatCannotBeAppliedHereLeaveTheOldOnesRunning() {
    Node root = open("root");
    Node ap1 = open("ap1");
    Node ap2 = open("ap2");
    install(root, members(1, root, ap1, ap2));
    awaitConnected(root, ap1, ap2);
    SimRuntime squatter = ap1.host.newRuntime();
    Scheduler queue = squatter.newQueue();
    UnderlayPort taken =
        network.await(
            squatter
                .underlayPorts()
                .open(
                    new UnderlayPortFactory.Spec(Optional.empty(), 4567, 1 << 16),
                    queue,
                    (datagram, source) -> {}),
            LIMIT);

    install(
        root,
        sign(
            2, List.of(entry(root, WIREGUARD_PORT), entry(ap1, 4567), entry(ap2, WIREGUARD_PORT))));
    awaitVersion(2, root, ap2);
    network.runFor(Duration.ofSeconds(30));

    assertEquals(1, ap1.version());
    assertTrue(
        ap1.control().status().refusals().toString().contains("4567"),
        () -> ap1.control().status().toString());
    ping(ap1, root);
    ping(ap2, ap1);
    // Asked for again and again, but not transferred.
    long transfers = received(ap1, "received-update-response");
    network.runFor(Duration.ofMinutes(2));
    assertEquals(transfers, received(ap1, "received-update-response"));

    install(root, members(3, root, ap1, ap2));
    awaitVersion(3, root, ap1, ap2);
    network.await(taken.close(), LIMIT);
    squatter.close();
  }

  private static long received(Node node, String counter) {
    return node.control().status().counters().getOrDefault(counter, 0L);
  }

  @Test
  void signedDataThatAreNoDocumentAreRefusedAndNotPassedOn() {
    Node root = open("root");
    Node ap1 = open("ap1");
    install(root, members(1, root, ap1));
    awaitConnected(root, ap1);

    byte[] broken = brokenDocument(2);
    InstallOutcome.Refused refused =
        assertInstanceOf(
            InstallOutcome.Refused.class, network.await(root.control().install(broken), LIMIT));

    assertTrue(refused.problems().toString().contains("object"), refused.problems().toString());
    network.runFor(Duration.ofSeconds(30));
    assertEquals(1, root.version());
    assertEquals(1, ap1.control().status().acceptedVersion());
    ping(ap1, root);
  }

  /** Rightly signed text that is no JSON object. PEX §19 quirk 26. */
  private static byte[] brokenDocument(long version) {
    byte[] text = "[]".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer blob = ByteBuffer.allocate(116 + text.length + 1);
    blob.putInt(0, 0x754e6574).putLong(72, version).put(80, AUTH_KEY.octets()).put(116, text);
    byte[] signature = Ed25519.sign(SEED, Arrays.copyOfRange(blob.array(), 72, blob.capacity()));
    return blob.put(8, signature).array();
  }

  @Test
  void whoIsRemovedLosesItsPeersAndIsTakenBackByALaterVersion() {
    Node root = open("root");
    Node ap1 = open("ap1");
    Node ap2 = open("ap2");
    install(root, members(1, root, ap1, ap2));
    awaitConnected(root, ap1, ap2);

    install(root, members(2, root, ap1));
    awaitVersion(2, root, ap1);
    network.runFor(Duration.ofSeconds(40));
    assertTrue(root.overlay.overlay().status().peer(ap2.key.publicKey()).isEmpty());
    // It learned that it is gone, from the data themselves, and goes on asking.
    assertEquals(2, ap2.version());
    assertEquals(List.of(), ap2.overlay.overlay().status().peers());

    install(root, members(3, root, ap1, ap2));
    awaitVersion(3, root, ap1, ap2);
    awaitConnected(root, ap1, ap2);
  }

  @Test
  void forgedNotificationsDoNotMoveAPeer() {
    Node root = open("root");
    Node ap1 = open("ap1");
    install(root, members(1, root, ap1));
    awaitConnected(root, ap1);
    SimHost attacker = network.host("attacker", "203.0.113.66");
    SimRuntime runtime = attacker.newRuntime();
    Scheduler queue = runtime.newQueue();
    UnderlayPort port =
        network.await(
            runtime
                .underlayPorts()
                .open(
                    new UnderlayPortFactory.Spec(Optional.empty(), 666, 1 << 16),
                    queue,
                    (datagram, source) -> {}),
            LIMIT);
    Endpoint honest = endpointOf(root, ap1);
    for (int i = 0; i < 600; i++) {
      long nonce = i;
      queue.execute(
          () -> {
            ByteBuffer forged =
                ExternalCodec.encode(
                    new ExternalDatagram(ap1.key.publicKey().peerId(), nonce, new EndpointNotify()),
                    AUTH_KEY);
            PacketBuffer datagram = PacketBuffer.allocate(0, forged.remaining());
            datagram.copyFrom(forged.array(), forged.arrayOffset(), forged.remaining());
            port.send(datagram, Endpoint.parse("192.0.2.1:51819"));
          });
      network.runFor(STEP);
    }

    assertEquals(honest, endpointOf(root, ap1));
    assertEquals(List.of(), root.overlay.events(OverlayEvent.PeerLost.class));
    ping(root, ap1);
    network.await(port.close(), LIMIT);
    runtime.close();
  }

  private static Endpoint endpointOf(Node at, Node peer) {
    return at.overlay
        .overlay()
        .status()
        .peer(peer.key.publicKey())
        .orElseThrow()
        .endpoint()
        .orElseThrow();
  }

  @Test
  void aThousandLossyKilometresDelayButDoNotPreventTheSpread() {
    network.conditions(LinkConditions.builder().loss(0.1).build());
    Node root = open("root");
    Node ap1 = open("ap1");
    Node ap2 = open("ap2");
    install(root, members(1, root, ap1, ap2));
    assertTrue(
        network.runUntil(() -> ap1.version() == 1 && ap2.version() == 1, Duration.ofMinutes(5)));
    install(root, members(2, root, ap1, ap2));
    assertTrue(
        network.runUntil(() -> ap1.version() == 2 && ap2.version() == 2, Duration.ofMinutes(5)));
  }

  @Test
  void aHostThatKnowsNoMoreThanASecretEnrolsAndJoins() {
    Node root = open("root");
    install(root, members(1, root));
    EnrollmentSecret secret = EnrollmentSecret.of("a long secret that both sides were told");
    List<EnrollmentPeer> enrolled = new ArrayList<>();
    network.await(
        root.control()
            .openEnrollment(
                EnrollmentOffer.builder(AUTH_KEY).autoAccept(secret).build(),
                new OpenEnrollment.Listener() {
                  @Override
                  public void onPeer(EnrollmentPeer peer) {}

                  @Override
                  public void onEnrolled(EnrollmentPeer peer) {
                    enrolled.add(peer);
                  }
                }),
        LIMIT);
    SimRuntime runtime = network.host("new", "192.0.2.99").newRuntime();

    Enrollment enrollment =
        network.await(
            EnrollmentRunner.enroll(
                runtime,
                EnrollmentRequest.builder(List.of(Endpoint.parse("192.0.2.1:51819")))
                    .autoAccept(secret)
                    .build()),
            LIMIT);

    runtime.close();
    assertEquals(Optional.of(AUTH_KEY), enrollment.authKey());
    assertEquals(1, enrolled.size());
    assertEquals(enrollment.privateKey().publicKey(), enrolled.getFirst().hostKey());
    assertTrue(enrolled.getFirst().secretProven());
  }

  @Test
  void aHostBehindANatLearnsItsExternalPortThroughItsWireGuardPort() {
    SimRuntime stun = network.host("stun", "192.0.2.50").newRuntime();
    StunServer server = new StunServer(StunServer.Limits.DEFAULT);
    List<UnderlayPort> port = new ArrayList<>();
    port.add(
        network.await(
            stun.underlayPorts()
                .open(
                    new UnderlayPortFactory.Spec(Optional.empty(), 3478, 1 << 16),
                    stun.newQueue(),
                    (datagram, source) ->
                        server
                            .answer(
                                ByteBuffer.wrap(datagram.toByteArray()),
                                source,
                                stun.time().nanoTime())
                            .ifPresent(
                                answer -> {
                                  byte[] octets = new byte[answer.datagram().remaining()];
                                  answer.datagram().get(octets);
                                  PacketBuffer reply = PacketBuffer.allocate(0, octets.length);
                                  reply.copyFrom(octets, 0, octets.length);
                                  port.getFirst().send(reply, answer.destination());
                                })),
            LIMIT));
    Node root = open("root");
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "198.51.100.1");
    Node ap1 = new Node("ap1", nat.host("ap1", "192.168.1.2"));
    NetworkData.Settings plain = NetworkData.Settings.of(WIREGUARD_PORT, 3458, 10);
    NetworkData.Settings withStun =
        new NetworkData.Settings(
            plain.id(),
            plain.port(),
            plain.pexPort(),
            plain.keepaliveSeconds(),
            List.of("192.0.2.50:3478"),
            plain.rounds(),
            plain.salt());

    install(
        root,
        SignedNetworkData.sign(
            SEED,
            1,
            new NetworkData(
                    withStun,
                    List.of(entry(root, WIREGUARD_PORT), entry(ap1, WIREGUARD_PORT)),
                    List.of())
                .toJson()));
    awaitVersion(1, root, ap1);
    awaitConnected(root, ap1);
    network.runFor(Duration.ofSeconds(5));

    assertEquals(List.of(endpointOf(root, ap1)), ap1.control().status().externalEndpoints());
    assertEquals(InetAddress.ofLiteral("198.51.100.1"), endpointOf(root, ap1).address());
    network.await(port.getFirst().close(), LIMIT);
    stun.close();
  }

  @Test
  void aNameThatCannotBeLookedUpAtFirstIsLookedUpAgain() {
    Node root = open("root");
    Node ap1 = new Node("ap1", network.host("ap1", "192.0.2.2"), "root.example");
    install(root, members(1, root, ap1));
    network.runFor(Duration.ofSeconds(40));
    assertEquals(0, ap1.version());

    network.names().set("root.example", "192.0.2.1");

    awaitVersion(1, root, ap1);
  }
}
