// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service as a process of its own, with the samples on free ports of a loopback address. */
@Timeout(120)
class PexServerExampleTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Path SAMPLES = Path.of("pex-server/sample");
  private static final Duration STOP = Duration.ofSeconds(2);

  @TempDir private Path work;

  private Process start(String... more) throws IOException {
    Path definitions = Files.createDirectories(work.resolve("networks"));
    for (String name : List.of("sample-dynamic.json", "sample-inline.json")) {
      String text = Files.readString(SAMPLES.resolve(name));
      Files.writeString(
          definitions.resolve(name), text.replace("\"listen_port\": 51830", "\"listen_port\": 0"));
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Examples.class.getName(),
                "pex-server",
                "--dir",
                definitions.toString(),
                "--state",
                work.resolve("state").toString(),
                "--listen",
                "127.0.0.1",
                "--pex-port",
                "0",
                "--stun-port",
                "0",
                "--management",
                "127.0.0.1:0",
                "--json"));
    command.addAll(List.of(more));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(work.resolve("error").toFile()))
        .start();
  }

  private static JsonNode await(BufferedReader lines, String text) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode event = MAPPER.readTree(line);
      if (event.get("text").asText().startsWith(text)) {
        return event;
      }
    }
    throw new AssertionError("the program ended before it said: " + text);
  }

  @Test
  void servesTheSamplesAndEndsOnSigtermWithItsStateOnDisk()
      throws IOException, InterruptedException {
    Process process = start();
    try (HttpClient client = HttpClient.newHttpClient();
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      JsonNode management = await(lines, "management listens on");
      await(lines, "network sample-dynamic is running");
      await(lines, "network sample-inline is running");
      String base = "http://" + management.get("listen").asText();
      HttpResponse<String> health =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "/healthz")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, health.statusCode());
      assertEquals(
          0,
          Examples.commandLine()
              .execute("pex-server-health", "--management", management.get("listen").asText()));
      String token = Files.readString(Path.of(management.get("token-file").asText())).strip();
      Path signed = SAMPLES.resolve("data/sample-dynamic.bin");
      HttpResponse<String> put =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "/networks/sample-dynamic/data"))
                  .header("Authorization", "Bearer " + token)
                  .PUT(HttpRequest.BodyPublishers.ofFile(signed))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, put.statusCode(), put.body());

      process.destroy();
      assertTrue(process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS), "it did not end");
      // 128 + SIGTERM.
      assertEquals(143, process.exitValue());
      assertArrayEquals(
          Files.readAllBytes(signed), Files.readAllBytes(work.resolve("state/sample-dynamic.bin")));
    } finally {
      process.destroyForcibly();
    }
    assertFalse(Files.readString(work.resolve("error")).contains("Exception"));
  }

  @Test
  void whatCannotWorkIsSaidInOneLine() throws IOException, InterruptedException {
    Process process = start("--token-file", work.resolve("networks/sample-inline.json").toString());
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(1, process.exitValue());
      List<String> error = Files.readAllLines(work.resolve("error"));
      assertEquals(1, error.size(), error.toString());
      assertTrue(error.getFirst().startsWith("error: the file "), error.getFirst());
      assertNotNull(lines);
    } finally {
      process.destroyForcibly();
    }
  }
}
