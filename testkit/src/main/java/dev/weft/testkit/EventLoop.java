// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What is to happen in a simulation, by time and, for equal times, in the order it was asked for.
 * Owner: the simulation's thread; an event that another thread adds is a failure of the simulation,
 * because its order would depend on chance.
 */
final class EventLoop {

  /** More events than this at one instant are taken for a loop without end. */
  private static final int MAX_EVENTS_AT_ONE_INSTANT = 5_000_000;

  /** Something that is to happen. */
  static final class Event implements Comparable<Event> {
    private final long dueNanos;
    private final long order;
    private final Runnable action;
    private boolean done;

    private Event(long dueNanos, long order, Runnable action) {
      this.dueNanos = dueNanos;
      this.order = order;
      this.action = action;
    }

    /** Prevents it; false if it happened already or was cancelled before. */
    boolean cancel() {
      boolean pending = !done;
      done = true;
      return pending;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final long seed;
  private final SimTime time;
  private final Thread owner = Thread.currentThread();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final ConcurrentLinkedQueue<Throwable> foreignFailures = new ConcurrentLinkedQueue<>();
  private long nextOrder;
  private boolean running;
  private int eventsAtThisInstant;

  EventLoop(long seed, SimTime time) {
    this.seed = seed;
    this.time = time;
  }

  /** Adds an event; a delay below zero counts as zero. */
  Event after(long delayNanos, Runnable action) {
    requireOwner();
    Event event =
        new Event(Math.addExact(time.nanoTime(), Math.max(0, delayNanos)), nextOrder++, action);
    events.add(event);
    return event;
  }

  boolean isOwner() {
    return Thread.currentThread().equals(owner);
  }

  /** Fails, now and at the next step, if the caller is not the simulation's thread. */
  void requireOwner() {
    if (!isOwner()) {
      IllegalStateException failure =
          new IllegalStateException(
              "a simulation has one thread, "
                  + owner
                  + ", and was used by "
                  + Thread.currentThread());
      foreignFailures.add(failure);
      throw failure;
    }
  }

  /** The time of the next event, or null if there is none. */
  @Nullable Long nextDueNanos() {
    while (!events.isEmpty() && events.element().done) {
      events.remove();
    }
    return events.isEmpty() ? null : events.element().dueNanos;
  }

  /**
   * Lets the next event happen, after moving time to it.
   *
   * @return false if there is none
   * @throws AssertionError if it threw
   */
  boolean step() {
    requireOwner();
    if (running) {
      throw new IllegalStateException("a task of the simulation cannot drive the simulation");
    }
    Throwable foreign = foreignFailures.poll();
    if (foreign != null) {
      throw failure(foreign);
    }
    Long due = nextDueNanos();
    if (due == null) {
      return false;
    }
    if (due > time.nanoTime()) {
      time.advanceTo(due);
      eventsAtThisInstant = 0;
    } else if (++eventsAtThisInstant > MAX_EVENTS_AT_ONE_INSTANT) {
      throw failure(new IllegalStateException("time does not move: a loop without end"));
    }
    Event event = events.remove();
    event.done = true;
    running = true;
    try {
      event.action.run();
    } catch (Throwable thrown) {
      throw failure(thrown);
    } finally {
      running = false;
    }
    return true;
  }

  private AssertionError failure(Throwable cause) {
    return new AssertionError(
        "the simulation with seed " + seed + " failed at " + time + ": " + cause, cause);
  }
}
