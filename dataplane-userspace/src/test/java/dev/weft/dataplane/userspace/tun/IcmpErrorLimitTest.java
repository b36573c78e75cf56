// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class IcmpErrorLimitTest {

  /** Where a difference of times wraps around. */
  private final long start = Long.sum(Long.MAX_VALUE, -5);

  private final IcmpErrorLimit limit = new IcmpErrorLimit(start);

  @Test
  void allowsABurstAndThenTheRate() {
    assertEquals(IcmpErrorLimit.BURST, allowed(1000, start));
    assertEquals(0, allowed(1, start + IcmpErrorLimit.NANOS_PER_ERROR - 1));
    assertEquals(1, allowed(5, start + IcmpErrorLimit.NANOS_PER_ERROR));
    assertEquals(2, allowed(5, start + 3 * IcmpErrorLimit.NANOS_PER_ERROR));
  }

  @Test
  void savesNoMoreThanABurst() {
    assertEquals(IcmpErrorLimit.BURST, allowed(1000, start + Long.MAX_VALUE / 2));
    assertFalse(limit.allow(start + Long.MAX_VALUE / 2));
  }

  @Test
  void keepsFractionsOfAnErrorBetweenCalls() {
    assertEquals(IcmpErrorLimit.BURST, allowed(1000, start));
    long half = IcmpErrorLimit.NANOS_PER_ERROR * 3 / 2;
    assertTrue(limit.allow(start + half));
    assertTrue(limit.allow(start + 2 * half));
    assertTrue(limit.allow(start + 2 * half));
    assertFalse(limit.allow(start + 2 * half));
  }

  private int allowed(int asked, long nowNanos) {
    int allowed = 0;
    for (int i = 0; i < asked; i++) {
      allowed += limit.allow(nowNanos) ? 1 : 0;
    }
    return allowed;
  }
}
