// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server.http;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What a server did so far. Thread-safe. */
public final class HttpCounts {

  private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
  private final LongAdder refusedConnections = new LongAdder();

  HttpCounts() {}

  void countAnswer(int status) {
    answers.computeIfAbsent(status, key -> new LongAdder()).increment();
  }

  void countRefusedConnection() {
    refusedConnections.increment();
  }

  /** Answers by status. A copy. */
  public Map<Integer, Long> answers() {
    Map<Integer, Long> copy = new TreeMap<>();
    answers.forEach((status, count) -> copy.put(status, count.sum()));
    return copy;
  }

  /** Connections that were one too many. */
  public long refusedConnections() {
    return refusedConnections.sum();
  }
}
