// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The {@link TimerTable}s of a device, the earliest first: a binary heap that knows where each
 * table is. The time under which a table is kept is never later than its earliest deadline, but may
 * be earlier. Owned by the device's thread.
 */
final class DeadlineQueue {

  private @Nullable TimerTable[] heap = new @Nullable TimerTable[16];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  /**
   * A time before which nothing is due.
   *
   * @throws IllegalStateException if the queue is empty
   */
  long nextNanos() {
    if (size == 0) {
      throw new IllegalStateException("no timer is set");
    }
    return at(0).queuedNanos;
  }

  /**
   * Adds the table, or moves it forward; does nothing if it is in the queue for an earlier time.
   */
  void offer(TimerTable table, long deadlineNanos) {
    if (table.queuePosition < 0) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, 2 * size);
      }
      table.queuedNanos = deadlineNanos;
      place(table, size++);
    } else if (deadlineNanos - table.queuedNanos < 0) {
      table.queuedNanos = deadlineNanos;
    } else {
      return;
    }
    siftUp(table);
  }

  /** Takes out the first table whose time has come; null if there is none. */
  @Nullable TimerTable pollDue(long nowNanos) {
    if (size == 0 || at(0).queuedNanos - nowNanos > 0) {
      return null;
    }
    TimerTable first = at(0);
    remove(first);
    return first;
  }

  /** Takes out the table, if it is in the queue. */
  void remove(TimerTable table) {
    int hole = table.queuePosition;
    if (hole < 0) {
      return;
    }
    TimerTable last = at(--size);
    heap[size] = null;
    table.queuePosition = -1;
    if (last != table) {
      place(last, hole);
      siftUp(last);
      siftDown(last);
    }
  }

  private void siftUp(TimerTable table) {
    while (table.queuePosition > 0) {
      int position = table.queuePosition;
      TimerTable parent = at((position - 1) / 2);
      if (!isBefore(table, parent)) {
        return;
      }
      int parentPosition = parent.queuePosition;
      place(parent, position);
      place(table, parentPosition);
    }
  }

  private void siftDown(TimerTable table) {
    while (true) {
      int position = table.queuePosition;
      int child = 2 * position + 1;
      if (child >= size) {
        return;
      }
      if (child + 1 < size && isBefore(at(child + 1), at(child))) {
        child++;
      }
      TimerTable first = at(child);
      if (!isBefore(first, table)) {
        return;
      }
      place(first, position);
      place(table, child);
    }
  }

  private void place(TimerTable table, int position) {
    heap[position] = table;
    table.queuePosition = position;
  }

  private TimerTable at(int position) {
    TimerTable table = heap[position];
    if (table == null) {
      throw new IllegalStateException("a hole in the heap at " + position);
    }
    return table;
  }

  private static boolean isBefore(TimerTable left, TimerTable right) {
    return left.queuedNanos - right.queuedNanos < 0;
  }
}
