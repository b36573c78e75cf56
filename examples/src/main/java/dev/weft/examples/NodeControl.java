// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.transport.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;

/**
 * What the process that started a node asks it: a line with a number is answered by the node's
 * state with that number, and the end of the lines ends the node.
 */
final class NodeControl {

  /** The event of an answer. */
  static final String ANSWER = "node-status";

  private final Overlay overlay;
  private final Story story;

  NodeControl(Overlay overlay, Story story) {
    this.overlay = overlay;
    this.story = story;
  }

  /** Serves the lines of a stream, on a thread of its own. */
  void serve(InputStream lines) {
    Thread.ofPlatform().daemon().name("weft-control").start(() -> read(lines));
  }

  private void read(InputStream lines) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        answer(line);
      }
    } catch (IOException | CompletionException e) {
      story.say("the control stream broke: " + e.getMessage());
    }
    overlay.close();
  }

  private void answer(String number) {
    OverlayStatus status = overlay.refreshStatus().toCompletableFuture().join();
    Instant now = Instant.now();
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("number", number);
    values.put("of", status.name());
    values.put("listen", status.listen().map(Endpoint::toString).orElse(""));
    values.put(
        "addresses",
        status.addresses().stream().map(address -> address.address().getHostAddress()).toList());
    List<Map<String, Object>> peers =
        status.peers().stream().map(peer -> peer(status.name(), peer, now)).toList();
    values.put("peers", peers);
    values.put("details", status.details());
    story.result(ANSWER, "status", values);
  }

  private static Map<String, Object> peer(String node, PeerStatus peer, Instant now) {
    Map<String, Object> values = StatusTable.values(node, peer, now);
    values.put("direct", peer.isDirect() && peer.connected() && peer.lastHandshake().isPresent());
    values.put("learned", Story.words(peer.endpointOrigin()));
    values.put("row", StatusTable.row(node, peer, now));
    return values;
  }
}
