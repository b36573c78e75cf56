// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class BrokenDocumentsTest {

  private static final Path BROKEN = Path.of("configs/broken");

  static List<Path> brokenDocuments() throws IOException {
    try (Stream<Path> files = Files.list(BROKEN)) {
      return files.filter(file -> !file.endsWith("README.md")).sorted().toList();
    }
  }

  private record Outcome(int exitCode, String error) {}

  private static Outcome run(String... arguments) {
    StringWriter error = new StringWriter();
    CommandLine line = Examples.commandLine();
    line.setErr(new PrintWriter(error, true));
    int exitCode = line.execute(arguments);
    return new Outcome(exitCode, error.toString());
  }

  @Test
  void thereAreAtLeastTwenty() throws IOException {
    assertTrue(brokenDocuments().size() >= 20);
  }

  @ParameterizedTest
  @MethodSource("brokenDocuments")
  void endsWithOneReadableErrorAndExitCodeTwo(Path file) {
    Outcome outcome = run("openwifi", "--config", file.toString());
    assertEquals(2, outcome.exitCode(), outcome.error());
    assertEquals(
        1,
        outcome.error().lines().filter(line -> line.startsWith("error: ")).count(),
        outcome.error());
    assertFalse(outcome.error().contains("Exception"), outcome.error());
    assertFalse(outcome.error().contains("\tat "), outcome.error());
  }

  @Test
  void layerTwoNamesTheMissingArtifact() {
    Outcome outcome =
        run("openwifi", "--config", BROKEN.resolve("layer2-without-provider.json").toString());
    assertTrue(outcome.error().contains("dev.weft:weft-vxlan"), outcome.error());
  }

  @Test
  void documentsThatDisagreeAreNamed() {
    Outcome outcome =
        run(
            "openwifi",
            "--config",
            "configs/openwifi/root.json",
            BROKEN.resolve("disagreeing.json").toString());
    assertEquals(2, outcome.exitCode(), outcome.error());
  }

  @Test
  void aMissingFileIsNamed() {
    Outcome outcome = run("openwifi", "--config", "no/such/file.json");
    assertEquals(2, outcome.exitCode());
    assertTrue(outcome.error().contains("no/such/file.json"), outcome.error());
  }

  @Test
  void oneNodeAloneIsWrongInput() {
    assertEquals(2, run("openwifi", "--config", "configs/openwifi/root.json").exitCode());
  }

  @Test
  void anUnknownOptionIsWrongInput() {
    assertEquals(2, run("openwifi", "--no-such-option").exitCode());
  }
}
