// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.peer.PublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Counts UPDATE_REQUESTs: 10 in a second for each peer, and 10 for all unknown ids together; those
 * above are dropped. Source: PEX §8.2.
 *
 * <p>Two things differ from the daemon. The seconds pass always, so that a node without keepalive
 * or local host goes on answering. And a peer has separate counts for the tunnel, for addresses
 * that proved themselves and for others, so that whoever forges its id takes nothing from the first
 * two. Belongs to its {@link NetworkDataExchange}; holds at most three counts for each peer.
 */
final class RequestLimiter {

  static final int PER_SECOND = 10;

  /** How far the sender is what it claims to be. */
  enum Trust {
    TUNNEL,
    PROVEN,
    CLAIMED
  }

  private record Requester(Optional<PublicKey> known, Trust trust) {}

  private final Map<Requester, Integer> counts = new HashMap<>();
  private long second;

  /** Counts a request and says whether to answer it. */
  boolean allows(Optional<PublicKey> known, Trust trust, long nowNanos) {
    long current = Math.floorDiv(nowNanos, TimeUnit.SECONDS.toNanos(1));
    if (current != second) {
      second = current;
      counts.clear();
    }
    Requester requester = new Requester(known, known.isPresent() ? trust : Trust.CLAIMED);
    return counts.merge(requester, 1, (a, b) -> Math.min(a + b, PER_SECOND + 1)) <= PER_SECOND;
  }

  int size() {
    return counts.size();
  }
}
