// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waits for conditions of other processes, always with a bound. */
public final class Await {

  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();

  private Await() {}

  /**
   * Waits until the condition holds.
   *
   * @throws AssertionError if it does not within the bound
   */
  public static void until(String what, Duration bound, BooleanSupplier condition) {
    value(what, bound, condition::getAsBoolean, holds -> holds);
  }

  /**
   * Reads a value until it is as wanted.
   *
   * @throws AssertionError if it is not within the bound; the message holds the last value
   */
  public static <T> T value(String what, Duration bound, Supplier<T> source, Predicate<T> wanted) {
    long start = System.nanoTime();
    while (true) {
      T value = source.get();
      if (wanted.test(value)) {
        return value;
      }
      if (System.nanoTime() - start > bound.toNanos()) {
        throw new AssertionError(
            "not within " + bound.toMillis() + " ms: " + what + "; last seen: " + value);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
