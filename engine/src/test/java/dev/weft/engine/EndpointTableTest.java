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
import org.junit.jupiter.api.Test;

class EndpointTableTest {

  private static final PublicKey PEER = Samples.key(1);
  private static final EndpointName CONFIGURED = new EndpointName("root.example", 3456);
  private static final Endpoint PEX = Endpoint.parse("192.0.2.7:3456");
  private static final Endpoint NOTIFIED = Endpoint.parse("192.0.2.8:3456");

  private final EndpointTable table = new EndpointTable();

  private List<Candidate> next(int count) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      table.next(PEER).ifPresent(candidates::add);
    }
    return candidates;
  }

  @Test
  void aPeerWithoutCandidatesHasNone() {
    assertEquals(Optional.empty(), table.next(PEER));
  }

  @Test
  void slotsAreWalkedInTurnAndEmptyOnesSkipped() {
    table.configure(PEER, Optional.of(CONFIGURED));
    table.propose(PEER, EndpointOrigin.ENDPOINT_NOTIFY, NOTIFIED);
    table.propose(PEER, EndpointOrigin.PEX, PEX);
    Candidate named = new Candidate.Named(CONFIGURED);
    Candidate pex = new Candidate.Learned(PEX, EndpointOrigin.PEX);
    Candidate notified = new Candidate.Learned(NOTIFIED, EndpointOrigin.ENDPOINT_NOTIFY);
    assertEquals(List.of(named, pex, notified, named, pex), next(5));
  }

  @Test
  void newerInformationOverwritesASlot() {
    table.propose(PEER, EndpointOrigin.PEX, PEX);
    table.propose(PEER, EndpointOrigin.PEX, NOTIFIED);
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
    table.propose(PEER, EndpointOrigin.PEX, PEX);
    table.removeIf(PEX::equals);
    assertEquals(Optional.empty(), table.next(PEER));
  }

  @Test
  void forgottenPeersHaveNoCandidates() {
    table.propose(PEER, EndpointOrigin.PEX, PEX);
    table.retain(Set.of());
    assertEquals(Optional.empty(), table.next(PEER));
  }

  @Test
  void nothingIsLearnedIntoTheConfiguredSlot() {
    assertThrows(
        IllegalArgumentException.class, () -> table.propose(PEER, EndpointOrigin.CONFIGURED, PEX));
  }
}
