// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The beat of the connect loop: first 10 ms after each load, then each second (PEX §9.1). Owned by
 * the overlay's queue.
 */
final class Ticker {

  private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Scheduler queue;
  private final TimeSource time;
  private final Runnable task;
  private Scheduler.@Nullable Cancellable scheduled;
  private long dueNanos;

  Ticker(Scheduler queue, TimeSource time, Runnable task) {
    this.queue = queue;
    this.time = time;
    this.task = task;
  }

  /** Starts anew, whether it runs or not. */
  void restart() {
    stop();
    dueNanos = time.nanoTime() + FIRST_NANOS;
    scheduled = queue.schedule(FIRST_NANOS, this::beat);
  }

  /** Stops. Idempotent. */
  void stop() {
    Scheduler.Cancellable current = scheduled;
    if (current != null) {
      current.cancel();
      scheduled = null;
    }
  }

  private void beat() {
    long now = time.nanoTime();
    // The beat keeps its phase, but beats that were missed, since the host slept, are not made up
    // for.
    long late = Math.clamp(now - dueNanos, 0, INTERVAL_NANOS / 2);
    dueNanos = now + INTERVAL_NANOS - late;
    scheduled = queue.schedule(dueNanos - now, this::beat);
    task.run();
  }
}
