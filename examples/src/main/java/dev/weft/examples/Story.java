// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayListener;
import dev.weft.peer.EndpointOrigin;
import dev.weft.spi.Availability;
import dev.weft.transport.Endpoint;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Tells what happens, as lines for a person or as JSON lines for a program. Thread-safe. */
final class Story implements OverlayListener {

  private static final String SERVICE_MESSAGE = "service-message";

  private final PrintStream out;
  private final boolean json;
  private final ObjectMapper mapper = new ObjectMapper();
  private final long startNanos = System.nanoTime();
  private final AtomicLong serviceMessages = new AtomicLong();

  Story(PrintStream out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** PEX messages seen so far, in both directions at all nodes of this story. */
  long serviceMessages() {
    return serviceMessages.get();
  }

  boolean isJson() {
    return json;
  }

  /** A heading or remark of the example itself. */
  void say(String text) {
    line("example", "note", text, Map.of());
  }

  /** A finding with values a program may want. */
  void result(String kind, String text, Map<String, ?> values) {
    line("example", kind, text, values);
  }

  /** What a node in another process told. */
  void retell(String node, String kind, String text, Map<String, ?> values) {
    if (kind.equals(SERVICE_MESSAGE)) {
      serviceMessages.incrementAndGet();
    }
    line(node, kind, text, values);
  }

  @Override
  public void onEvent(OverlayEvent event) {
    switch (event) {
      case OverlayEvent.DataPlaneSelected selected -> {
        line(
            selected.overlay(),
            "data-plane-selected",
            "data plane " + selected.plane() + ": " + selected.reason(),
            Map.of("plane", selected.plane()));
        selected
            .probes()
            .forEach(
                (plane, answer) -> {
                  if (answer instanceof Availability.Unavailable(String reason, String remedy)) {
                    line(
                        selected.overlay(),
                        "data-plane-unavailable",
                        "not " + plane + ": " + reason + "; remedy: " + remedy,
                        Map.of("plane", plane));
                  }
                });
      }
      case OverlayEvent.Started started ->
          line(
              started.overlay(),
              "started",
              "WireGuard listens on " + started.listen().map(Endpoint::toString).orElse("nothing"),
              Map.of("listen", text(started.listen())));
      case OverlayEvent.Warning warning ->
          line(warning.overlay(), "warning", "warning: " + warning.text(), Map.of());
      case OverlayEvent.NetworkDataInstalled installed ->
          line(
              installed.overlay(),
              "network-data-installed",
              "network data with " + installed.hosts() + " hosts in force",
              Map.of("hosts", installed.hosts()));
      case OverlayEvent.HandshakeCompleted handshake ->
          line(
              handshake.overlay(),
              "handshake-completed",
              "handshake with "
                  + handshake.peerName()
                  + handshake.endpoint().map(endpoint -> " at " + endpoint).orElse(""),
              Map.of("peer", handshake.peerName(), "endpoint", text(handshake.endpoint())));
      case OverlayEvent.EndpointChanged changed ->
          line(
              changed.overlay(),
              "endpoint-changed",
              changed.peerName() + " is at " + changed.endpoint() + ", " + words(changed.origin()),
              Map.of(
                  "peer",
                  changed.peerName(),
                  "endpoint",
                  changed.endpoint().toString(),
                  "origin",
                  code(changed.origin())));
      case OverlayEvent.PeerConnected connected ->
          line(
              connected.overlay(),
              "peer-connected",
              "direct path to " + connected.peerName() + " is up",
              Map.of("peer", connected.peerName()));
      case OverlayEvent.PeerLost lost ->
          line(
              lost.overlay(),
              "peer-lost",
              lost.peerName() + " is lost",
              Map.of("peer", lost.peerName()));
      case OverlayEvent.ServiceMessage message -> {
        serviceMessages.incrementAndGet();
        line(
            message.overlay(),
            SERVICE_MESSAGE,
            message.service().toUpperCase(Locale.ROOT)
                + (message.outgoing() ? " to " : " from ")
                + message.peerName()
                + ": "
                + message.text(),
            Map.of(
                "service",
                message.service(),
                "outgoing",
                message.outgoing(),
                "peer",
                message.peerName()));
      }
      case OverlayEvent.Closed closed ->
          line(
              closed.overlay(),
              "closed",
              "closed" + closed.cause().map(cause -> ": " + cause).orElse(""),
              Map.of());
    }
  }

  private static String text(Optional<?> value) {
    return value.map(Object::toString).orElse("");
  }

  private static String code(EndpointOrigin origin) {
    return origin.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How an endpoint was learned, in words. */
  static String words(EndpointOrigin origin) {
    return switch (origin) {
      case NONE -> "unknown";
      case CONFIGURED -> "as configured";
      case PEX -> "learned by PEX";
      case ENDPOINT_NOTIFY, ENDPOINT_PORT_NOTIFY -> "learned by notification";
      case ROAMING -> "seen in its packets";
    };
  }

  private synchronized void line(String node, String kind, String text, Map<String, ?> values) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    if (!json) {
      out.printf(Locale.ROOT, "%7.3f  %-8s %s%n", seconds, node, text);
      return;
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("seconds", Math.round(seconds * 1_000) / 1_000.0);
    fields.put("node", node);
    fields.put("event", kind);
    fields.put("text", text);
    fields.putAll(values);
    try {
      out.println(mapper.writeValueAsString(fields));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
