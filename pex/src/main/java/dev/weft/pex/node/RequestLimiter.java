// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.crypto.SipHash;
import dev.weft.peer.PublicKey;
import dev.weft.spi.RandomSource;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Counts UPDATE_REQUESTs: 10 in a second for each peer, and 10 for all unknown ids together; those
 * above are dropped. Source: PEX §8.2.
 *
 * <p>Three things differ from the daemon. The seconds pass always, so that a node without keepalive
 * or local host goes on answering. A peer has separate counts for the tunnel, for addresses that
 * proved themselves and for others, so that whoever forges its id takes nothing from the first two.
 * And the others are parted into {@value #SHARES} shares by their prefix (/32, or /64 of IPv6),
 * each with counts of its own and {@value #PER_SHARE} requests in a second altogether: who forges
 * ids from one address leaves fifteen in sixteen others alone. The parting is by a keyed hash that
 * is another one each second, so nobody can tell who shares, and no one shares for long.
 *
 * <p>Belongs to its {@link NetworkDataExchange}; holds at most 18 counts for each peer, for a
 * second.
 */
final class RequestLimiter {

  static final int PER_SECOND = 10;
  static final int SHARES = 16;

  /** So that 16 times as many answers do not cost 16 times the time: two X25519 each. */
  static final int PER_SHARE = 128;

  private static final int IPV6_PREFIX_OCTETS = 8;

  /** How far the sender is what it claims to be. */
  enum Trust {
    TUNNEL,
    PROVEN,
    CLAIMED
  }

  private record Requester(Optional<PublicKey> known, Trust trust, int share) {}

  private final long k0;
  private final long k1;
  private final Map<Requester, Integer> counts = new HashMap<>();
  private final int[] shares = new int[SHARES];
  private long second;

  RequestLimiter(RandomSource random) {
    byte[] key = new byte[SipHash.KEY_LENGTH];
    random.nextBytes(key);
    ByteBuffer halves = ByteBuffer.wrap(key);
    k0 = halves.getLong();
    k1 = halves.getLong();
  }

  /**
   * Counts a request and says whether to answer it.
   *
   * @param known whose id it has
   * @param source where it came from
   */
  boolean allows(Optional<PublicKey> known, Trust trust, InetAddress source, long nowNanos) {
    long current = Math.floorDiv(nowNanos, TimeUnit.SECONDS.toNanos(1));
    if (current != second) {
      second = current;
      counts.clear();
      Arrays.fill(shares, 0);
    }
    if (known.isPresent() && trust != Trust.CLAIMED) {
      return counts(new Requester(known, trust, 0));
    }
    int share = share(source);
    if (shares[share] >= PER_SHARE || !counts(new Requester(known, Trust.CLAIMED, share))) {
      return false;
    }
    shares[share]++;
    return true;
  }

  private boolean counts(Requester requester) {
    return counts.merge(requester, 1, (a, b) -> Math.min(a + b, PER_SECOND + 1)) <= PER_SECOND;
  }

  private int share(InetAddress source) {
    byte[] octets = source.getAddress();
    byte[] prefix =
        octets.length > IPV6_PREFIX_OCTETS ? Arrays.copyOf(octets, IPV6_PREFIX_OCTETS) : octets;
    return (int) Long.remainderUnsigned(SipHash.hash(k0, k1 + second, prefix), SHARES);
  }

  int size() {
    return counts.size();
  }
}
