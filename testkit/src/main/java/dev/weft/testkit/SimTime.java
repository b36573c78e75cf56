// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;

/**
 * The time of a simulation. It stands still while tasks run, and moves only when {@link
 * SimNetwork#step} finds nothing that is due. Used by the simulation's thread.
 */
public final class SimTime implements TimeSource {

  /** The wall-clock time at which every simulation starts. */
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private long elapsedNanos;

  SimTime() {}

  /** Nanoseconds since the simulation started. */
  @Override
  public long nanoTime() {
    return elapsedNanos;
  }

  /** The true wall-clock time; hosts may be wrong about it. */
  @Override
  public Instant wallClock() {
    return START.plusNanos(elapsedNanos);
  }

  /** Since the simulation started. */
  public Duration elapsed() {
    return Duration.ofNanos(elapsedNanos);
  }

  void advanceTo(long nanos) {
    if (nanos < elapsedNanos) {
      throw new IllegalArgumentException("time does not go back");
    }
    elapsedNanos = nanos;
  }

  @Override
  public String toString() {
    return elapsed().toString();
  }
}
