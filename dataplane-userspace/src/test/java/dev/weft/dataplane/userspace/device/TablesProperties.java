// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The index table against a map, and the deadline queue against a linear search. */
final class TablesProperties {

  private static Peer peer(DeadlineQueue queue) {
    return new Peer(PublicKey.of(new byte[32]), queue, new Network.SeededRandom(1));
  }

  /** A third of them are removals; multiples of a power of two collide. */
  @Provide
  Arbitrary<List<Integer>> indices() {
    return Arbitraries.integers().between(-60, 60).map(i -> i * 0x0400_0000).list().ofMaxSize(300);
  }

  @Property(tries = 300)
  void theIndexTableAgreesWithAMap(@ForAll("indices") List<Integer> indices) {
    IndexTable table = new IndexTable();
    Map<Integer, IndexEntry> model = new HashMap<>();
    DeadlineQueue queue = new DeadlineQueue();
    for (int i = 0; i < indices.size(); i++) {
      int index = indices.get(i);
      IndexEntry present = model.get(index);
      if (i % 3 == 2 && present != null) {
        table.remove(index, peer(queue).handshake());
        assertSame(present, table.lookup(index), "another entry is not removed");
        table.remove(index, present);
        model.remove(index);
      } else {
        IndexEntry entry = peer(queue).handshake();
        table.put(index, entry);
        model.put(index, entry);
      }
    }
    assertEquals(model.size(), table.size());
    for (int index : indices) {
      @Nullable IndexEntry expected = model.get(index);
      assertSame(expected, table.lookup(index));
    }
  }

  /** Peer, timer, and a deadline; every fifth is a cancellation. */
  record Setting(int peer, Timer timer, int deadline) {}

  @Provide
  Arbitrary<List<Setting>> settings() {
    return net.jqwik.api.Combinators.combine(
            Arbitraries.integers().between(0, 40),
            Arbitraries.of(Timer.class),
            Arbitraries.integers().between(0, 1000))
        .as(Setting::new)
        .list()
        .ofMaxSize(300);
  }

  @Property(tries = 300)
  void everyTimerIsFoundWhenDueAndNotBefore(@ForAll("settings") List<Setting> settings) {
    long base = Long.MAX_VALUE - 500;
    DeadlineQueue queue = new DeadlineQueue();
    List<TimerTable> tables = new ArrayList<>();
    for (int i = 0; i <= 40; i++) {
      tables.add(new TimerTable(queue, peer(queue)));
    }
    Map<String, Integer> model = new HashMap<>();
    for (int i = 0; i < settings.size(); i++) {
      Setting setting = settings.get(i);
      TimerTable table = tables.get(setting.peer());
      if (i % 5 == 4) {
        table.cancel(setting.timer());
        model.remove(name(setting.peer(), setting.timer()));
      } else if (i % 50 == 3) {
        queue.remove(table);
        table.requeue();
      } else {
        table.set(setting.timer(), base + setting.deadline());
        model.put(name(setting.peer(), setting.timer()), setting.deadline());
      }
    }
    for (int time = 0; time <= 1000; time++) {
      for (TimerTable table = queue.pollDue(base + time);
          table != null;
          table = queue.pollDue(base + time)) {
        for (Timer timer : Timer.values()) {
          if (table.takeDue(timer, base + time)) {
            assertEquals(time, model.remove(name(tables.indexOf(table), timer)));
          }
        }
        table.requeue();
      }
    }
    assertTrue(model.isEmpty(), () -> "not fired: " + model);
    assertTrue(queue.isEmpty());
    assertFalse(queue.pollDue(base + 2000) != null);
  }

  private static String name(int peer, Timer timer) {
    return peer + " " + timer;
  }
}
