// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Defects that strangers may be able to cause do not fill the log. */
class DefectLimitTest {

  private final DefectLimit limit = new DefectLimit();

  private long told(int defects, long nowNanos) {
    return IntStream.range(0, defects).filter(i -> limit.tells(nowNanos)).count();
  }

  @Test
  void tenOfAMillionAreToldInAMinute() {
    long start = Long.MAX_VALUE - 5; // nanoTime may be anything
    assertEquals(10, told(1_000_000, start));
    assertEquals(0, told(100, start + DefectLimit.PERIOD_NANOS - 1));
    assertEquals(10, told(100, start + DefectLimit.PERIOD_NANOS));
  }
}
