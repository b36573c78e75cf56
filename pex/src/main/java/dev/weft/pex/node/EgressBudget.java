// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.crypto.SipHash;
import dev.weft.spi.RandomSource;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How much may be sent outside of the tunnel in answer to datagrams, so that nobody can use this
 * node against the addresses he forges: a member's id is public, and a request of 44 octets draws
 * the whole network data (PEX §20).
 *
 * <p>There is a token bucket for each source prefix (/32, or /64 of IPv6) and one for all together.
 * A whole transfer is taken from them before its first message, so that none dies half-way.
 * Addresses that proved themselves are exempt from the first, and a quarter of the second is kept
 * for them.
 *
 * <p>Prefixes share a fixed number of buckets, chosen by a keyed hash: the memory is bounded, and
 * unlike in a table of the latest prefixes nobody gets a full bucket by making others forgotten.
 * Thread-safe; several networks share one.
 */
public final class EgressBudget {

  /** What IPv6 and UDP add to a datagram. */
  public static final int OVERHEAD_OCTETS = 48;

  /** What may be sent to a prefix at once: 256 KiB, so one transfer of the largest data. */
  public static final long PREFIX_OCTETS = 256 * 1024;

  /** The time in which an empty bucket of a prefix becomes full again. */
  public static final Duration PREFIX_PERIOD = Duration.ofSeconds(10);

  /** What may be sent in all in a second: 8 MiB. */
  public static final long TOTAL_OCTETS_PER_SECOND = 8 * 1024 * 1024;

  private static final int BUCKETS = 8192;
  private static final int IPV6_PREFIX_OCTETS = 8;
  private static final long TOTAL_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long k0;
  private final long k1;
  private final long prefixOctets;
  private final long prefixPeriodNanos;
  private final long totalOctets;

  /** When each bucket is full again, in nanoseconds since the first call. */
  private final long[] fullAt = new long[BUCKETS];

  private long totalFullAt;
  private long originNanos;
  private boolean used;

  /** A budget with the default limits. */
  public EgressBudget(RandomSource random) {
    this(random, PREFIX_OCTETS, PREFIX_PERIOD, TOTAL_OCTETS_PER_SECOND);
  }

  /**
   * A budget.
   *
   * @param random makes the key of the hash
   * @param prefixOctets what a prefix gets at once, 1 to 2^31
   * @param prefixPeriod and again in this time, 1 ms to 1 hour
   * @param totalOctetsPerSecond what all prefixes get, 1 to 2^40
   * @throws IllegalArgumentException if a value is out of range
   */
  public EgressBudget(
      RandomSource random, long prefixOctets, Duration prefixPeriod, long totalOctetsPerSecond) {
    this.prefixOctets = require("prefixOctets", prefixOctets, 1L << 31);
    require("prefixPeriod", prefixPeriod.toMillis(), TimeUnit.HOURS.toMillis(1));
    prefixPeriodNanos = prefixPeriod.toNanos();
    totalOctets = require("totalOctetsPerSecond", totalOctetsPerSecond, 1L << 40);
    byte[] key = new byte[SipHash.KEY_LENGTH];
    random.nextBytes(key);
    ByteBuffer halves = ByteBuffer.wrap(key);
    k0 = halves.getLong();
    k1 = halves.getLong();
  }

  private static long require(String name, long value, long max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + ": " + value + " is not in 1 to " + max);
    }
    return value;
  }

  /**
   * Takes octets from the budget.
   *
   * @param octets with {@link #OVERHEAD_OCTETS} for each datagram
   * @param proven whether the address has shown that it receives what is sent to it
   * @return false if they must not be sent; then nothing was taken
   */
  public synchronized boolean reserve(
      InetAddress destination, int octets, boolean proven, long nowNanos) {
    if (!used) {
      used = true;
      originNanos = nowNanos;
    }
    long now = Math.max(0, nowNanos - originNanos);
    double ofTotal = (double) octets / totalOctets;
    long total = Math.max(totalFullAt, now) + Math.round(ofTotal * TOTAL_PERIOD_NANOS);
    long most = proven ? TOTAL_PERIOD_NANOS : TOTAL_PERIOD_NANOS / 4 * 3;
    if (total - now > most) {
      return false;
    }
    if (!proven) {
      int bucket = bucket(destination);
      double ofPrefix = (double) octets / prefixOctets;
      long full = Math.max(fullAt[bucket], now) + Math.round(ofPrefix * prefixPeriodNanos);
      if (full - now > prefixPeriodNanos) {
        return false;
      }
      fullAt[bucket] = full;
    }
    totalFullAt = total;
    return true;
  }

  private int bucket(InetAddress address) {
    byte[] octets = address.getAddress();
    byte[] prefix =
        octets.length > IPV6_PREFIX_OCTETS ? Arrays.copyOf(octets, IPV6_PREFIX_OCTETS) : octets;
    return (int) Long.remainderUnsigned(SipHash.hash(k0, k1, prefix), BUCKETS);
  }
}
