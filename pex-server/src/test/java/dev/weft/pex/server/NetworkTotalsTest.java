// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.overlay.OverlayState;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NetworkTotalsTest {

  private static final PublicKey ONE = PrivateKey.generate().publicKey();
  private static final PublicKey TWO = PrivateKey.generate().publicKey();

  private final NetworkTotals totals = new NetworkTotals();

  private static PeerStatus peer(PublicKey key, long octets) {
    return new PeerStatus(
        key,
        Optional.empty(),
        Optional.empty(),
        EndpointOrigin.NONE,
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        octets,
        2 * octets,
        octets / 10,
        octets / 5,
        List.of(),
        Duration.ZERO);
  }

  private void observe(Map<String, Long> drops, PeerStatus... peers) {
    totals.observe(
        new OverlayStatus(
            "net",
            OverlayState.RUNNING,
            ONE,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            0,
            List.of(peers),
            drops,
            Map.of(),
            drops));
  }

  @Test
  void growWithThePeersAndNeverShrinkWhenOneGoes() {
    observe(Map.of(), peer(ONE, 100), peer(TWO, 1_000));
    observe(Map.of(), peer(ONE, 150), peer(TWO, 1_000));
    assertEquals(1_150, totals.counts().receivedOctets());
    observe(Map.of(), peer(ONE, 160));
    assertEquals(1_160, totals.counts().receivedOctets());
    assertEquals(2_320, totals.counts().sentOctets());
    observe(Map.of(), peer(ONE, 160), peer(TWO, 30));
    assertEquals(1_190, totals.counts().receivedOctets());
  }

  @Test
  void goOnWhenTheOverlayIsOpenedAnew() {
    observe(Map.of("malformed", 5L), peer(ONE, 100));
    totals.restart();
    observe(Map.of("malformed", 2L), peer(ONE, 100));
    assertEquals(200, totals.counts().receivedOctets());
    assertEquals(Map.of("malformed", 7L), totals.counts().drops());
    assertEquals(Map.of("malformed", 7L), totals.counts().events());
  }

  @Test
  void lookingTwiceCountsOnce() {
    for (int i = 0; i < 3; i++) {
      observe(Map.of("malformed", 5L), peer(ONE, 100));
    }
    assertEquals(100, totals.counts().receivedOctets());
    assertEquals(Map.of("malformed", 5L), totals.counts().drops());
  }

  @Test
  void namesAreBoundedAndNothingIsLost() {
    Map<String, Long> drops = new HashMap<>();
    for (int i = 0; i < 2 * NetworkTotals.MAX_NAMES; i++) {
      drops.put("reason-" + i, 1L);
    }
    observe(drops);
    Map<String, Long> counted = totals.counts().drops();
    assertEquals(NetworkTotals.MAX_NAMES + 1, counted.size());
    assertEquals(drops.size(), counted.values().stream().mapToLong(Long::longValue).sum());
  }
}
