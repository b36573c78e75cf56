// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.time.Instant;

/** The clocks of a runtime. Thread-safe. */
public interface TimeSource {

  /** Monotonic time in nanoseconds from an arbitrary origin; compare by difference only. */
  long nanoTime();

  /** Wall-clock time, for TAI64N time stamps and the versions of signed data only. */
  Instant wallClock();
}
