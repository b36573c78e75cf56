// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A token bucket for each source: an IPv4 address, or the /64 of an IPv6 one, which belongs to one
 * site. Of each only the time is kept at which it will be full again. Memory is bounded: the source
 * that was not heard of for the longest time gives way, with a full bucket as a consequence. Of one
 * server.
 */
final class TokenBuckets {

  private static final int SITE_LENGTH = 64;

  private final long intervalNanos;
  private final long burstNanos;
  private final Map<IpPrefix, Long> fullAtNanos;

  /**
   * Full buckets.
   *
   * @param intervalNanos how often one may take, in the long run
   * @param burst how many are in a full bucket
   */
  TokenBuckets(long intervalNanos, int burst, int maxSources) {
    this.intervalNanos = intervalNanos;
    this.burstNanos = intervalNanos * burst;
    this.fullAtNanos = new RecentlyUsed(maxSources);
  }

  /** Takes one, if there is one. */
  boolean take(InetAddress source, long nowNanos) {
    IpPrefix key =
        source instanceof Inet6Address ? new IpPrefix(source, SITE_LENGTH) : IpPrefix.host(source);
    Long fullAt = fullAtNanos.get(key);
    long from = fullAt == null || fullAt - nowNanos < 0 ? nowNanos : fullAt;
    long next = from + intervalNanos;
    boolean taken = next - nowNanos <= burstNanos;
    if (taken) {
      fullAtNanos.put(key, next);
    }
    return taken;
  }

  int sources() {
    return fullAtNanos.size();
  }

  /** In the order of use, the least recent first. */
  private static final class RecentlyUsed extends LinkedHashMap<IpPrefix, Long> {
    private static final long serialVersionUID = 1L;
    private final int maxSources;

    RecentlyUsed(int maxSources) {
      super(16, 0.75f, true);
      this.maxSources = maxSources;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<IpPrefix, Long> eldest) {
      return size() > maxSources;
    }
  }
}
