// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts of a network that only grow: over peers that are removed, and over the overlay's being
 * opened anew. They are as much as was seen whenever somebody looked. Thread-safe.
 */
final class NetworkTotals {

  /** Reasons and events are few by construction; this is the bound if they are not. */
  static final int MAX_NAMES = 128;

  private static final String OTHER = "other";

  /**
   * The counts at one moment.
   *
   * @param drops dropped packets and datagrams by reason
   * @param events what services count, by name
   */
  record Counts(
      long receivedOctets,
      long sentOctets,
      long receivedPackets,
      long sentPackets,
      long handshakes,
      Map<String, Long> drops,
      Map<String, Long> events) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0, Map.of(), Map.of());

    Counts plus(Counts other) {
      return new Counts(
          receivedOctets + other.receivedOctets,
          sentOctets + other.sentOctets,
          receivedPackets + other.receivedPackets,
          sentPackets + other.sentPackets,
          handshakes + other.handshakes,
          sum(drops, other.drops),
          sum(events, other.events));
    }

    private static Map<String, Long> sum(Map<String, Long> one, Map<String, Long> other) {
      Map<String, Long> sum = new TreeMap<>(one);
      other.forEach((name, count) -> sum.merge(name, count, Long::sum));
      return sum;
    }
  }

  /** A peer's counters when they were last seen. */
  private record Seen(
      long receivedOctets, long sentOctets, long receivedPackets, long sentPackets) {}

  private static final Seen NOTHING = new Seen(0, 0, 0, 0);

  private final Map<String, Long> drops = new TreeMap<>();
  private final Map<String, Long> events = new TreeMap<>();
  private Map<PublicKey, Seen> peers = new HashMap<>();
  private Map<String, Long> lastDrops = Map.of();
  private Map<String, Long> lastEvents = Map.of();
  private long receivedOctets;
  private long sentOctets;
  private long receivedPackets;
  private long sentPackets;
  private long handshakes;

  /** A handshake completed. */
  synchronized void countHandshake() {
    handshakes++;
  }

  /** Another overlay takes over, whose counters begin at 0. */
  synchronized void restart() {
    peers = new HashMap<>();
    lastDrops = Map.of();
    lastEvents = Map.of();
  }

  /** Takes in what the overlay has counted so far. */
  synchronized void observe(OverlayStatus status) {
    Map<PublicKey, Seen> now = new HashMap<>();
    for (PeerStatus peer : status.peers()) {
      Seen before = peers.getOrDefault(peer.publicKey(), NOTHING);
      receivedOctets += growth(before.receivedOctets, peer.receivedOctets());
      sentOctets += growth(before.sentOctets, peer.sentOctets());
      receivedPackets += growth(before.receivedPackets, peer.receivedPackets());
      sentPackets += growth(before.sentPackets, peer.sentPackets());
      now.put(
          peer.publicKey(),
          new Seen(
              peer.receivedOctets(),
              peer.sentOctets(),
              peer.receivedPackets(),
              peer.sentPackets()));
    }
    peers = now;
    add(drops, lastDrops, status.drops());
    add(events, lastEvents, status.counters());
    lastDrops = status.drops();
    lastEvents = status.counters();
  }

  /** A counter that shrank began anew. */
  private static long growth(long before, long now) {
    return now >= before ? now - before : now;
  }

  private static void add(
      Map<String, Long> totals, Map<String, Long> before, Map<String, Long> now) {
    now.forEach(
        (name, count) -> {
          String key = totals.containsKey(name) || totals.size() < MAX_NAMES ? name : OTHER;
          totals.merge(key, growth(before.getOrDefault(name, 0L), count), Long::sum);
        });
  }

  /** The counts so far. A copy. */
  synchronized Counts counts() {
    return new Counts(
        receivedOctets,
        sentOctets,
        receivedPackets,
        sentPackets,
        handshakes,
        new TreeMap<>(drops),
        new TreeMap<>(events));
  }
}
