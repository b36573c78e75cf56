// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

/**
 * Limits the ICMP errors that a host sends, by a token bucket: ten at once and ten a second, as RFC
 * 4443 §2.4 (f) proposes. Owned by the overlay's queue.
 */
final class IcmpErrorLimit {

  static final int BURST = 10;

  static final long NANOS_PER_ERROR = 100_000_000L;

  private int tokens = BURST;
  private long refilledNanos;

  IcmpErrorLimit(long nowNanos) {
    refilledNanos = nowNanos;
  }

  /** Whether one more may be sent now. */
  boolean allow(long nowNanos) {
    long earned = (nowNanos - refilledNanos) / NANOS_PER_ERROR;
    if (earned >= BURST - tokens) {
      tokens = BURST;
      refilledNanos = nowNanos;
    } else if (earned > 0) {
      tokens += (int) earned;
      refilledNanos += earned * NANOS_PER_ERROR;
    }
    if (tokens == 0) {
      return false;
    }
    tokens--;
    return true;
  }
}
