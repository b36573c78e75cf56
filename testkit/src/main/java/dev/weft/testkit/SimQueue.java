// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.spi.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A task queue of a {@link SimRuntime}: tasks that are due at the same time run in the order they
 * were given. Used by the simulation's thread.
 */
final class SimQueue implements Scheduler {

  /** A task that waits. */
  final class Task implements Cancellable {
    private final Runnable action;
    private EventLoop.@Nullable Event event;

    private Task(Runnable action) {
      this.action = action;
    }

    private void run() {
      if (!runtime.isPending(this) || !runtime.host().runsNow(this::run)) {
        return;
      }
      runtime.remove(this);
      @Nullable SimQueue outer = runtime.host().network().enter(SimQueue.this);
      try {
        action.run();
      } finally {
        runtime.host().network().leave(outer);
      }
    }

    @Override
    public void cancel() {
      runtime.host().network().loop().requireOwner();
      runtime.remove(this);
      if (event != null) {
        event.cancel();
      }
    }

    @Override
    public String toString() {
      return action.toString();
    }
  }

  private final SimRuntime runtime;

  SimQueue(SimRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public void execute(Runnable task) {
    add(0, task);
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    return add(delayNanos <= 0 ? 0 : delayNanos + runtime.host().sampleTimerJitterNanos(), task);
  }

  private Task add(long delayNanos, Runnable action) {
    EventLoop loop = runtime.host().network().loop();
    loop.requireOwner();
    Task task = new Task(action);
    if (!runtime.isClosed()) {
      runtime.add(task);
      task.event = loop.after(delayNanos, task::run);
    }
    return task;
  }

  @Override
  public boolean isCurrent() {
    return runtime.host().network().isCurrent(this);
  }
}
