// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexOpcode;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts by {@link PexCounter}, and messages by opcode. Belongs to the node's owner. */
public final class PexCounters {

  private final Map<PexCounter, Long> events = new EnumMap<>(PexCounter.class);
  private final Map<PexOpcode, Long> sent = new EnumMap<>(PexOpcode.class);
  private final Map<PexOpcode, Long> received = new EnumMap<>(PexOpcode.class);

  /** No counts. */
  public PexCounters() {}

  /** Counts one event. */
  public void count(PexCounter counter) {
    events.merge(counter, 1L, Long::sum);
  }

  /** Counts a datagram that is no message. */
  public void countMalformed(MalformedMessageException.Reason reason) {
    count(
        switch (reason) {
          case TOO_SHORT -> PexCounter.DROPPED_TOO_SHORT;
          case VERSION -> PexCounter.DROPPED_VERSION;
          case UNKNOWN_OPCODE -> PexCounter.DROPPED_UNKNOWN_OPCODE;
          case OTHER_OPCODE -> PexCounter.DROPPED_OTHER_OPCODE;
          case TRUNCATED -> PexCounter.DROPPED_TRUNCATED;
          case PAYLOAD -> PexCounter.DROPPED_PAYLOAD;
        });
  }

  /** Counts a message that was sent. */
  public void countSent(PexOpcode opcode) {
    sent.merge(opcode, 1L, Long::sum);
  }

  /** Counts a message that was accepted. */
  public void countReceived(PexOpcode opcode) {
    received.merge(opcode, 1L, Long::sum);
  }

  /** How often an event was counted. */
  public long get(PexCounter counter) {
    return events.getOrDefault(counter, 0L);
  }

  /** All counts that are not 0, by name. A copy. */
  public Map<String, Long> snapshot() {
    Map<String, Long> counts = new TreeMap<>();
    events.forEach((counter, count) -> counts.put(counter.label(), count));
    sent.forEach((opcode, count) -> counts.put("sent-" + label(opcode), count));
    received.forEach((opcode, count) -> counts.put("received-" + label(opcode), count));
    return counts;
  }

  private static String label(PexOpcode opcode) {
    return opcode.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
