// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits the handshake messages of each source, an IPv4 address or an IPv6 /64, with a token
 * bucket. Used only behind a valid mac2, so sources are real; the number of sources kept is bounded
 * all the same, and a new one is refused while the table is full. Owned by the device's thread.
 * Source: WG §5.3.
 */
final class RateLimiter {

  /** Sources kept. */
  static final int MAX_SOURCES = 16_384;

  private static final long SECOND = 1_000_000_000L;
  private static final long COST = SECOND / ProtocolConstants.RATE_LIMIT_PER_SECOND;
  private static final long FULL = COST * ProtocolConstants.RATE_LIMIT_BURST;

  /** An address or a network; for IPv6 its first 64 bits. */
  private record Source(boolean isIpv6, long bits) {}

  /** What a source has left, in nanoseconds of waiting. */
  private static final class Bucket {
    private long tokens = FULL;
    private long filledNanos;

    Bucket(long nowNanos) {
      filledNanos = nowNanos;
    }
  }

  private final Map<Source, Bucket> buckets = new HashMap<>();
  private long sweptNanos;
  private boolean swept;

  /** Whether one more message of the source is within its limit. */
  boolean allow(InetAddress address, long nowNanos) {
    sweep(nowNanos);
    Source source = new Source(address.getAddress().length == 16, AllowedIps.high(address));
    Bucket bucket = buckets.get(source);
    if (bucket == null) {
      if (buckets.size() >= MAX_SOURCES) {
        return false;
      }
      bucket = new Bucket(nowNanos);
      buckets.put(source, bucket);
    }
    bucket.tokens = Math.min(FULL, bucket.tokens + (nowNanos - bucket.filledNanos));
    bucket.filledNanos = nowNanos;
    if (bucket.tokens < COST) {
      return false;
    }
    bucket.tokens -= COST;
    return true;
  }

  /** Sources kept now. */
  int size() {
    return buckets.size();
  }

  /** Once a second, forgets the sources that were silent for one: their buckets are full again. */
  private void sweep(long nowNanos) {
    if (swept && nowNanos - sweptNanos < SECOND) {
      return;
    }
    swept = true;
    sweptNanos = nowNanos;
    buckets.values().removeIf(bucket -> nowNanos - bucket.filledNanos >= SECOND);
  }
}
