// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.ExternalEndpoint;
import dev.weft.pex.stun.NatMapping;
import dev.weft.pex.stun.PortDetector;
import dev.weft.pex.stun.PortDetectorEffect;
import dev.weft.pex.stun.PortDetectorEffect.ExternalEndpointChanged;
import dev.weft.pex.stun.PortDetectorEffect.Resolve;
import dev.weft.pex.stun.PortDetectorEffect.SendFromWireGuardPort;
import dev.weft.pex.stun.StunServer;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NatKind;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNat;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Port detectors behind NATs, and the STUN servers that they ask. Source: PEX §10. */
final class PortDetectorSim {

  private static final int WIREGUARD_PORT = 51820;
  private static final EndpointName ONE = new EndpointName("stun1.example.org", 3478);
  private static final EndpointName TWO = new EndpointName("stun2.example.org", 3478);
  private static final List<EndpointName> SERVERS = List.of(ONE, TWO);

  private final SimNetwork network = new SimNetwork(10);
  private final Server one = new Server(network.host("one", "192.0.2.1", "2001:db8::1"));
  private final Server two = new Server(network.host("two", "192.0.2.2", "2001:db8::2"));
  private final Server peer = new Server(network.host("peer", "192.0.2.3", "2001:db8::3"));

  PortDetectorSim() {
    network.names().set(ONE.host(), "2001:db8::1", "192.0.2.1");
    network.names().set(TWO.host(), "192.0.2.2", "2001:db8::2");
  }

  /** A program with one socket. */
  private abstract static class Program implements UnderlayPort.Handler {
    final SimRuntime runtime;
    final Scheduler queue;
    final UnderlayPort port;
    final List<Endpoint> sources = new ArrayList<>();

    Program(SimHost host, int number) {
      runtime = host.newRuntime();
      queue = runtime.newQueue();
      Spec spec = new Spec(Optional.empty(), number, 65536);
      port =
          host.network()
              .await(
                  runtime.underlayPorts().open(spec, queue, this::receive), Duration.ofSeconds(1));
    }

    private void receive(PacketBuffer datagram, Endpoint source) {
      sources.add(source);
      onDatagram(datagram, source);
    }

    long now() {
      return runtime.time().nanoTime();
    }

    void send(ByteBuffer datagram, Endpoint destination) {
      byte[] octets = new byte[datagram.remaining()];
      datagram.get(octets);
      PacketBuffer buffer = PacketBuffer.allocate(0, octets.length);
      buffer.copyFrom(octets, 0, octets.length);
      port.send(buffer, destination);
    }
  }

  private static final class Server extends Program {
    final StunServer stun = new StunServer(StunServer.Limits.DEFAULT);

    Server(SimHost host) {
      super(host, 3478);
    }

    @Override
    public void onDatagram(PacketBuffer datagram, Endpoint source) {
      stun.answer(ByteBuffer.wrap(datagram.toByteArray()), source, now())
          .ifPresent(answer -> send(answer.datagram(), answer.destination()));
    }
  }

  private static final class Node extends Program {
    final PortDetector detector;
    final List<ExternalEndpoint> changes = new ArrayList<>();
    private Scheduler.Cancellable timer = () -> {};

    Node(SimHost host) {
      super(host, WIREGUARD_PORT);
      detector = new PortDetector(runtime.random());
    }

    void load(boolean connected) {
      queue.execute(() -> carryOut(detector.load(SERVERS, WIREGUARD_PORT, connected, now())));
    }

    void onNetworkChanged() {
      queue.execute(() -> carryOut(detector.onNetworkChanged(now())));
    }

    @Override
    public void onDatagram(PacketBuffer datagram, Endpoint source) {
      ByteBuffer octets = ByteBuffer.wrap(datagram.toByteArray());
      assertTrue(PortDetector.claims(octets));
      carryOut(detector.onDatagram(octets, source, now()));
    }

    private void carryOut(List<PortDetectorEffect> effects) {
      for (PortDetectorEffect effect : effects) {
        switch (effect) {
          case Resolve(EndpointName server) -> resolve(server);
          case SendFromWireGuardPort(Endpoint server, ByteBuffer datagram) ->
              send(datagram, server);
          case ExternalEndpointChanged(ExternalEndpoint external) -> changes.add(external);
        }
      }
      timer.cancel();
      detector
          .nextDeadlineNanos()
          .ifPresent(
              due ->
                  timer = queue.schedule(due - now(), () -> carryOut(detector.onDeadline(now()))));
    }

