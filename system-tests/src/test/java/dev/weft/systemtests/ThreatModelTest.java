// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code docs/threat-model.md} leaves no weakness out, and what it names exists. */
final class ThreatModelTest {

  private static final Pattern NAMED_TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");
  private static final Pattern NAMED_CLASS = Pattern.compile("`([A-Z]\\w+)`");
  private static final String FIRST_COLUMNS_OF_SURFACE = "| Surface | Bound | Where | Shown by |";

  private static final Map<String, String> SOURCES = new HashMap<>();
  private static List<String> lines = List.of();

  @BeforeAll
  static void read() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/threat-model.md"))) {
      root =
          Optional.ofNullable(root.getParent())
              .orElseThrow(() -> new AssertionError("docs/threat-model.md was not found"));
    }
    lines = Files.readAllLines(root.resolve("docs/threat-model.md"));
    try (Stream<Path> modules = Files.list(root)) {
      modules.map(module -> module.resolve("src")).forEach(ThreatModelTest::index);
    }
  }

  private static void index(Path sources) {
    if (!Files.isDirectory(sources)) {
      return;
    }
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String name = String.valueOf(file.getFileName()).replace(".java", "");
        SOURCES.merge(name, Files.readString(file), (one, other) -> one + other);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyWeaknessHasARow() {
    for (int number = 1; number <= 17; number++) {
      String start = "| P" + number + " | ";
      List<String> rows = lines.stream().filter(line -> line.startsWith(start)).toList();
      assertEquals(1, rows.size(), start);
      assertFalse(List.of(cells(rows.getFirst())).contains(""), start);
      assertEquals(4, cells(rows.getFirst()).length, start);
    }
  }

  @Test
  void everySurfaceHasATest() {
    int header = lines.indexOf(FIRST_COLUMNS_OF_SURFACE);
    assertTrue(header > 0);
    List<String> rows =
        lines.stream().skip(header + 2).takeWhile(line -> line.startsWith("|")).toList();
    assertTrue(rows.size() >= 15, () -> rows.size() + " rows");
    for (String row : rows) {
      assertEquals(4, cells(row).length, row);
      assertTrue(NAMED_TEST.matcher(cells(row)[3]).find(), row);
    }
  }

  private static String[] cells(String row) {
    return Stream.of(row.substring(1, row.length() - 1).split("\\|", -1))
        .map(String::strip)
        .toArray(String[]::new);
  }

  @Test
  void everythingThatIsNamedExists() {
    TreeSet<String> missing = new TreeSet<>();
    IntStream.range(0, lines.size())
        .forEach(
            i -> {
              Matcher test = NAMED_TEST.matcher(lines.get(i));
              while (test.find()) {
                if (!exists(test.group(1), test.group(2))) {
                  missing.add("line " + (i + 1) + ": " + test.group());
                }
              }
              Matcher type = NAMED_CLASS.matcher(lines.get(i));
              while (type.find()) {
                if (!SOURCES.containsKey(type.group(1))) {
                  missing.add("line " + (i + 1) + ": " + type.group());
                }
              }
            });
    assertEquals(new TreeSet<>(), missing);
  }

  private static boolean exists(String type, String method) {
    return Pattern.compile(
            "@(Test|Property|ParameterizedTest|RepeatedTest)\\b(?:(?!\\bvoid\\b).)*\\bvoid "
                + method
                + "\\(",
            Pattern.DOTALL)
        .matcher(SOURCES.getOrDefault(type, ""))
        .find();
  }
}
