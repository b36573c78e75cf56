// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import java.util.concurrent.TimeUnit;

/**
 * How many defects are told: ten in a minute. If a datagram can cause one, its sender can cause a
 * million, and must not fill the log. Belongs to a {@link Loop}.
 */
final class DefectLimit {

  static final int MOST = 10;
  static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long startNanos;
  private int count;

  /** Counts a defect and says whether to tell it. */
  boolean tells(long nowNanos) {
    if (count == 0 || nowNanos - startNanos >= PERIOD_NANOS) {
      startNanos = nowNanos;
      count = 0;
    }
    count = Math.min(count, MOST) + 1;
    return count <= MOST;
  }
}