    private void resolve(EndpointName server) {
      var _ =
          runtime
              .resolver()
              .resolve(server.host())
              .exceptionally(e -> List.<InetAddress>of())
              .thenAccept(
                  addresses ->
                      queue.execute(() -> carryOut(detector.onResolved(server, addresses, now()))));
    }
  }

  private static Endpoint seenIpv4(Server server) {
    return server.sources.stream().filter(it -> !it.isIpv6()).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(NatKind.class)
  void theExternalPortIsFoundBehindEveryKindOfNat(NatKind kind) {
    SimNat nat = network.nat("nat", kind, "203.0.113.1");
    Node node = new Node(nat.host("node", "10.0.0.2"));
    node.load(false);
    network.runFor(Duration.ofSeconds(5));

    assertEquals(1, node.detector.externalEndpoints().size());
    ExternalEndpoint external = node.detector.externalEndpoints().getFirst();
    assertEquals(nat.publicAddress(), external.endpoint().address());
    boolean symmetric = kind == NatKind.SYMMETRIC;
    assertEquals(
        symmetric ? NatMapping.ENDPOINT_DEPENDENT : NatMapping.ENDPOINT_INDEPENDENT,
        external.mapping());
    assertEquals(seenIpv4(one), external.endpoint());

    // It is what a peer sees too, if the mapping does not depend on whom the node sends to.
    node.queue.execute(() -> node.send(ByteBuffer.allocate(32), Endpoint.parse("192.0.2.3:3478")));
    network.runFor(Duration.ofSeconds(1));
    assertEquals(!symmetric, peer.sources.getLast().equals(external.endpoint()));
  }

  @Test
  void bothFamiliesAreFoundAndIpv6PassesTheNatBy() {
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Node node = new Node(nat.host("node", "10.0.0.2", "2001:db8:9::2"));
    node.load(false);
    network.runFor(Duration.ofSeconds(5));
    assertEquals(
        List.of(
            new ExternalEndpoint(seenIpv4(one), NatMapping.ENDPOINT_INDEPENDENT),
            new ExternalEndpoint(
                Endpoint.parse("[2001:db8:9::2]:51820"), NatMapping.ENDPOINT_INDEPENDENT)),
        node.detector.externalEndpoints());
    assertEquals(
        OptionalInt.of(51820),
        node.detector.externalPortTowards(Endpoint.parse("[2001:db8::3]:51819")));
  }

  @Test
  void aPeersAnswerIsWaitedForBeforeServersAreAsked() {
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Node node = new Node(nat.host("node", "10.0.0.2"));
    node.load(true);
    network.runFor(Duration.ofSeconds(59));
    assertEquals(List.of(), one.sources);
    network.runFor(Duration.ofSeconds(3));
    assertEquals(1, node.detector.externalEndpoints().size());
  }

  @Test
  void lossIsMadeUpForByFurtherRoundsAndAttempts() {
    network.conditions(LinkConditions.builder().loss(0.6).build());
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Node node = new Node(nat.host("node", "10.0.0.2"));
    node.load(false);
    assertTrue(
        network.runUntil(() -> !node.changes.isEmpty(), Duration.ofHours(3)),
        "seed " + network.seed());
    assertEquals(nat.publicAddress(), node.changes.getFirst().endpoint().address());
  }

  @Test
  void aRebootedNatIsNoticedAtTheNextAttemptAndAnotherNetworkAtOnce() {
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    SimHost host = nat.host("node", "10.0.0.2");
    Node node = new Node(host);
    node.load(false);
    network.runFor(Duration.ofMinutes(1));
    nat.reboot();
    network.runFor(Duration.ofMinutes(15));
    assertEquals(one.sources.getLast(), node.changes.getLast().endpoint());

    SimNat other = network.nat("other", NatKind.FULL_CONE, "203.0.113.2");
    host.moveBehind(other, "10.1.0.2");
    node.onNetworkChanged();
    network.runFor(Duration.ofSeconds(5));
    assertEquals(
        other.publicAddress(), node.detector.externalEndpoints().getFirst().endpoint().address());
  }

  @Test
  void serversAreNotAskedMoreThanTheyMustBe() {
    SimNat nat = network.nat("nat", NatKind.PORT_RESTRICTED, "203.0.113.1");
    Node node = new Node(nat.host("node", "10.0.0.2"));
    node.load(false);
    network.runFor(Duration.ofHours(1));
    assertEquals(4, one.sources.size()); // at 0, 15, 30 and 45 minutes
    assertEquals(4, two.stun.counts().answered());
  }
}
