// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Query;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.node.PexEffect.ConnectionChanged;
import dev.weft.pex.node.PexEffect.Send;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The edges of the rules of PEX §6 and §9: the last second, port zero, nobody to ask. */
final class PexNodeLimitsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int KEEPALIVE = 10;
  private static final int PEX_PORT = 3458;

  private final Host own = host("own", 1);
  private final Host a = host("a", 2);
  private final Host b = host("b", 3);
  private final PexCounters counters = new PexCounters();
  private final PexNode node =
      new PexNode(
          own.key(),
          new RandomSource() {
            @Override
            public void nextBytes(byte[] target) {
              throw new UnsupportedOperationException();
            }

            @Override
            public int nextInt(int bound) {
              if (bound <= 0) {
                throw new IllegalArgumentException("bound " + bound);
              }
              return bound - 1;
            }
          },
          endpoint -> Optional.empty(),
          counters);

  private long now = 500 * SECOND;

  private static Host host(String name, int number) {
    byte[] key = new byte[PublicKey.LENGTH];
    key[7] = (byte) number;
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return Host.builder(name, PublicKey.of(key), address).port(3456).pexPort(PEX_PORT).build();
  }

  private void load(Host... hosts) {
    node.load(
        new NetworkRevision(0, List.of(hosts), List.of(), 3456, Duration.ofSeconds(KEEPALIVE)),
        Duration.ofSeconds(KEEPALIVE),
        PEX_PORT);
  }

  private List<PexEffect> tick(Host host, OptionalLong handshake, long receivedOctets) {
    now += SECOND;
    return node.onTick(
        now,
        List.of(
            new PeerSnapshot(
                host.key(),
                Optional.of(Endpoint.parse("192.0.2.2:3456")),
                handshake,
                receivedOctets,
                0,
                0,
                0)));
  }

  @ParameterizedTest
  @CsvSource({"0, true", "10, true", "11, false"})
  void aHandshakeConnectsUpToTheAgeOfTheKeepalive(int ageSeconds, boolean connected) {
    load(own, a);
    tick(a, OptionalLong.of(now + SECOND - ageSeconds * SECOND), 0);
    assertEquals(Optional.of(connected), node.isConnected(a.key()));
  }

  @Test
  void aHandshakeOfTheNextMomentCountsAsOfThisOne() {
    load(own, a);
    List<PexEffect> effects = tick(a, OptionalLong.of(now + 5 * SECOND), 0);
    assertTrue(effects.contains(new ConnectionChanged(a.key(), true)));
    for (int i = 1; i <= KEEPALIVE; i++) {
      assertFalse(
          tick(a, OptionalLong.of(505 * SECOND), 0).contains(new Send(a, new Ping())),
          "after " + i + " s");
    }
    assertTrue(tick(a, OptionalLong.of(505 * SECOND), 0).contains(new Send(a, new Ping())));
  }

  @Test
  void anEntryAboutUsWithPortZeroTellsNothing() {
    load(own, a);
    InetAddress address = InetAddress.ofLiteral("192.0.2.1");
    PeerEndpoint zero = new PeerEndpoint(own.key().peerId(), false, new Endpoint(address, 0));
    assertEquals(List.of(), node.onMessage(a, new NotifyPeers(List.of(zero)), now));
    assertEquals(OptionalInt.empty(), node.externalPort());
    PeerEndpoint one = new PeerEndpoint(own.key().peerId(), false, new Endpoint(address, 1));
    node.onMessage(a, new NotifyPeers(List.of(one, zero)), now);
    assertEquals(OptionalInt.of(1), node.externalPort(), "what was known stays");
  }

  @Test
  void aNodeAloneAsksNobody() {
    load(own);
    assertEquals(List.of(), node.onCandidatesTried(now));
    load();
    assertEquals(List.of(), node.onCandidatesTried(now));
  }

  @Test
  void beforeTheFirstRevisionNothingHappens() {
    assertEquals(List.of(), node.onTick(now, List.of()));
    assertEquals(List.of(), node.onCandidatesTried(now));
    assertEquals(Optional.empty(), node.accept(a.key().peerId(), a.overlayAddress()));
    assertEquals(OptionalInt.empty(), node.externalPort());
  }

  @Test
  void aMessageOfSomebodyWhoIsNoLongerAPeerIsCounted() {
    load(own, a);
    load(own, b);
    assertEquals(List.of(), node.onMessage(a, new Ping(), now));
    assertEquals(1, counters.get(PexCounter.DROPPED_UNKNOWN_PEER));
    assertEquals(null, counters.snapshot().get("received-ping"));
    node.onMessage(b, new Ping(), now);
    assertEquals(1L, counters.snapshot().get("received-ping"));
  }

  @Test
  void whoWasAskedAndFellSilentIsNotAsked() {
    load(own, a, b);
    tick(a, OptionalLong.empty(), 32);
    tick(b, OptionalLong.empty(), 32);
    Query query = new Query(List.of(own.key().peerId()));
    assertEquals(List.of(new Send(b, query)), node.onCandidatesTried(now), "the last one first");
    assertEquals(List.of(new Send(a, query)), node.onCandidatesTried(now), "then around");
    now += 15 * SECOND;
    assertEquals(List.of(), node.onCandidatesTried(now), "fifteen seconds are not enough");
    now += 1;
    assertEquals(List.of(new Send(b, query)), node.onCandidatesTried(now));
  }

  @Test
  void messagesAboutNetworkDataAreCountedAndNotAnswered() {
    load(own, a);
    List<PexMessage> messages =
        List.of(
            new UpdateRequest(1, 2),
            new UpdateResponse(1, 1, a.key(), Chunk.of(new byte[1])),
            new UpdateResponseData(1, 0, Chunk.of(new byte[1])),
            new UpdateResponseNoData(1, 2),
            new UpdateResponseRefused(1, 2),
            new EndpointNotify(),
            new EndpointPortNotify(1),
            new Enroll(0, a.key(), new byte[Enroll.HMAC_LENGTH], 0, new byte[0]));
    for (int i = 0; i < messages.size(); i++) {
      assertEquals(List.of(), node.onMessage(a, messages.get(i), now));
      assertEquals(i + 1, counters.get(PexCounter.DROPPED_OTHER_OPCODE));
    }
  }

  @Test
  void aConnectedPeerWithoutEndpointIsNotTold() {
    load(own, a, b);
    tick(a, OptionalLong.empty(), 32);
    now += SECOND;
    node.onTick(
        now,
        List.of(new PeerSnapshot(b.key(), Optional.empty(), OptionalLong.empty(), 32, 0, 0, 0)));
    assertEquals(Optional.of(true), node.isConnected(b.key()));
    assertEquals(List.of(), node.onMessage(a, new Query(List.of(b.key().peerId())), now));
  }
}
