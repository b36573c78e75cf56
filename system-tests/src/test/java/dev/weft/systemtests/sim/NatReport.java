// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The tables of {@code docs/nat.md}: how they are written, and where they stand. */
final class NatReport {

  private static final String DOCUMENT = "docs/nat.md";
  private static final List<Integer> BOUNDS = List.of(5, 10, 20, 40, 80, 120);

  private static final Pattern TIME = Pattern.compile("≤ (\\d+) s");
  private static final String REMEDY =
      "; -Dweft.nat.print=true prints that, -Dweft.nat.write=true writes it";

  private NatReport() {}

  /** A cell: direct within a rounded time, or the number of the reason why not. */
  static String cell(NatTheory theory, Optional<Duration> worst) {
    if (worst.isEmpty()) {
      return "no (" + theory.number() + ")";
    }
    return BOUNDS.stream()
        .filter(bound -> worst.get().compareTo(Duration.ofSeconds(bound)) <= 0)
        .findFirst()
        .map(bound -> "≤ " + bound + " s")
        .orElse("> " + BOUNDS.getLast() + " s");
  }

  /** The reasons, by number. */
  static String reasons() {
    return Arrays.stream(NatTheory.values())
        .filter(theory -> !theory.isDirect())
        .map(theory -> theory.number() + ". Not without a relay: " + theory.words() + ".\n")
        .collect(Collectors.joining());
  }

  static String situations() {
    StringBuilder text = new StringBuilder("| | Situation of a host |\n| --- | --- |\n");
    for (NatSituation situation : NatSituation.values()) {
      text.append("| `")
          .append(situation.label())
          .append("` | ")
          .append(situation.meaning())
          .append(" |\n");
    }
    return text.toString();
  }

  static String row(String head, List<String> cells) {
    return "| " + head + " | " + String.join(" | ", cells) + " |\n";
  }

  /**
   * Checks that a section of the document, between its two marks, is what was measured, or with
   * {@code -Dweft.nat.write=true} makes it so. A time in the document is a promise, which is kept
   * by a shorter one too.
   */
  static void check(String name, String measured) {
    if (Boolean.getBoolean("weft.nat.print")) {
      System.out.println(measured);
    }
    String documented = section(name, measured);
    assertEquals(
        TIME.matcher(documented).replaceAll("≤"),
        TIME.matcher(measured).replaceAll("≤"),
        () -> DOCUMENT + " is not what was measured" + REMEDY);
    List<Integer> promised = times(documented);
    List<Integer> taken = times(measured);
    for (int i = 0; i < taken.size(); i++) {
      assertTrue(taken.get(i) <= promised.get(i), () -> DOCUMENT + " promises more" + REMEDY);
    }
  }

  private static List<Integer> times(String table) {
    return TIME.matcher(table).results().map(time -> Integer.valueOf(time.group(1))).toList();
  }

  private static String section(String name, String measured) {
    try {
      Path file = document();
      String text = Files.readString(file);
      String start = "<!-- " + name + " -->\n\n";
      String end = "\n<!-- end of " + name + " -->";
      int from = text.indexOf(start) + start.length();
      int to = text.indexOf(end);
      if (from < start.length() || to < from) {
        throw new AssertionError(DOCUMENT + " has no section " + name);
      }
      if (Boolean.getBoolean("weft.nat.write")) {
        Files.writeString(file, text.substring(0, from) + measured + text.substring(to));
        return measured;
      }
      return text.substring(from, to);
    } catch (IOException e) {
      throw new AssertionError(DOCUMENT, e);
    }
  }

  private static Path document() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve(DOCUMENT))) {
      root =
          Optional.ofNullable(root.getParent())
              .orElseThrow(() -> new AssertionError(DOCUMENT + " was not found"));
    }
    return root.resolve(DOCUMENT);
  }
}
