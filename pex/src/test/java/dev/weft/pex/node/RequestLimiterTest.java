// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import dev.weft.pex.node.RequestLimiter.Trust;
import dev.weft.spi.RandomSource;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How many requests are answered in a second. */
class RequestLimiterTest {

  private static final RandomSource ONES =
      new RandomSource() {
        @Override
        public void nextBytes(byte[] target) {
          Arrays.fill(target, (byte) 1);
        }

        @Override
        public int nextInt(int bound) {
          return 0;
        }
      };
  private static final Optional<PublicKey> MEMBER = Optional.of(key(1));
  private static final InetAddress FORGER = InetAddress.ofLiteral("203.0.113.66");
  private static final InetAddress HONEST = InetAddress.ofLiteral("198.51.100.7");

  private final RequestLimiter limiter = new RequestLimiter(ONES);
  private long nowNanos = TimeUnit.SECONDS.toNanos(100);

  private static PublicKey key(int number) {
    byte[] octets = new byte[32];
    octets[0] = (byte) number;
    octets[1] = (byte) (number >> 8);
    octets[2] = 1;
    return PublicKey.of(octets);
  }

  private boolean allows(Optional<PublicKey> known, Trust trust, InetAddress source) {
    return limiter.allows(known, trust, source, nowNanos);
  }

  private long allowed(int requests, Optional<PublicKey> known, Trust trust, InetAddress source) {
    return IntStream.range(0, requests).filter(i -> allows(known, trust, source)).count();
  }

  @Test
  void tenAreAllowedInASecondAndTenInTheNext() {
    assertEquals(10, allowed(50, MEMBER, Trust.CLAIMED, HONEST));
    assertEquals(10, allowed(50, Optional.empty(), Trust.CLAIMED, HONEST));
    nowNanos += TimeUnit.SECONDS.toNanos(1);
    assertEquals(10, allowed(50, MEMBER, Trust.CLAIMED, HONEST));
    assertEquals(10, allowed(50, Optional.empty(), Trust.CLAIMED, HONEST));
  }

  @Test
  void theTunnelAndProvenAddressesHaveTheirOwnCounts() {
    assertEquals(10, allowed(50, MEMBER, Trust.CLAIMED, FORGER));
    assertEquals(10, allowed(50, MEMBER, Trust.PROVEN, HONEST));
    assertEquals(10, allowed(50, MEMBER, Trust.TUNNEL, HONEST));
  }

  @Test
  void whoForgesAnIdElsewhereHidesItsOwnerInOneSecondOfSixteen() {
    int served = 0;
    for (int i = 0; i < 1600; i++) {
      nowNanos += TimeUnit.SECONDS.toNanos(1);
      var _ = allowed(1000, MEMBER, Trust.CLAIMED, FORGER);
      served += allows(MEMBER, Trust.CLAIMED, HONEST) ? 1 : 0;
    }
    assertTrue(served > 1400 && served < 1600, "served " + served + " of 1600");
  }

  @Test
  void ipv6AddressesOfOneNetworkShare() {
    int served = 0;
    for (int i = 0; i < 100; i++) {
      nowNanos += TimeUnit.SECONDS.toNanos(1);
      var _ = allowed(10, MEMBER, Trust.CLAIMED, InetAddress.ofLiteral("2001:db8::1"));
      served += allows(MEMBER, Trust.CLAIMED, InetAddress.ofLiteral("2001:db8::ffff:2")) ? 1 : 0;
    }
    assertEquals(0, served);
  }

  @Test
  void allIdsTogetherGet128FromAShareAndSixteenTimesThatFromEverywhere() {
    int fromOne = 0;
    for (int i = 0; i < 300; i++) {
      fromOne += allows(Optional.of(key(i)), Trust.CLAIMED, FORGER) ? 1 : 0;
    }
    assertEquals(RequestLimiter.PER_SHARE, fromOne);
    assertFalse(allows(Optional.empty(), Trust.CLAIMED, FORGER));
    nowNanos += TimeUnit.SECONDS.toNanos(1);
    int fromAll = 0;
    for (int i = 0; i < 100_000; i++) {
      InetAddress source = InetAddress.ofLiteral("10.0." + i % 250 + "." + i / 250 % 250);
      fromAll += allows(Optional.of(key(i % 1000)), Trust.CLAIMED, source) ? 1 : 0;
    }
    assertEquals(RequestLimiter.SHARES * RequestLimiter.PER_SHARE, fromAll);
    assertTrue(limiter.size() <= 18_000, "counts: " + limiter.size());
  }
}
