// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.config.OpenWifiDocument;
import dev.weft.linux.tun.TunDevice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The main job in network namespaces, told as JSON lines. */
@Timeout(180)
class NamespaceDemonstrationIT {

  private static final Pattern NAMESPACE = Pattern.compile("namespace (weft-\\S+)");

  @BeforeEach
  void requireTun() throws InterruptedException {
    if (!List.of(System.getProperty("weft.require", "").split(",", -1)).contains("tun")) {
      Optional<String> obstacle = TunDevice.unavailableReason();
      Assumptions.assumeTrue(obstacle.isEmpty(), () -> "requires tun: " + obstacle.orElseThrow());
      try (Namespaces namespaces = Namespaces.plan(1)) {
        namespaces.make();
      } catch (Failure e) {
        Assumptions.abort("requires tun: " + e.getMessage());
      }
    }
  }

  private static List<JsonNode> of(List<JsonNode> events, String kind) {
    return events.stream().filter(event -> event.path("event").asText().equals(kind)).toList();
  }

  @Test
  void threeNodesWithInterfacesProveTheDirectPathAndLeaveNothing()
      throws IOException, InterruptedException {
    List<Path> files = new ArrayList<>();
    List<OpenWifiDocument> documents = new ArrayList<>();
    for (String node : List.of("root", "ap1", "ap2")) {
      Path file = Path.of("configs/openwifi").resolve(node + ".json").toAbsolutePath();
      files.add(file);
      documents.add(OpenWifiDocument.parse(Files.readString(file)));
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(lines, true, StandardCharsets.UTF_8);
    assertEquals(0, new NamespaceDemonstration(files, documents, new Story(out, true)).run());

    ObjectMapper mapper = new ObjectMapper();
    List<JsonNode> events = new ArrayList<>();
    for (String line : lines.toString(StandardCharsets.UTF_8).lines().toList()) {
      events.add(mapper.readTree(line));
    }
    // Six ordered pairs on two addresses each, and two after the root node has gone.
    assertEquals(14, of(events, "ping").size());
    for (JsonNode ping : of(events, "ping")) {
      assertEquals(ping.path("sent").asInt(), ping.path("answered").asInt(), ping.toString());
    }
    JsonNode counters =
        of(events, "proof").stream()
            .filter(event -> event.has("through-root"))
            .findFirst()
            .orElseThrow();
    assertEquals(counters.path("echoes").asInt(), counters.path("requests").asInt());
    assertEquals(0, counters.path("through-root").asInt());
    assertTrue(
        of(events, "service-message").stream()
            .map(event -> event.path("text").asText())
            .anyMatch(text -> text.contains("NOTIFY_PEERS") && text.contains("ap2 is at 198.18.")));
    assertEquals(3, of(events, "closed").size());
    List<String> namespaces =
        of(events, "note").stream()
            .map(event -> NAMESPACE.matcher(event.path("text").asText()))
            .filter(Matcher::find)
            .map(found -> found.group(1))
            .toList();
    assertEquals(3, namespaces.size());
    for (String namespace : namespaces) {
      assertFalse(Files.exists(Path.of("/run/netns", namespace)), namespace);
    }
  }
}
