// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import org.jspecify.annotations.Nullable;

/** One timer, which fires no later than the deadline that was set last. Owned by its queue. */
final class DeadlineTimer {

  private final Scheduler queue;
  private final TimeSource time;
  private final Runnable task;
  private Scheduler.@Nullable Cancellable timer;
  private long timerDeadlineNanos;

  /** Not set. The task looks itself whether the deadline has come: it may be called early. */
  DeadlineTimer(Scheduler queue, TimeSource time, Runnable task) {
    this.queue = queue;
    this.time = time;
    this.task = task;
  }

  /** Sets the deadline. A timer that fires earlier stays: deadlines mostly move into the future. */
  void set(long deadlineNanos) {
    if (timer != null && timerDeadlineNanos - deadlineNanos <= 0) {
      return;
    }
    cancel();
    timerDeadlineNanos = deadlineNanos;
    timer = queue.schedule(Math.max(0, deadlineNanos - time.nanoTime()), this::fire);
  }

  void cancel() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void fire() {
    timer = null;
    task.run();
  }
}
