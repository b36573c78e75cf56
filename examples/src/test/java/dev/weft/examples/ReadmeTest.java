// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReadmeTest {

  private static String between(String text, String start, String end) {
    int from = text.indexOf(start);
    assertTrue(from >= 0, start);
    int to = text.indexOf(end, from + start.length());
    assertTrue(to >= 0, end);
    return text.substring(from + start.length(), to);
  }

  @Test
  void theSnippetIsTheCodeThatTheEmbedExampleRuns() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    String source = Files.readString(Path.of("src/main/java/dev/weft/examples/EmbedExample.java"));
    String shown = between(readme, "```java\n", "```");
    String run = between(source, "// snippet\n", "    // snippet");
    // The formatter breaks a line that the README does not.
    assertEquals(shown.replaceAll("\\s+", ""), run.replaceAll("\\s+", ""));
  }
}
