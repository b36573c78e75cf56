// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

/**
 * Limits the ICMP errors that a host sends, by a token bucket: ten at once and ten a second, as RFC
 * 4443 §2.4 (f) proposes. For one thread at a time.
 */
public final class IcmpErrorLimit {

  /** Errors at once. */
  public static final int BURST = 10;

  /** After so long there may be one more. */
  public static final long NANOS_PER_ERROR = 100_000_000L;

  private int tokens = BURST;
  private long refilledNanos;

  /** With all of its tokens. */
  public IcmpErrorLimit(long nowNanos) {
    refilledNanos = nowNanos;
  }

  /** Whether one more may be sent now. */
  public boolean allow(long nowNanos) {
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
