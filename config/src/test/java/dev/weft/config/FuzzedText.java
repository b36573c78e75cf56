// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What the fuzz targets of documents have in common. */
final class FuzzedText {

  /** The private key of the samples, which no message may repeat. */
  private static final String SECRET = Documents.AP1.split("\"", -1)[5];

  /** One line for each problem, and no problem is longer than this. */
  private static final int MAX_PROBLEM_LENGTH = 1000;

  private FuzzedText() {}

  /** The sample documents of these folders. */
  static Stream<byte[]> samples(String... folders) {
    return Arrays.stream(folders).flatMap(folder -> files(Documents.SAMPLES.resolve(folder)));
  }

  private static Stream<byte[]> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList().stream().map(FuzzedText::octets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] octets(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a document. It must be read, or refused with problems that tell no secret and are no
   * longer than people read.
   */
  static void readsOrRefuses(byte[] octets, Consumer<String> read) {
    try {
      read.accept(new String(octets, StandardCharsets.UTF_8));
    } catch (InvalidConfigurationException e) {
      assertFalse(e.problems().isEmpty());
      assertTrue(e.problems().size() <= 1001);
      for (var problem : e.problems()) {
        assertTrue(problem.toString().length() <= MAX_PROBLEM_LENGTH, problem::toString);
      }
      assertFalse(e.toString().contains(SECRET));
    }
  }
}
