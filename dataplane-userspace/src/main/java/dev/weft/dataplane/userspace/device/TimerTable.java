// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/**
 * One deadline for each {@link Timer} of a peer, none set at first. Setting a timer before the time
 * the {@link DeadlineQueue} knows moves the table forward in it; cancelling and moving back do not
 * touch the queue, which asks again when the time has come. Owned by the device's thread.
 */
final class TimerTable {

  private static final Timer[] TIMERS = Timer.values();

  private final DeadlineQueue queue;
  private final Peer peer;
  private final long[] deadlines = new long[TIMERS.length];
  private int armed;

  /** The queue's: when it will ask, and where the table is in it; -1 if it is not. */
  long queuedNanos;

  int queuePosition = -1;

  TimerTable(DeadlineQueue queue, Peer peer) {
    this.queue = queue;
    this.peer = peer;
  }

  Peer peer() {
    return peer;
  }

  void set(Timer timer, long deadlineNanos) {
    deadlines[timer.slot()] = deadlineNanos;
    armed |= 1 << timer.slot();
    queue.offer(this, deadlineNanos);
  }

  void cancel(Timer timer) {
    armed &= ~(1 << timer.slot());
  }

  boolean isSet(Timer timer) {
    return (armed & 1 << timer.slot()) != 0;
  }

  long deadlineNanos(Timer timer) {
    return deadlines[timer.slot()];
  }

  /** Cancels the timer if it is due; true if it was. */
  boolean takeDue(Timer timer, long nowNanos) {
    if (!isSet(timer) || deadlines[timer.slot()] - nowNanos > 0) {
      return false;
    }
    cancel(timer);
    return true;
  }

  /** Puts the table back into the queue under its earliest deadline, if it has any. */
  void requeue() {
    for (Timer timer : TIMERS) {
      if (isSet(timer)) {
        queue.offer(this, deadlines[timer.slot()]);
      }
    }
  }
}
