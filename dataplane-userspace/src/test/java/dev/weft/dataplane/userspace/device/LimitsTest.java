// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rate limiter and the measure of load. */
final class LimitsTest {

  private static final long MILLISECOND = 1_000_000;
  private static final InetAddress SOURCE = InetAddress.ofLiteral("192.0.2.1");

  private final RateLimiter limiter = new RateLimiter();

  @Test
  void fiveMayComeAtOnceAndTwentyASecondAfterThat() {
    long now = Long.MAX_VALUE - 10 * MILLISECOND;
    for (int i = 0; i < 5; i++) {
      assertTrue(limiter.allow(SOURCE, now));
    }
    assertFalse(limiter.allow(SOURCE, now));
    assertFalse(limiter.allow(SOURCE, now + 49 * MILLISECOND));
    assertTrue(limiter.allow(SOURCE, now + 50 * MILLISECOND));
    assertFalse(limiter.allow(SOURCE, now + 50 * MILLISECOND));
    assertTrue(limiter.allow(SOURCE, now + 150 * MILLISECOND));
    assertTrue(limiter.allow(SOURCE, now + 150 * MILLISECOND));
    assertFalse(limiter.allow(SOURCE, now + 150 * MILLISECOND));
  }

  @ParameterizedTest
  @ValueSource(longs = {900, 3_600_000})
  void theBucketHoldsNoMoreThanFive(long pauseMillis) {
    limiter.allow(SOURCE, 0);
    long later = pauseMillis * MILLISECOND;
    for (int i = 0; i < 5; i++) {
      assertTrue(limiter.allow(SOURCE, later));
    }
    assertFalse(limiter.allow(SOURCE, later));
  }

  @ParameterizedTest
  @ValueSource(strings = {"198.51.100.7", "2001:db8:7::1"})
  void aFloodGetsTwentyASecondBeyondTheBurst(String address) {
    InetAddress source = InetAddress.ofLiteral(address);
    for (int perSecond : new int[] {20, 21, 100, 1000}) {
      RateLimiter fresh = new RateLimiter();
      long interval = 1_000_000_000L / perSecond;
      int allowed = 0;
      for (int i = 0; i < 10 * perSecond; i++) {
        allowed += fresh.allow(source, i * interval) ? 1 : 0;
      }
      int expected = perSecond == 20 ? 200 : 204;
      assertTrue(Math.abs(allowed - expected) <= 1, perSecond + " a second: " + allowed);
    }
  }

  @Test
  void oneFloodDoesNotTouchAnotherSource() {
    InetAddress patient = InetAddress.ofLiteral("192.0.2.99");
    for (int i = 0; i < 3000; i++) {
      limiter.allow(SOURCE, i * MILLISECOND);
      if (i % 50 == 0) {
        assertTrue(limiter.allow(patient, i * MILLISECOND), "after " + i + " ms");
      }
    }
  }

  @Test
  void eachIpv4AddressHasItsOwnLimit() {
    exhaust(SOURCE);
    assertTrue(limiter.allow(InetAddress.ofLiteral("192.0.2.2"), 0));
  }

  @Test
  void anIpv6NetworkOfSixtyFourBitsSharesOne() {
    exhaust(InetAddress.ofLiteral("2001:db8:0:1::1"));
    assertFalse(limiter.allow(InetAddress.ofLiteral("2001:db8:0:1:ffff::2"), 0));
    assertTrue(limiter.allow(InetAddress.ofLiteral("2001:db8:0:2::1"), 0));
  }

  @Test
  void anIpv4AddressIsNotMistakenForAnIpv6Network() {
    exhaust(InetAddress.ofLiteral("32.1.13.184"));
    assertTrue(limiter.allow(InetAddress.ofLiteral("2001:db8::"), 0));
  }

  @Test
  void theTableIsBoundedAndForgetsWhoIsSilent() throws UnknownHostException {
    for (int i = 0; i < RateLimiter.MAX_SOURCES; i++) {
      assertTrue(limiter.allow(address(i), 0));
    }
    assertFalse(limiter.allow(address(RateLimiter.MAX_SOURCES), 999 * MILLISECOND));
    assertEquals(RateLimiter.MAX_SOURCES, limiter.size());
    assertTrue(limiter.allow(address(RateLimiter.MAX_SOURCES), 1000 * MILLISECOND));
    assertEquals(1, limiter.size());
  }

  @Test
  void theTableIsSweptOnceASecondAndNotWithEveryMessage() throws UnknownHostException {
    long start = 700 * 1000 * MILLISECOND;
    limiter.allow(address(1), start);
    limiter.allow(address(2), start + 100 * MILLISECOND);
    limiter.allow(address(3), start + 1000 * MILLISECOND);
    assertEquals(2, limiter.size(), "the first was silent for a second");
    limiter.allow(address(3), start + 1999 * MILLISECOND);
    assertEquals(2, limiter.size(), "the second too, but it is not time to look");
    limiter.allow(address(3), start + 2000 * MILLISECOND);
    assertEquals(1, limiter.size());
  }

  private static InetAddress address(int number) throws UnknownHostException {
    return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(number).array());
  }

  private void exhaust(InetAddress source) {
    for (int i = 0; i < 5; i++) {
      assertTrue(limiter.allow(source, 0));
    }
    assertFalse(limiter.allow(source, 0));
  }

  @Test
  void loadBeginsAboveTheThresholdAndHoldsForASecond() {
    LoadGauge gauge = new LoadGauge();
    long now = Long.MAX_VALUE - 500 * MILLISECOND;
    for (int i = 0; i < 256; i++) {
      assertFalse(gauge.onHandshakeMessage(now));
    }
    assertTrue(gauge.onHandshakeMessage(now + 500 * MILLISECOND));
    assertTrue(gauge.onHandshakeMessage(now + 1499 * MILLISECOND));
    assertFalse(gauge.onHandshakeMessage(now + 1500 * MILLISECOND));
  }

  @Test
  void manyMessagesOverALongTimeAreNoLoad() {
    LoadGauge gauge = new LoadGauge();
    for (int i = 0; i < 10_000; i++) {
      assertFalse(gauge.onHandshakeMessage(5L * i * MILLISECOND), "message " + i);
    }
  }

  @Test
  void aSteadyFloodIsLoadThroughout() {
    LoadGauge gauge = new LoadGauge();
    for (int i = 0; i < 10_000; i++) {
      boolean loaded = gauge.onHandshakeMessage(2L * i * MILLISECOND);
      assertEquals(i >= 256, loaded, "message " + i);
    }
  }

  @Test
  void aPauseOfYearsIsHarmless() {
    LoadGauge gauge = new LoadGauge();
    for (int i = 0; i < 300; i++) {
      gauge.onHandshakeMessage(0);
    }
    assertFalse(gauge.onHandshakeMessage(Long.MAX_VALUE / 2));
  }
}
