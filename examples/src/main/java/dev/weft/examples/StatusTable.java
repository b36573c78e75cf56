// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The state of overlays as a table for a person, or as values for a program. */
final class StatusTable {

  private static final String ROW = "%-8s %-9s %-9s %-22s %-21s %-10s %-9s %10s %10s%n";

  private StatusTable() {}

  /** The table of several nodes. */
  static String of(List<OverlayStatus> nodes, Instant now) {
    StringBuilder table = new StringBuilder(header());
    for (OverlayStatus node : nodes) {
      for (PeerStatus peer : node.peers()) {
        table.append(row(node.name(), peer, now));
      }
    }
    return table.toString();
  }

  /** What the columns are. */
  static String header() {
    return String.format(
        Locale.ROOT,
        ROW,
        "node",
        "peer",
        "path",
        "endpoint",
        "learned",
        "handshake",
        "rtt",
        "received",
        "sent");
  }

  /** A peer's line. */
  static String row(String node, PeerStatus peer, Instant now) {
    return String.format(
        Locale.ROOT,
        ROW,
        node,
        peer.displayName(),
        path(peer),
        peer.endpoint().map(Endpoint::toString).orElse("-"),
        Story.words(peer.endpointOrigin()),
        handshake(peer, now),
        peer.roundTripTime().map(StatusTable::micros).orElse("-"),
        peer.receivedOctets() + " B",
        peer.sentOctets() + " B");
  }

  /** A peer's line as values. */
  static Map<String, Object> values(String node, PeerStatus peer, Instant now) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("of", node);
    values.put("peer", peer.displayName());
    values.put("path", path(peer));
    values.put("endpoint", peer.endpoint().map(Endpoint::toString).orElse(""));
    values.put("handshake", handshake(peer, now));
    values.put("received-octets", peer.receivedOctets());
    values.put("sent-octets", peer.sentOctets());
    values.put("received-packets", peer.receivedPackets());
    values.put("sent-packets", peer.sentPackets());
    return values;
  }

  private static String path(PeerStatus peer) {
    if (!peer.isDirect()) {
      return "via " + peer.via().orElse("?");
    }
    return peer.connected() ? "direct" : "none";
  }

  private static String handshake(PeerStatus peer, Instant now) {
    return peer.lastHandshake()
        .map(time -> Math.max(0, Duration.between(time, now).toSeconds()) + " s ago")
        .orElse("never");
  }

  static String micros(Duration duration) {
    return duration.toNanos() / 1_000 + " µs";
  }
}
