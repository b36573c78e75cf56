// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.DatagramException;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Query;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceProvider;
import dev.weft.spi.PeerSnapshot;
import dev.weft.transport.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PexServiceTest {

  private static final Host OWN = host("ap1", 1, 3458);
  private static final Host GATEWAY = host("gateway", 2, 3459);
  private static final Host AP2 = host("ap2", 3, 3460);
  private static final Endpoint OWN_SOCKET = new Endpoint(OWN.overlayAddress(), 3458);

  private final FakeServiceContext context =
      new FakeServiceContext(OWN.key(), config(PexConfig.defaults(), revision(OWN, GATEWAY, AP2)));

  private static Host host(String name, int number, int pexPort) {
    byte[] key = new byte[PublicKey.LENGTH];
    key[0] = (byte) number;
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return Host.builder(name, PublicKey.of(key), address).port(3456).pexPort(pexPort).build();
  }

  private static NetworkRevision revision(Host... hosts) {
    return new NetworkRevision(0, List.of(hosts), List.of(), 3456, Duration.ofSeconds(10));
  }

  private static OverlayConfig config(PexConfig pex, NetworkRevision revision) {
    return OverlayConfig.builder("net", PrivateKey.of(new byte[32]))
        .network(revision)
        .pex(pex)
        .build();
  }

  private OverlayService start() {
    return new PexServiceProvider().start(context);
  }

  private void deliver(Host from, PexMessage message) {
    deliver(from, PexCodec.encode(new PexDatagram(from.key().peerId(), message)));
  }

  private void deliver(Host from, ByteBuffer payload) {
    context.deliver(payload, new Endpoint(from.overlayAddress(), 999), OWN_SOCKET);
  }

  private static PeerSnapshot handshake(Host host, String endpoint, long atNanos) {
    return new PeerSnapshot(
        host.key(), Optional.of(Endpoint.parse(endpoint)), OptionalLong.of(atNanos), 148, 0, 0, 0);
  }

  @Test
  void theProviderIsFoundAndAppliesToOverlaysThatAskForIt() {
    OverlayServiceProvider provider =
        ServiceLoader.load(OverlayServiceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(PexServiceProvider.class::isInstance)
            .findFirst()
            .orElseThrow();
    assertEquals("pex", provider.name());
    assertTrue(provider.appliesTo(context.config));
    assertFalse(
        provider.appliesTo(OverlayConfig.builder("net", PrivateKey.of(new byte[32])).build()));
  }

  @Test
  void messagesTravelBetweenTheOverlayAddressesAndPexPorts() {
    OverlayService service = start();
    context.localAddress = Optional.of(InetAddress.ofLiteral("127.0.0.2"));
    assertEquals(Optional.of(false), service.isConnected(GATEWAY.key()));

    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    assertEquals(
        List.of(new FakeServiceContext.Transition(GATEWAY.key(), true)), context.transitions);
    assertEquals(Optional.of(true), service.isConnected(GATEWAY.key()));
    service.onCandidatesTried(5);

    Endpoint gateway = new Endpoint(GATEWAY.overlayAddress(), 3459);
    PeerId own = OWN.key().peerId();
    assertEquals(
        List.of(
            new FakeServiceContext.Sent(
                0,
                gateway,
                PexCodec.encode(
                    new PexDatagram(own, new Hello(InetAddress.ofLiteral("127.0.0.2"))))),
            new FakeServiceContext.Sent(
                0,
                gateway,
                PexCodec.encode(
                    new PexDatagram(own, new Query(List.of(own, AP2.key().peerId())))))),
        context.sent);
    assertEquals(
        List.of(
            "gateway HELLO: my local address is 127.0.0.2", "gateway QUERY: where are ap1, ap2?"),
        context.texts(true));
  }

  @Test
  void entriesAreOfferedToTheEngine() {
    start();
    deliver(
        GATEWAY,
        new NotifyPeers(
            List.of(
                new PeerEndpoint(AP2.key().peerId(), false, Endpoint.parse("127.0.0.3:3456")))));
    assertEquals(
        List.of(
            new FakeServiceContext.Proposal(
                AP2.key(), EndpointOrigin.PEX, Endpoint.parse("127.0.0.3:3456"))),
        context.proposals);
    assertEquals(List.of("gateway NOTIFY_PEERS: ap2 is at 127.0.0.3:3456"), context.texts(false));
  }

  @Test
  void hostileDatagramsAreCountedAndForgotten() {
    OverlayService service = start();
    for (String hex :
        List.of(
            "", // too short
            "01030000" + "00".repeat(8), // version
            "00030001" + "00".repeat(8), // truncated
            "00000001" + "00".repeat(9), // no room for HELLO's address
            "00090000" + "00".repeat(8), // only outside of the tunnel
            "00c80000" + "00".repeat(8))) { // unknown
      deliver(GATEWAY, ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    }
    deliver(host("stranger", 9, 1), new Ping());
    context.deliver(
        PexCodec.encode(new PexDatagram(AP2.key().peerId(), new Ping())),
        new Endpoint(GATEWAY.overlayAddress(), 3459),
        OWN_SOCKET);
    assertEquals(
        Map.of(
            "dropped-too-short", 1L,
            "dropped-version", 1L,
            "dropped-truncated", 1L,
            "dropped-payload", 1L,
            "dropped-other-opcode", 1L,
            "dropped-unknown-opcode", 1L,
            "dropped-unknown-peer", 1L,
            "dropped-wrong-source", 1L),
        service.counters());
    assertEquals(List.of(), context.sent);
    assertEquals(List.of(), context.events);
  }

  @Test
  void whatTheTunnelDoesNotTakeIsCountedAndNotTold() {
    OverlayService service = start();
    context.refusesSending = true;
    deliver(GATEWAY, new Ping());
    assertEquals(Map.of("received-ping", 1L, "send-failed", 1L), service.counters());
    assertEquals(List.of(), context.texts(true));
    context.refusesSending = false;
    context.nowNanos += 1_000_000_000L;
    deliver(GATEWAY, new Ping());
    assertEquals(
        Map.of("received-ping", 2L, "send-failed", 1L, "sent-pong", 1L), service.counters());
  }

  @Test
  void theConfiguredPortWinsOverTheNetworks() {
    context.config = config(new PexConfig(OptionalInt.of(5000)), revision(OWN, GATEWAY));
    start();
    assertTrue(context.sockets.containsKey(new Endpoint(OWN.overlayAddress(), 5000)));
  }

  @Test
  void theConfiguredKeepaliveWinsOverTheNetworks() {
    context.config = context.config.toBuilder().keepalive(Duration.ZERO).build();
    OverlayService service = start();
    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    assertEquals(Optional.empty(), service.isConnected(GATEWAY.key()));
    assertEquals(List.of(), context.transitions);
  }

  @Test
  void withoutPortOrLocalHostThereIsNoSocket() {
    context.config = config(PexConfig.defaults(), revision(host("ap1", 1, 0), GATEWAY));
    OverlayService service = start();
    assertEquals(Map.of(), context.sockets);
    service.onRevision(revision(GATEWAY, AP2));
    assertEquals(Map.of(), context.sockets);
    service.onRevision(revision(OWN, GATEWAY));
    assertTrue(context.sockets.containsKey(OWN_SOCKET));
  }

  @Test
  void aRevisionMovesTheSocketAndKeepsWhatIsKnown() {
    OverlayService service = start();
    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    service.onRevision(revision(host("ap1", 1, 4000), GATEWAY));
    assertEquals(1, context.sockets.size());
    assertTrue(context.sockets.containsKey(new Endpoint(OWN.overlayAddress(), 4000)));
    assertEquals(Optional.of(true), service.isConnected(GATEWAY.key()));
  }

  @Test
  void aNewConfigurationIsSeenAtTheNextTick() {
    OverlayService service = start();
    context.config =
        context.config.toBuilder()
            .pex(new PexConfig(OptionalInt.of(5000)))
            .keepalive(Duration.ZERO)
            .build();
    service.onTick(5, List.of());
    assertEquals(Set.of(new Endpoint(OWN.overlayAddress(), 5000)), context.sockets.keySet());
    assertEquals(Optional.empty(), service.isConnected(GATEWAY.key()));
  }

  @Test
  void anotherKeyIsAnotherHost() {
    OverlayService service = start();
    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    context.localKey = AP2.key();
    service.onRevision(revision(OWN, GATEWAY, AP2));
    assertEquals(Set.of(new Endpoint(AP2.overlayAddress(), 3460)), context.sockets.keySet());
    assertEquals(Optional.of(false), service.isConnected(GATEWAY.key()));
    assertEquals(Optional.empty(), service.isConnected(AP2.key()));
  }

  @Test
  void withoutPexInTheConfigurationEverythingStops() {
    OverlayService service = start();
    context.config = OverlayConfig.builder("net", PrivateKey.of(new byte[32])).build();
    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    assertEquals(Map.of(), context.sockets);
    assertEquals(Optional.empty(), service.isConnected(GATEWAY.key()));
  }

  @Test
  void aTakenPortFailsTheStart() {
    context.refusesBinding = true;
    assertThrows(DatagramException.class, this::start);
  }

  @Test
  void aPortThatIsTakenLaterIsWarnedOfOnceAndTriedAgain() {
    OverlayService service = start();
    context.refusesBinding = true;
    service.onRevision(revision(host("ap1", 1, 4000), GATEWAY));
    assertEquals(Map.of(), context.sockets);
    service.onTick(5, List.of());
    assertEquals(1, context.events.stream().filter(OverlayEvent.Warning.class::isInstance).count());
    context.refusesBinding = false;
    service.onTick(6, List.of());
    assertTrue(context.sockets.containsKey(new Endpoint(OWN.overlayAddress(), 4000)));
  }

  @Test
  void afterClosingNothingHappens() {
    OverlayService service = start();
    service.close();
    service.close();
    service.onRevision(revision(OWN, GATEWAY));
    service.onTick(5, List.of(handshake(GATEWAY, "127.0.0.1:3456", 1)));
    service.onCandidatesTried(5);
    assertEquals(Map.of(), context.sockets);
    assertEquals(List.of(), context.sent);
    assertEquals(List.of(), context.transitions);
  }
}
