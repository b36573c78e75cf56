// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.config.OpenWifiDocument;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The main job, told as JSON lines. */
@Timeout(120)
class OpenWifiExampleTest {

  private static List<JsonNode> runSamples() throws IOException, InterruptedException {
    List<OpenWifiDocument> documents = new ArrayList<>();
    for (String node : List.of("root", "ap1", "ap2")) {
      documents.add(
          OpenWifiDocument.parse(
              Files.readString(Path.of("configs/openwifi").resolve(node + ".json"))));
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(lines, true, StandardCharsets.UTF_8);
    assertEquals(0, new OpenWifiDemonstration(documents, new Story(out, true)).run());
    ObjectMapper mapper = new ObjectMapper();
    List<JsonNode> events = new ArrayList<>();
    for (String line : lines.toString(StandardCharsets.UTF_8).lines().toList()) {
      events.add(mapper.readTree(line));
    }
    return events;
  }

  private static List<JsonNode> of(List<JsonNode> events, String kind) {
    return events.stream().filter(event -> event.get("event").asText().equals(kind)).toList();
  }

  @Test
  void threeNodesFindEachOtherAndProveTheDirectPath() throws IOException, InterruptedException {
    List<JsonNode> events = runSamples();
    assertEquals(3, of(events, "data-plane-selected").size());
    // Six ordered pairs on two addresses each, and two after the root node has gone.
    assertEquals(14, of(events, "ping").size());
    for (JsonNode ping : of(events, "ping")) {
      assertEquals(ping.get("sent").asInt(), ping.get("answered").asInt(), ping.toString());
    }
    JsonNode counters =
        of(events, "proof").stream()
            .filter(event -> event.has("through-root"))
            .findFirst()
            .orElseThrow();
    assertEquals(counters.get("echoes").asInt(), counters.get("requests").asInt());
    assertEquals(counters.get("echoes").asInt(), counters.get("replies").asInt());
    assertEquals(0, counters.get("through-root").asInt());
    assertTrue(
        of(events, "service-message").stream()
            .map(event -> event.get("text").asText())
            .anyMatch(
                text ->
                    text.contains("NOTIFY_PEERS") && text.contains("ap2 is at 127.0.0.3:3456")));
    assertTrue(
        of(events, "status").stream()
            .anyMatch(
                event ->
                    event.get("of").asText().equals("ap1")
                        && event.get("peer").asText().equals("ap2")
                        && event.get("endpoint").asText().equals("127.0.0.3:3456")));
  }
}
