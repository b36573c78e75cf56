// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
import dev.weft.pex.node.PexEffect.ConnectionChanged;
import dev.weft.pex.node.PexEffect.HandshakeSeen;
import dev.weft.pex.node.PexEffect.ProposeEndpoint;
import dev.weft.pex.node.PexEffect.Send;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rules of PEX §5 to §7 and §9, in virtual time; keepalive is 10 s. */
final class PexNodeTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int PEX_PORT = 3458;
  private static final InetAddress OWN_UNDERLAY = InetAddress.ofLiteral("10.0.0.1");

  private final Host own = host("own", 1, Function.identity());
  private final Host a = host("a", 2, Function.identity());
  private final Host b = host("b", 3, Function.identity());
  private final Host c = host("c", 4, Function.identity());
  private final Host gateway =
      host("gateway", 5, builder -> builder.endpoint(new EndpointName("10.0.0.5", 3456)));

  private final PexCounters counters = new PexCounters();
  private Optional<InetAddress> ownAddress = Optional.of(OWN_UNDERLAY);
  private int randomChoice;
  private final PexNode node = node(own);

  private List<HandshakeSeen> handshakesSeen = List.of();
  private long now = 500 * SECOND;
  private final Map<PublicKey, PeerSnapshot> wireGuard = new LinkedHashMap<>();

  private PexNode node(Host local) {
    RandomSource random =
        new RandomSource() {
          @Override
          public void nextBytes(byte[] target) {
            throw new UnsupportedOperationException();
          }

          @Override
          public int nextInt(int bound) {
            return randomChoice % bound;
          }
        };
    return new PexNode(local.key(), random, endpoint -> ownAddress, counters);
  }

  private static Host host(String name, int number, Function<Host.Builder, Host.Builder> more) {
    byte[] key = new byte[PublicKey.LENGTH];
    key[7] = (byte) number;
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return more.apply(Host.builder(name, PublicKey.of(key), address).port(3456).pexPort(PEX_PORT))
        .build();
  }

  private static NetworkRevision revision(Host... hosts) {
    return new NetworkRevision(0, List.of(hosts), List.of(), 3456, Duration.ofSeconds(10));
  }

  private void load(Host... hosts) {
    node.load(revision(hosts), Duration.ofSeconds(10), PEX_PORT);
  }

  private static PeerId id(Host host) {
    return host.key().peerId();
  }

  private static Endpoint endpoint(String text) {
    return Endpoint.parse(text);
  }

  private PeerSnapshot snapshot(Host host) {
    return wireGuard.getOrDefault(
        host.key(),
        new PeerSnapshot(host.key(), Optional.empty(), OptionalLong.empty(), 0, 0, 0, 0));
  }

  private void wireGuardSays(
      Host host, Optional<Endpoint> endpoint, OptionalLong handshake, long received) {
    wireGuard.put(host.key(), new PeerSnapshot(host.key(), endpoint, handshake, received, 0, 0, 0));
  }

  private void sets(Host host, String endpoint) {
    PeerSnapshot before = snapshot(host);
    wireGuardSays(
        host,
        Optional.of(endpoint(endpoint)),
        before.lastHandshakeNanos(),
        before.receivedOctets());
  }

  private void receives(Host host, int octets) {
    PeerSnapshot before = snapshot(host);
    wireGuardSays(
        host, before.endpoint(), before.lastHandshakeNanos(), before.receivedOctets() + octets);
  }

  private void shakesHands(Host host) {
    PeerSnapshot before = snapshot(host);
    wireGuardSays(host, before.endpoint(), OptionalLong.of(now), before.receivedOctets());
  }

  /** A second passes, and a tick; without the handshakes seen in it. */
  private List<PexEffect> tick() {
    now += SECOND;
    List<PexEffect> effects = node.onTick(now, List.copyOf(wireGuard.values()));
    handshakesSeen =
        effects.stream()
            .filter(HandshakeSeen.class::isInstance)
            .map(HandshakeSeen.class::cast)
            .toList();
    return effects.stream().filter(effect -> !(effect instanceof HandshakeSeen)).toList();
  }

  private void connect(Host host, String endpoint) {
    sets(host, endpoint);
    receives(host, 148);
    tick();
    assertEquals(Optional.of(true), node.isConnected(host.key()));
  }

  private List<PexEffect> receive(Host from, PexMessage message) {
    return node.onMessage(node.accept(id(from), from.overlayAddress()).orElseThrow(), message, now);
  }

  private static Send notify(Host receiver, PeerEndpoint... entries) {
    return new Send(receiver, new NotifyPeers(List.of(entries)));
  }

  private static PeerEndpoint at(Host host, String endpoint) {
    return new PeerEndpoint(id(host), false, endpoint(endpoint));
  }

  private static PeerEndpoint inItsNetworkAt(Host host, String endpoint) {
    return new PeerEndpoint(id(host), true, endpoint(endpoint));
  }

  // Acceptance. PEX §5, §7.

  @Test
  void aMessageIsAcceptedFromTheOverlayAddressOfItsIdOnly() {
    load(own, a, b);
    assertEquals(Optional.of(a), node.accept(id(a), a.overlayAddress()));
    assertEquals(Optional.empty(), node.accept(id(a), b.overlayAddress()));
    assertEquals(1, counters.get(PexCounter.DROPPED_WRONG_SOURCE));
  }

  @Test
  void unknownIdsAndTheOwnOneAreRefused() {
    load(own, a);
    assertEquals(Optional.empty(), node.accept(id(b), b.overlayAddress()));
    assertEquals(Optional.empty(), node.accept(id(own), own.overlayAddress()));
    assertEquals(2, counters.get(PexCounter.DROPPED_UNKNOWN_PEER));
  }

  @Test
  void indirectHostsAreUnknownInTheTunnel() {
    Host behindGateway = host("x", 9, builder -> builder.gateway("gateway"));
    Host behindUs = host("y", 10, builder -> builder.gateway("own"));
    load(own, gateway, behindGateway, behindUs);
    assertEquals(Optional.empty(), node.accept(id(behindGateway), behindGateway.overlayAddress()));
    assertEquals(Optional.of(behindUs), node.accept(id(behindUs), behindUs.overlayAddress()));
    assertEquals(Optional.empty(), node.isConnected(behindGateway.key()));
  }

  @Test
  void aHostBehindAGatewayKnowsTheGatewayOnly() {
    Host relayed = host("own", 1, builder -> builder.gateway("gateway"));
    PexNetwork network = node.load(revision(relayed, gateway, a), Duration.ofSeconds(10), PEX_PORT);
    assertEquals(List.of(gateway), network.directPeers());
  }

  @Test
  void withoutALocalHostNobodyIsKnown() {
    load(a, b);
    assertEquals(Optional.empty(), node.accept(id(a), a.overlayAddress()));
    assertEquals(List.of(), tick());
  }

  @Test
  void ofTwoKeysWithOneIdTheSmallerIsFound() {
    byte[] greater = a.key().octets();
    greater[31] = 1;
    Host twin =
        Host.builder(
                "twin",
                PublicKey.of(greater),
                (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::99"))
            .pexPort(PEX_PORT)
            .build();
    load(twin, own, a);
    assertEquals(Optional.of(a), node.accept(id(a), a.overlayAddress()));
    assertEquals(Optional.empty(), node.accept(id(twin), twin.overlayAddress()));
  }

  // State. PEX §9.2.

  @Test
  void receivedOctetsConnectAPeer() {
    load(own, a);
    receives(a, 32);
    assertEquals(List.of(new ConnectionChanged(a.key(), true)), tick());
    assertEquals(Optional.of(true), node.isConnected(a.key()));
  }

  @Test
  void aPeerIsLostAfterTwiceTheKeepalive() {
    load(own, a);
    receives(a, 32);
    tick();
    for (int i = 1; i < 20; i++) {
      assertFalse(tick().contains(new ConnectionChanged(a.key(), false)), "after " + i + " s");
    }
    assertTrue(tick().contains(new ConnectionChanged(a.key(), false)));
    assertEquals(Optional.of(false), node.isConnected(a.key()));
  }

  @Test
  void aFreshHandshakeConnectsAPeerAndAnOldOneDoesNot() {
    load(own, a, b);
    shakesHands(a);
    wireGuardSays(b, Optional.empty(), OptionalLong.of(now - 10 * SECOND), 0);
    assertEquals(List.of(new ConnectionChanged(a.key(), true)), tick());
    assertEquals(Optional.of(false), node.isConnected(b.key()));
  }

  @Test
  void aHandshakeMakesTheSilenceNoLongerThanItsAge() {
    load(own, a);
    sets(a, "10.0.0.2:3456");
    for (int i = 0; i < 8; i++) {
      tick();
    }
    wireGuardSays(a, snapshot(a).endpoint(), OptionalLong.of(now - 3 * SECOND), 0);
    tick(); // four seconds old now
    int untilPing = 1;
    while (!tick().contains(new Send(a, new Ping()))) {
      untilPing++;
    }
    assertEquals(7, untilPing); // 4 + 7 = 11 s
  }

  @Test
  void aCounterThatStartsAgainIsNoTraffic() {
    load(own, a);
    receives(a, 1000);
    tick();
    wireGuardSays(a, Optional.empty(), OptionalLong.empty(), 0);
    for (int i = 0; i < 20; i++) {
      tick();
    }
    assertEquals(Optional.of(false), node.isConnected(a.key()));
    receives(a, 32);
    assertEquals(List.of(new ConnectionChanged(a.key(), true)), tick());
  }

  @Test
  void pingsComeAfterElevenSecondsAndEverySixUntilAnAnswer() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    List<Integer> pings = new ArrayList<>();
    for (int i = 1; i <= 30; i++) {
      if (tick().contains(new Send(a, new Ping()))) {
        pings.add(i);
      }
    }
    assertEquals(List.of(11, 17, 23, 29), pings);
    receives(a, 32);
    for (int i = 0; i <= 10; i++) {
      assertFalse(tick().contains(new Send(a, new Ping())));
    }
    assertTrue(tick().contains(new Send(a, new Ping())));
  }

  @Test
  void aSilentPeerIsPingedBeforeTheTickReadsWhatArrived() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    for (int i = 0; i < 10; i++) {
      tick();
    }
    receives(a, 32);
    assertEquals(List.of(new Send(a, new Ping())), tick());
  }

  @Test
  void aPeerWithoutEndpointIsNotPinged() {
    load(own, a);
    receives(a, 32);
    for (int i = 0; i < 30; i++) {
      assertFalse(tick().contains(new Send(a, new Ping())));
    }
  }

  @Test
  void aPeerWithoutPexPortGetsNothing() {
    Host mute = host("a", 2, builder -> builder.pexPort(0));
    load(own, mute, b);
    connect(b, "10.0.0.3:3456");
    connect(mute, "10.0.0.2:3456");
    shakesHands(mute);
    assertEquals(List.of(), tick());
    assertEquals(List.of(), receive(mute, new Ping()));
    assertEquals(List.of(), receive(mute, new Query(List.of(id(b)))));
  }

  @Test
  void withoutAnOwnPortStatesAreKeptAndNothingIsSent() {
    node.load(revision(own, a, b), Duration.ofSeconds(10), 0);
    sets(a, "10.0.0.2:3456");
    receives(a, 32);
    shakesHands(a);
    assertEquals(List.of(new ConnectionChanged(a.key(), true)), tick());
    assertEquals(List.of(), node.onCandidatesTried(now));
    for (int i = 0; i < 12; i++) {
      assertEquals(List.of(), tick());
    }
  }

  // Handshakes and endpoints. PEX §6.1, §6.2.

  @Test
  void eachHandshakeIsToldWithWhereItCameFrom() {
    load(own, a, b);
    sets(a, "10.0.0.2:3456");
    tick();
    assertEquals(List.of(), handshakesSeen);
    shakesHands(a);
    tick();
    assertEquals(
        List.of(new HandshakeSeen(a, Optional.of(endpoint("10.0.0.2:3456")))), handshakesSeen);
    tick();
    assertEquals(List.of(), handshakesSeen);
  }

  @Test
  void hostsThatAreKnownOnlyHereTakeNoPartInQueries() {
    PexNetwork network =
        new PexNetwork(own.key(), revision(own, a, b, c), Set.of(a.key(), b.key()), false);
    node.load(network, Duration.ofSeconds(10), PEX_PORT);
    connect(a, "10.0.0.2:3456");
    assertEquals(List.of(), node.onCandidatesTried(now), "it is not asked");
    connect(c, "10.0.0.4:3456");
    assertEquals(
        List.of(new Send(c, new Query(List.of(id(own))))),
        node.onCandidatesTried(now),
        "nobody asks for it");
    assertEquals(List.of(), node.onMessage(a, new Query(List.of(id(c))), now), "nor answers it");
    assertEquals(Optional.of(a), node.accept(id(a), a.overlayAddress()), "but it may send");
  }

  @Test
  void eachHandshakeIsFollowedByOneHello() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    shakesHands(a);
    assertEquals(List.of(new Send(a, new Hello(OWN_UNDERLAY))), tick());
    assertEquals(List.of(), tick());
    shakesHands(a);
    assertEquals(List.of(new Send(a, new Hello(OWN_UNDERLAY))), tick());
  }

  @Test
  void withoutEndpointOrRouteThereIsNoHello() {
    load(own, a, b);
    shakesHands(a);
    assertEquals(List.of(new ConnectionChanged(a.key(), true)), tick());
    ownAddress = Optional.empty();
    sets(a, "10.0.0.2:3456");
    shakesHands(a);
    assertEquals(List.of(), tick());
  }

  @Test
  void aNewEndpointIsToldToTheOtherConnectedPeers() {
    load(own, a, b, c);
    connect(a, "10.0.0.2:3456");
    connect(b, "10.0.0.3:3456");
    sets(c, "10.0.0.4:3456"); // only just configured, and told all the same
    assertEquals(
        List.of(notify(a, at(c, "10.0.0.4:3456")), notify(b, at(c, "10.0.0.4:3456"))), tick());
    assertEquals(List.of(), tick());
    sets(a, "10.0.0.2:1024");
    assertEquals(List.of(notify(b, at(a, "10.0.0.2:1024"))), tick());
  }

  @Test
  void peersBehindOneAddressAreToldOfEachOthersLocalAddressLast() {
    load(own, a, b);
    connect(a, "192.0.2.1:1001");
    sets(b, "192.0.2.1:1002");
    // b's local address is not known yet
    assertEquals(List.of(notify(a, at(b, "192.0.2.1:1002"))), tick());
    receive(b, new Hello(InetAddress.ofLiteral("192.168.1.12")));
    sets(b, "192.0.2.1:1003");
    // Who takes the last one, as unetd does, is told what PEX §6.2 says.
    assertEquals(
        List.of(notify(a, at(b, "192.0.2.1:1003"), inItsNetworkAt(b, "192.168.1.12:3456"))),
        tick());
  }

  @Test
  void aNewLocalAddressIsToldAtOnceToThoseBehindTheSameAddress() {
    load(own, a, b, c);
    connect(a, "192.0.2.1:1001");
    connect(b, "192.0.2.1:1002");
    connect(c, "192.0.2.3:1003");
    Hello hello = new Hello(InetAddress.ofLiteral("192.168.1.12"));
    assertEquals(
        List.of(notify(a, at(b, "192.0.2.1:1002"), inItsNetworkAt(b, "192.168.1.12:3456"))),
        receive(b, hello));
    assertEquals(List.of(), receive(b, hello));
    Hello next = new Hello(InetAddress.ofLiteral("192.168.1.13"));
    assertEquals(List.of(), receive(b, next), "no more than once a second");
  }

  @Test
  void aLocalAddressOfAnotherFamilyIsLeftOut() {
    load(own, a);
    connect(a, "192.0.2.1:1001");
    receive(a, new Hello(InetAddress.ofLiteral("2001:db8::1")));
    assertEquals(List.of(), receive(a, new Query(List.of(id(a)))));
  }

  // Answers. PEX §6.3, §6.4.

  @Test
  void aQueryIsAnsweredWithTheConnectedPeersInOneMessage() {
    load(own, a, b, c, gateway);
    connect(a, "10.0.0.2:3456");
    connect(b, "10.0.0.3:3456");
    connect(gateway, "[2001:db8::5]:3456");
    sets(c, "10.0.0.4:3456");
    tick();
    assertEquals(
        List.of(notify(a, at(gateway, "[2001:db8::5]:3456"), at(b, "10.0.0.3:3456"))),
        receive(a, new Query(List.of(id(gateway), id(c), new PeerId(77), id(b)))));
    assertEquals(List.of(), receive(a, new Query(List.of(id(c), id(own)))));
    assertEquals(List.of(), receive(a, new Query(List.of())));
  }

  @Test
  void theAskerIsToldItsOwnLocalAddressAndConfiguredPort() {
    load(own, a, b);
    connect(a, "192.0.2.10:61000");
    assertEquals(List.of(), receive(a, new Query(List.of(id(a)))));
    receive(a, new Hello(InetAddress.ofLiteral("192.168.1.10")));
    assertEquals(
        List.of(notify(a, inItsNetworkAt(a, "192.168.1.10:3456"))),
        receive(a, new Query(List.of(id(a)))));
  }

  @Test
  void aRepeatedIdIsAnsweredOnce() {
    load(own, a, b);
    connect(a, "10.0.0.2:3456");
    connect(b, "10.0.0.3:3456");
    List<PeerId> ids = IntStream.range(0, 100).mapToObj(i -> id(b)).toList();
    assertEquals(List.of(notify(a, at(b, "10.0.0.3:3456"))), receive(a, new Query(ids)));
  }

  @Test
  void anAnswerHoldsAtMost36Entries() {
    List<Host> hosts = new ArrayList<>(List.of(own, a));
    IntStream.range(0, 50).forEach(i -> hosts.add(host("h" + i, 20 + i, Function.identity())));
    load(hosts.toArray(Host[]::new));
    hosts.stream().skip(1).forEach(host -> sets(host, "10.0.1." + host.key().octets()[7] + ":1"));
    hosts.stream().skip(1).forEach(host -> receives(host, 32));
    tick();
    List<PexEffect> effects =
        receive(a, new Query(hosts.stream().skip(2).map(PexNodeTest::id).toList()));
    assertEquals(1, effects.size());
    assertTrue(
        effects.getFirst() instanceof Send(Host to, NotifyPeers(List<PeerEndpoint> entries))
            && to.equals(a)
            && entries.size() == 36);
  }

  @Test
  void aHostBehindAGatewayGetsNoAnswer() {
    Host behindUs = host("y", 10, builder -> builder.gateway("own"));
    load(own, behindUs, b);
    connect(b, "10.0.0.3:3456");
    connect(behindUs, "10.0.0.10:3456");
    assertEquals(List.of(), receive(behindUs, new Query(List.of(id(b)))));
    assertEquals(1, counters.get(PexCounter.DROPPED_QUERY));
  }

  @Test
  void aPeerIsAnsweredOnePingASecond() {
    load(own, a, b);
    assertEquals(List.of(new Send(a, new Pong())), receive(a, new Ping()));
    assertEquals(List.of(), receive(a, new Ping()));
    assertEquals(List.of(new Send(b, new Pong())), receive(b, new Ping()));
    assertEquals(1, counters.get(PexCounter.DROPPED_PING));
    now += SECOND;
    assertEquals(List.of(new Send(a, new Pong())), receive(a, new Ping()));
    assertEquals(List.of(), receive(a, new Pong()));
  }

  // NOTIFY_PEERS. PEX §6.2.

  @Test
  void entriesBecomeCandidates() {
    load(own, a, b, c);
    assertEquals(
        List.of(
            new ProposeEndpoint(b.key(), EndpointOrigin.PEX, endpoint("192.0.2.3:1")),
            new ProposeEndpoint(c.key(), EndpointOrigin.PEX, endpoint("[2001:db8::4]:2"))),
        receive(
            a,
            new NotifyPeers(List.of(inItsNetworkAt(b, "192.0.2.3:1"), at(c, "[2001:db8::4]:2")))));
  }

  @Test
  void ofTwoEntriesAboutAPeerEachIsTriedForSixSecondsTheLastFirst() {
    load(own, a, b);
    connect(a, "10.0.0.2:3456");
    PexEffect seen = new ProposeEndpoint(b.key(), EndpointOrigin.PEX, endpoint("192.0.2.1:1002"));
    PexEffect local =
        new ProposeEndpoint(b.key(), EndpointOrigin.PEX, endpoint("192.168.1.12:3456"));
    NotifyPeers both =
        new NotifyPeers(List.of(at(b, "192.0.2.1:1002"), inItsNetworkAt(b, "192.168.1.12:3456")));
    assertEquals(List.of(seen, local), receive(a, both));
    assertEquals(List.of(seen), proposedIn(6));
    assertEquals(List.of(), proposedIn(5));
    // What is no news does not disturb.
    assertEquals(List.of(), receive(a, both));
    assertEquals(List.of(local), proposedIn(1));
    // A message with one entry ends it.
    assertEquals(List.of(seen), receive(a, new NotifyPeers(List.of(at(b, "192.0.2.1:1002")))));
    assertEquals(List.of(), proposedIn(20));
  }

  @Test
  void aConnectedPeerIsNotProposedAnew() {
    load(own, a, b);
    connect(a, "10.0.0.2:3456");
    receive(
        a,
        new NotifyPeers(List.of(at(b, "192.0.2.1:1002"), inItsNetworkAt(b, "192.168.1.12:3456"))));
    connect(b, "192.168.1.12:3456");
    assertEquals(List.of(), proposedIn(15));
  }

  private List<PexEffect> proposedIn(int ticks) {
    return IntStream.range(0, ticks)
        .boxed()
        .flatMap(i -> tick().stream())
        .filter(ProposeEndpoint.class::isInstance)
        .toList();
  }

  @Test
  void entriesAboutTheSenderAndStrangersAreSkipped() {
    Host behindGateway = host("x", 9, builder -> builder.gateway("gateway"));
    load(own, a, gateway, behindGateway);
    assertEquals(
        List.of(),
        receive(
            a,
            new NotifyPeers(
                List.of(
                    at(a, "192.0.2.2:1"),
                    at(b, "192.0.2.3:1"),
                    at(behindGateway, "192.0.2.9:1")))));
    assertEquals(3, counters.get(PexCounter.SKIPPED_ENTRIES));
  }

  @Test
  void addressesThatCannotBeAnUnderlayEndpointAreRefused() {
    Host withAddress =
        host("c", 4, builder -> builder.address(InetAddress.ofLiteral("192.168.3.1")));
    load(own, a, b, withAddress);
    List<PeerEndpoint> entries =
        List.of(
            at(b, "[fd00:1:2:3::77]:1"),
            at(b, "192.168.3.1:1"),
            at(b, "0.0.0.0:1"),
            at(b, "224.0.0.1:1"),
            at(b, "255.255.255.255:1"),
            at(b, "[fe80::1]:1"),
            new PeerEndpoint(id(b), false, new Endpoint(InetAddress.ofLiteral("192.0.2.1"), 0)));
    assertEquals(List.of(), receive(a, new NotifyPeers(entries)));
    assertEquals(entries.size(), counters.get(PexCounter.REFUSED_CANDIDATES));
  }

  @Test
  void anEntryAboutUsTellsOurExternalPortAndNothingElse() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    assertEquals(List.of(new Send(a, new Query(List.of(id(own))))), node.onCandidatesTried(now));
    assertEquals(List.of(), receive(a, new NotifyPeers(List.of(at(own, "192.0.2.1:61000")))));
    assertEquals(OptionalInt.of(61000), node.externalPort());
    now += 60 * SECOND;
    assertEquals(List.of(), node.onCandidatesTried(now));
  }

  // Queries. PEX §6.3, §9.4.

  @Test
  void allHostsThatAreMissingAreAskedForInOrderOfTheirNames() {
    Host behindUs = host("y", 10, builder -> builder.gateway("own"));
    load(own, c, b, a, gateway, behindUs);
    connect(a, "10.0.0.2:3456");
    assertEquals(
        List.of(new Send(a, new Query(List.of(id(b), id(c), id(own))))),
        node.onCandidatesTried(now));
  }

  @Test
  void aHostWithAnEndpointOrAGatewayDoesNotAskForItself() {
    Host publicHost =
        host("own", 1, builder -> builder.endpoint(new EndpointName("10.0.0.1", 3456)));
    load(publicHost, a);
    connect(a, "10.0.0.2:3456");
    assertEquals(List.of(), node.onCandidatesTried(now));
    Host relayed = host("own", 1, builder -> builder.gateway("a"));
    load(relayed, a);
    assertEquals(List.of(), node.onCandidatesTried(now));
  }

  @Test
  void aPeerIsAskedAgainAfterMoreThanFifteenSeconds() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    List<Integer> questions = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      receives(a, 32);
      tick();
      if (!node.onCandidatesTried(now).isEmpty()) {
        questions.add(i);
      }
    }
    assertEquals(List.of(0, 16, 32), questions);
  }

  @Test
  void aHandshakeAllowsTheNextQuestionAtOnce() {
    load(own, a);
    connect(a, "10.0.0.2:3456");
    assertEquals(1, node.onCandidatesTried(now).size());
    shakesHands(a);
    tick();
    assertEquals(1, node.onCandidatesTried(now).size());
    tick();
    assertEquals(0, node.onCandidatesTried(now).size());
  }

  @Test
  void oneConnectedPeerIsAskedAtATimeFromARandomStart() {
    load(own, a, b, c);
    connect(a, "10.0.0.2:3456");
    connect(c, "10.0.0.4:3456");
    Query query = new Query(List.of(id(b), id(own)));
    randomChoice = 1; // b, which is not connected, so the next
    assertEquals(List.of(new Send(c, query)), node.onCandidatesTried(now));
    assertEquals(List.of(new Send(a, query)), node.onCandidatesTried(now));
    assertEquals(List.of(), node.onCandidatesTried(now));
  }

  @Test
  void nothingIsAskedIfTheChoiceFallsOnAPeerWithoutPort() {
    Host mute = host("a", 2, builder -> builder.pexPort(0));
    load(own, mute, b);
    connect(mute, "10.0.0.2:3456");
    connect(b, "10.0.0.3:3456");
    assertEquals(List.of(), node.onCandidatesTried(now));
    randomChoice = 1;
    assertEquals(List.of(new Send(b, new Query(List.of(id(own))))), node.onCandidatesTried(now));
  }

  // Revisions and the passive node. PEX §9.1, §9.2.

  @Test
  void stateSurvivesANewRevisionByKey() {
    load(own, a, b);
    connect(a, "10.0.0.2:3456");
    connect(b, "10.0.0.3:3456");
    Host renamed = host("renamed", 2, builder -> builder.pexPort(4000));
    load(own, renamed, c);
    assertEquals(Optional.of(true), node.isConnected(renamed.key()));
    assertEquals(Optional.empty(), node.isConnected(b.key()));
    assertEquals(List.of(new Send(renamed, new Pong())), receive(renamed, new Ping()));
    assertEquals(List.of(), tick());
  }

  @Test
  void withoutKeepaliveANodeOnlyAnswers() {
    node.load(revision(own, a, b), Duration.ZERO, PEX_PORT);
    sets(a, "10.0.0.2:3456");
    receives(a, 32);
    shakesHands(a);
    assertEquals(List.of(), tick());
    assertEquals(List.of(), node.onCandidatesTried(now));
    assertEquals(Optional.empty(), node.isConnected(a.key()));
    assertEquals(List.of(new Send(a, new Pong())), receive(a, new Ping()));
    assertEquals(
        List.of(new ProposeEndpoint(b.key(), EndpointOrigin.PEX, endpoint("192.0.2.3:1"))),
        receive(a, new NotifyPeers(List.of(at(b, "192.0.2.3:1")))));
  }

  @Test
  void theShortestKeepaliveWorks() {
    node.load(revision(own, a), Duration.ofSeconds(1), PEX_PORT);
    connect(a, "10.0.0.2:3456");
    assertEquals(List.of(), tick());
    assertEquals(List.of(new ConnectionChanged(a.key(), false), new Send(a, new Ping())), tick());
    assertEquals(List.of(new Send(a, new Ping())), tick());
  }

  @Test
  void peersOfThePlaneThatAreNoHostsAreIgnored() {
    load(own, a);
    receives(b, 32);
    assertEquals(List.of(), tick());
  }
}
