// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.engine.EndpointTable.Candidate;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EndpointTableTest {

  private static final PublicKey PEER = Samples.key(1);
  private static final EndpointName CONFIGURED = new EndpointName("root.example", 3456);
  private static final Endpoint PEX = Endpoint.parse("192.0.2.7:3456");
  private static final Endpoint NOTIFIED = Endpoint.parse("192.0.2.8:3456");

  private final EndpointTable table = new EndpointTable();

  private long nowNanos = Long.MAX_VALUE - 1;

  private List<Candidate> next(int count) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      table.next(PEER, nowNanos).ifPresent(candidates::add);
    }
    return candidates;
  }

  @Test
  void aPeerWithoutCandidatesHasNone() {
    assertEquals(Optional.empty(), table.next(PEER, nowNanos));
  }

  @Test
  void slotsAreWalkedInTurnAndEmptyOnesSkipped() {
    table.configure(PEER, Optional.of(CONFIGURED));
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, NOTIFIED, nowNanos);
    table.propose(PEER, EndpointOrigin.PEX, PEX, nowNanos);
    Candidate named = new Candidate.Named(CONFIGURED);
    Candidate pex = new Candidate.Learned(PEX, EndpointOrigin.PEX);
    Candidate notified = new Candidate.Learned(NOTIFIED, EndpointOrigin.ENDPOINT_NOTIFY);
    assertEquals(List.of(named, pex, notified, named, pex), next(5));
  }

  @Test
  void newerInformationOverwritesASlot() {
    table.propose(PEER, EndpointOrigin.PEX, PEX, nowNanos);
    table.propose(PEER, EndpointOrigin.PEX, NOTIFIED, nowNanos);
    assertEquals(
        List.of(
            new Candidate.Learned(NOTIFIED, EndpointOrigin.PEX),
            new Candidate.Learned(NOTIFIED, EndpointOrigin.PEX)),
        next(2));
  }

  @Test
  void theOriginOfAnEndpointIsThatOfTheCandidateLastTried() {
    table.tried(PEER, PEX, EndpointOrigin.PEX);
    assertEquals(EndpointOrigin.PEX, table.originOf(PEER, PEX));
    assertEquals(EndpointOrigin.ROAMING, table.originOf(PEER, NOTIFIED));
  }

  @Test
  void candidatesThatBecameUnusableAreDropped() {
    table.propose(PEER, EndpointOrigin.PEX, PEX, nowNanos);
    table.removeIf(PEX::equals);
    assertEquals(Optional.empty(), table.next(PEER, nowNanos));
  }

  @Test
  void forgottenPeersHaveNoCandidates() {
    table.propose(PEER, EndpointOrigin.PEX, PEX, nowNanos);
    table.retain(Set.of());
    assertEquals(Optional.empty(), table.next(PEER, nowNanos));
  }

  @Test
  void nothingIsLearnedIntoTheConfiguredSlot() {
    assertThrows(
        IllegalArgumentException.class,
        () -> table.propose(PEER, EndpointOrigin.CONFIGURED, PEX, nowNanos));
  }

  private static Candidate learned(Endpoint endpoint, EndpointOrigin origin) {
    return new Candidate.Learned(endpoint, origin);
  }

  @Test
  void aCandidateThatWorkedIsNotDisplacedByANewerOne() {
    for (EndpointOrigin origin :
        List.of(
            EndpointOrigin.PEX,
            EndpointOrigin.ENDPOINT_NOTIFY,
            EndpointOrigin.ENDPOINT_PORT_NOTIFY)) {
      table.retain(Set.of());
      table.propose(PEER, origin, PEX, nowNanos);
      table.proved(PEER, PEX);
      table.propose(PEER, origin, NOTIFIED, nowNanos);
      assertEquals(
          List.of(learned(PEX, origin), learned(NOTIFIED, origin), learned(PEX, origin)), next(3));
    }
  }

  @Test
  void whatNeverWorkedIsDisplaced() {
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, PEX, nowNanos);
    table.proved(PEER, NOTIFIED);
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, NOTIFIED, nowNanos);
    assertEquals(List.of(learned(NOTIFIED, EndpointOrigin.ENDPOINT_NOTIFY)), next(1));
    assertEquals(List.of(learned(NOTIFIED, EndpointOrigin.ENDPOINT_NOTIFY)), next(1));
  }

  @Test
  void aNotificationThatIsNotRepeatedIsForgottenAfterAMinute() {
    table.propose(PEER, EndpointOrigin.PEX, PEX, nowNanos);
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, NOTIFIED, nowNanos);
    table.propose(PEER, EndpointOrigin.ENDPOINT_PORT_NOTIFY, NOTIFIED, nowNanos);
    nowNanos += TimeUnit.SECONDS.toNanos(60);
    assertEquals(3, Set.copyOf(next(3)).size());
    nowNanos++;
    assertEquals(Set.of(learned(PEX, EndpointOrigin.PEX)), Set.copyOf(next(6)));
  }

  @Test
  void aProvenNotificationOutlivesAForgedOne() {
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, PEX, nowNanos);
    table.proved(PEER, PEX);
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, NOTIFIED, nowNanos);
    nowNanos += TimeUnit.SECONDS.toNanos(61);
    assertEquals(Set.of(learned(PEX, EndpointOrigin.ENDPOINT_NOTIFY)), Set.copyOf(next(4)));
  }
}
