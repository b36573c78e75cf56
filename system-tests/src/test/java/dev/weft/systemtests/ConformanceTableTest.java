// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every row of {@code docs/conformance.md} says something, and the tests it names exist. */
final class ConformanceTableTest {

  private static final Pattern NAMED_TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");
  private static final Pattern SUPERCLASS = Pattern.compile("class \\w+ extends (\\w+)");
  private static final Pattern COMMAND = Pattern.compile("-Dtest='([\\w,]+)'");
  private static final String NOT_APPLICABLE = "not applicable until ";

  private record Row(int line, List<String> cells) {
    String test() {
      return cells.getLast();
    }
  }

  private static String text = "";
  private static final List<Row> ROWS = new ArrayList<>();
  private static final Map<String, String> SOURCES = new HashMap<>();

  @BeforeAll
  static void read() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("docs/conformance.md"))) {
      root =
          Optional.ofNullable(root.getParent())
              .orElseThrow(() -> new AssertionError("docs/conformance.md was not found"));
    }
    text = Files.readString(root.resolve("docs/conformance.md"));
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean isHeader = i + 1 < lines.size() && lines.get(i + 1).startsWith("| ---");
      if (line.startsWith("|") && !line.startsWith("| ---") && !isHeader) {
        String inner = line.substring(1, line.endsWith("|") ? line.length() - 1 : line.length());
        ROWS.add(new Row(i + 1, Arrays.stream(inner.split("\\|", -1)).map(String::strip).toList()));
      }
    }
    try (Stream<Path> modules = Files.list(root)) {
      modules.map(module -> module.resolve("src/test/java")).forEach(ConformanceTableTest::index);
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

  private static boolean exists(String type, String method) {
    String source = SOURCES.get(type);
    if (source == null) {
      return false;
    }
    Pattern test =
        Pattern.compile(
            "@(Test|Property|FuzzTest|ParameterizedTest|RepeatedTest)\\b(?:(?!\\bvoid\\b).)*\\bvoid "
                + method
                + "\\(|@TestFactory\\s+Stream<DynamicTest> "
                + method
                + "\\(",
            Pattern.DOTALL);
    if (test.matcher(source).find()) {
      return true;
    }
    Matcher superclass = SUPERCLASS.matcher(source);
    return superclass.find() && exists(superclass.group(1), method);
  }

  @Test
  void everyRowHasARuleASourceAndATestOrAReason() {
    assertTrue(ROWS.size() >= 100, () -> ROWS.size() + " rows");
    for (Row row : ROWS) {
      assertEquals(3, row.cells().size(), () -> "line " + row.line());
      assertFalse(row.cells().contains(""), () -> "an empty cell in line " + row.line());
      boolean isNamed = NAMED_TEST.matcher(row.test()).find();
      boolean isReason =
          row.test().startsWith(NOT_APPLICABLE)
              && row.test().length() > NOT_APPLICABLE.length() + 20
              && row.test().contains(": ");
      assertTrue(isNamed || isReason, () -> "no test and no reason in line " + row.line());
    }
  }

  @Test
  void everyTestThatIsNamedExists() {
    List<String> missing = new ArrayList<>();
    for (Row row : ROWS) {
      Matcher named = NAMED_TEST.matcher(row.test());
      while (named.find()) {
        if (!exists(named.group(1), named.group(2))) {
          missing.add("line " + row.line() + ": " + named.group());
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void theCommandRunsExactlyTheTestsThatAreNamed() {
    TreeSet<String> named = new TreeSet<>();
    for (Row row : ROWS) {
      Matcher matcher = NAMED_TEST.matcher(row.test());
      while (matcher.find()) {
        named.add(matcher.group(1));
      }
    }
    named.add("ConformanceTableTest");
    Matcher command = COMMAND.matcher(text);
    assertTrue(command.find(), "no command");
    assertEquals(String.join(",", named), command.group(1));
  }

  @Test
  void noItemOfTheChangelogIsLeftOut() {
    List<String> sources = ROWS.stream().map(row -> row.cells().get(1)).toList();
    List<String> missing =
        IntStream.rangeClosed(1, 30)
            .mapToObj(number -> "GotaTun " + number)
            .filter(item -> !sources.contains(item))
            .collect(Collectors.toList());
    assertEquals(List.of(), missing);
  }
}
