// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts drops by reason. Thread-safe. */
final class InnerDropCounters {

  /** Filled by the constructor and never changed, so that any thread may read it. */
  private final Map<InnerDrop, AtomicLong> counts = new EnumMap<>(InnerDrop.class);

  InnerDropCounters() {
    for (InnerDrop reason : InnerDrop.values()) {
      counts.put(reason, new AtomicLong());
    }
  }

  void count(InnerDrop reason) {
    count(reason, 1);
  }

  void count(InnerDrop reason, int packets) {
    counter(reason).addAndGet(packets);
  }

  long get(InnerDrop reason) {
    return counter(reason).get();
  }

  private AtomicLong counter(InnerDrop reason) {
    return Objects.requireNonNull(counts.get(reason));
  }

  /** These counts and the device's by label, without zeros; what both count is summed. */
  Map<String, Long> mergedWith(Map<String, Long> others) {
    Map<String, Long> merged = new TreeMap<>(others);
    counts.forEach((reason, count) -> merged.merge(reason.label(), count.get(), Long::sum));
    merged.values().removeIf(count -> count == 0);
    return merged;
  }
}
