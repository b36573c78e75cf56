// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The index table, the timer table and the deadline queue, each step against a model. */
final class TablesTest {

  /** The clock passes its sign change in the middle. */
  private static final long BASE = Long.sum(Long.MAX_VALUE, -500); // no constant: it wraps

  private final DeadlineQueue queue = new DeadlineQueue();

  private Peer peer() {
    return new Peer(PublicKey.of(new byte[32]), queue, new Network.SeededRandom(1));
  }

  private IndexEntry entry() {
    return peer().handshake();
  }

  @Test
  void anIndexStandsForWhatItWasGivenLastUntilItIsRemoved() {
    IndexTable table = new IndexTable();
    IndexEntry one = entry();
    IndexEntry two = entry();
    assertNull(table.lookup(0));
    table.put(0, one);
    assertSame(one, table.lookup(0));
    assertEquals(1, table.size());
    table.put(0, two);
    assertSame(two, table.lookup(0));
    assertEquals(1, table.size());
    table.remove(0, one);
    assertSame(two, table.lookup(0), "what it no longer stands for does not remove it");
    table.remove(1, two);
    assertEquals(1, table.size());
    table.remove(0, two);
    assertNull(table.lookup(0));
    assertEquals(0, table.size());
  }

  @Test
  void aFullTableGrowsAndFindsEverything() {
    IndexTable table = new IndexTable();
    Map<Integer, IndexEntry> model = new HashMap<>();
    Random random = new Random(3);
    for (int i = 0; i < 5_000; i++) {
      int index = random.nextInt();
      IndexEntry entry = entry();
      table.put(index, entry);
      model.put(index, entry);
    }
    model.forEach((index, entry) -> assertSame(entry, table.lookup(index)));
    assertEquals(model.size(), table.size());
  }

  @Test
  void collidingIndicesAreFoundWhicheverIsRemoved() {
    Random random = new Random(4);
    for (int round = 0; round < 300; round++) {
      IndexTable table = new IndexTable();
      Map<Integer, IndexEntry> model = new HashMap<>();
      for (int step = 0; step < 60; step++) {
        // Multiples of a power of two meet in few places, also at the end and around it.
        int index = (random.nextInt(24) - 12) * 0x0400_0000;
        IndexEntry present = model.get(index);
        if (present != null && random.nextBoolean()) {
          table.remove(index, present);
          model.remove(index);
        } else {
          IndexEntry entry = entry();
          table.put(index, entry);
          model.put(index, entry);
        }
        assertEquals(model.size(), table.size());
        for (int other = -12; other < 12; other++) {
          assertSame(model.get(other * 0x0400_0000), table.lookup(other * 0x0400_0000));
        }
      }
    }
  }

  @Test
  void anEmptyQueueHasNothingDueAndNoNextTime() {
    assertTrue(queue.isEmpty());
    assertNull(queue.pollDue(BASE));
    assertThrows(IllegalStateException.class, queue::nextNanos);
    queue.remove(new TimerTable(queue, peer()));
    assertTrue(queue.isEmpty());
  }

  @Test
  void aTableIsDueAtItsTimeAndNotBefore() {
    TimerTable table = new TimerTable(queue, peer());
    queue.offer(table, BASE);
    assertFalse(queue.isEmpty());
    assertEquals(BASE, queue.nextNanos());
    assertNull(queue.pollDue(BASE - 1));
    assertSame(table, queue.pollDue(BASE));
    assertTrue(queue.isEmpty());
    assertNull(queue.pollDue(BASE));
  }

  @Test
  void aTableMovesForwardInTheQueueAndNeverBack() {
    TimerTable table = new TimerTable(queue, peer());
    queue.offer(table, BASE + 600);
    queue.offer(table, BASE + 601);
    assertEquals(BASE + 600, queue.nextNanos());
    queue.offer(table, BASE + 3);
    assertEquals(BASE + 3, queue.nextNanos());
    assertSame(table, queue.pollDue(BASE + 3));
    assertTrue(queue.isEmpty(), "it was there once");
  }

  @Test
  void tablesComeOutInOrderWhicheverAreMovedAndRemoved() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      DeadlineQueue tested = new DeadlineQueue();
      List<TimerTable> tables = new ArrayList<>();
      Map<TimerTable, Long> model = new HashMap<>();
      IntStream.range(0, 40).forEach(i -> tables.add(new TimerTable(tested, peer())));
      for (int step = 0; step < 120; step++) {
        TimerTable table = tables.get(random.nextInt(tables.size()));
        if (random.nextInt(4) == 0) {
          tested.remove(table);
          model.remove(table);
        } else {
          long time = BASE + random.nextInt(1000);
          tested.offer(table, time);
          model.merge(table, time, (a, b) -> a - b < 0 ? a : b);
        }
        assertEquals(model.isEmpty(), tested.isEmpty());
        if (!model.isEmpty()) {
          assertEquals(earliest(model), tested.nextNanos());
        }
      }
      while (!model.isEmpty()) {
        long next = earliest(model);
        assertNull(tested.pollDue(next - 1));
        TimerTable first = Objects.requireNonNull(tested.pollDue(next), "due");
        assertEquals(next, model.remove(first));
      }
      assertTrue(tested.isEmpty());
    }
  }

  private static long earliest(Map<TimerTable, Long> model) {
    return model.values().stream().reduce((a, b) -> a - b < 0 ? a : b).orElseThrow();
  }

  @Test
  void eachTimerIsSetTakenAndCancelledByItself() {
    Peer peer = peer();
    TimerTable table = new TimerTable(queue, peer);
    assertSame(peer, table.peer());
    for (Timer timer : Timer.values()) {
      assertFalse(table.isSet(timer));
      assertFalse(table.takeDue(timer, BASE));
      table.set(timer, BASE + timer.slot());
    }
    for (Timer timer : Timer.values()) {
      assertTrue(table.isSet(timer));
      assertEquals(BASE + timer.slot(), table.deadlineNanos(timer));
      assertFalse(table.takeDue(timer, BASE + timer.slot() - 1));
      assertTrue(table.takeDue(timer, BASE + timer.slot()));
      assertFalse(table.isSet(timer));
      assertFalse(table.takeDue(timer, BASE + timer.slot()));
    }
    table.set(Timer.NEW_HANDSHAKE, BASE);
    table.set(Timer.SEND_KEEPALIVE, BASE);
    table.cancel(Timer.NEW_HANDSHAKE);
    assertFalse(table.isSet(Timer.NEW_HANDSHAKE));
    assertTrue(table.isSet(Timer.SEND_KEEPALIVE));
  }

  @Test
  void aTableGoesBackIntoTheQueueUnderItsEarliestTimer() {
    TimerTable table = new TimerTable(queue, peer());
    table.set(Timer.ZERO_KEY_MATERIAL, BASE + 540);
    table.set(Timer.SEND_KEEPALIVE, BASE + 10);
    table.set(Timer.NEW_HANDSHAKE, BASE + 15);
    table.cancel(Timer.SEND_KEEPALIVE);
    assertEquals(BASE + 10, queue.nextNanos(), "cancelling does not touch the queue");
    assertSame(table, queue.pollDue(BASE + 10));
    table.requeue();
    assertEquals(BASE + 15, queue.nextNanos());
    table.cancel(Timer.NEW_HANDSHAKE);
    table.cancel(Timer.ZERO_KEY_MATERIAL);
    assertSame(table, queue.pollDue(BASE + 15));
    table.requeue();
    assertTrue(queue.isEmpty(), "no timer is left");
  }
}
