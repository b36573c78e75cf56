// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import java.util.Optional;
import java.util.OptionalLong;

/** Calls back at a deadline that moves. Belongs to the queue. */
final class DeadlineTimer {

  private final Scheduler queue;
  private final TimeSource time;
  private final Runnable task;
  private Optional<Scheduler.Cancellable> scheduled = Optional.empty();
  private long scheduledNanos;
  private boolean closed;

  /**
   * A timer that is not set.
   *
   * @param task called on the queue at the deadline or, rarely, before it
   */
  DeadlineTimer(Scheduler queue, TimeSource time, Runnable task) {
    this.queue = queue;
    this.time = time;
    this.task = task;
  }

  /** Sets the deadline anew; without one there is no call. */
  void set(OptionalLong deadlineNanos) {
    if (closed || deadlineNanos.isEmpty()) {
      cancel();
      return;
    }
    long deadline = deadlineNanos.getAsLong();
    if (scheduled.isPresent() && scheduledNanos - deadline <= 0) {
      return; // fires in time, and is set anew then
    }
    cancel();
    scheduledNanos = deadline;
    scheduled = Optional.of(queue.schedule(Math.max(0, deadline - time.nanoTime()), this::onTimer));
  }

  private void onTimer() {
    scheduled = Optional.empty();
    if (!closed) {
      task.run();
    }
  }

  private void cancel() {
    scheduled.ifPresent(Scheduler.Cancellable::cancel);
    scheduled = Optional.empty();
  }

  void close() {
    closed = true;
    cancel();
  }
}
