// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what was dropped, by reason. Thread-safe. */
final class DropCounters {

  /** Holds every reason from the start, and is only read afterwards. */
  private final Map<DropReason, AtomicLong> counts = new EnumMap<>(DropReason.class);

  DropCounters() {
    for (DropReason reason : DropReason.values()) {
      counts.put(reason, new AtomicLong());
    }
  }

  void count(DropReason reason) {
    count(reason, 1);
  }

  void count(DropReason reason, int packets) {
    counter(reason).addAndGet(packets);
  }

  long of(DropReason reason) {
    return counter(reason).get();
  }

  /** The counts that are not zero, by label, in the order of the reasons. */
  Map<String, Long> snapshot() {
    Map<String, Long> snapshot = new LinkedHashMap<>();
    counts.forEach(
        (reason, count) -> {
          if (count.get() != 0) {
            snapshot.put(reason.label(), count.get());
          }
        });
    return Collections.unmodifiableMap(snapshot);
  }

  private AtomicLong counter(DropReason reason) {
    return Objects.requireNonNull(counts.get(reason));
  }
}
