// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

/**
 * A serial task queue of a runtime: tasks run one after the other, on one thread at a time. An
 * overlay owns exactly one. Thread-safe.
 */
public interface Scheduler {

  /** A task that was scheduled and may be cancelled. */
  @FunctionalInterface
  interface Cancellable {
    /** Prevents the task from running if it has not started. Idempotent; any thread. */
    void cancel();
  }

  /** Runs the task after those that are queued. */
  void execute(Runnable task);

  /**
   * Runs the task after a delay.
   *
   * @param delayNanos 0 or less means as soon as possible
   */
  Cancellable schedule(long delayNanos, Runnable task);

  /** Whether the caller runs on this queue. */
  boolean isCurrent();
}
