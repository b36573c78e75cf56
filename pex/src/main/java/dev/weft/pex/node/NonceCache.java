// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Nonces of external messages that claimed to be a member's. Nonces are random and the daemon
 * checks none, so captured datagrams could be replayed for ever (PEX §20); here they are dropped
 * for some time. Belongs to its {@link NetworkDataExchange}.
 */
final class NonceCache {

  /** The newest nonces are kept. */
  static final int MAX = 1024;

  static final long LIFETIME_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final Map<Long, Long> seenAt = new LinkedHashMap<>();

  /**
   * Remembers a nonce.
   *
   * @return false if it was seen before
   */
  boolean isNew(long nonce, long nowNanos) {
    Long before = seenAt.get(nonce);
    if (before != null && nowNanos - before <= LIFETIME_NANOS) {
      return false;
    }
    seenAt.remove(nonce);
    seenAt.put(nonce, nowNanos);
    if (seenAt.size() > MAX) {
      seenAt.remove(seenAt.keySet().iterator().next());
    }
    return true;
  }

  int size() {
    return seenAt.size();
  }
}
