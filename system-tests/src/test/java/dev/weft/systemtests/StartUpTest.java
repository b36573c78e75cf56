// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole stack starts on the class path and on the module path, each in a JVM of its own. */
@Timeout(120)
class StartUpTest {

  @TempDir private Path work = Path.of("");

  @Test
  void startsOnTheClassPath() throws IOException, InterruptedException {
    assertStarts(List.of("-cp", classPath(), StartUpProgram.class.getName()));
  }

  @Test
  void startsOnTheModulePathWithAllModulesNamed() throws IOException, InterruptedException {
    Path application = application();
    assertStarts(
        List.of(
            "-p",
            modulePath() + File.pathSeparator + application,
            "--add-modules",
            "dev.weft.engine,dev.weft.pex,dev.weft.dataplane.userspace,dev.weft.config",
            "-m",
            "dev.weft.systemtests.startup/" + StartUpProgram.class.getName()));
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** What a modular application would put there: our modules and their libraries, no test tools. */
  private static String modulePath() {
    return String.join(
        File.pathSeparator,
        Arrays.stream(classPath().split(File.pathSeparator))
            .filter(
                entry ->
                    !entry.contains("test-classes")
                        && !entry.contains("junit")
                        && !entry.contains("jqwik")
                        && !entry.contains("opentest4j")
                        && !entry.contains("apiguardian")
                        && !entry.contains("archunit")
                        && !entry.contains("testkit"))
            .toList());
  }

  /** A modular application of one class, compiled here. */
  private Path application() throws IOException, InterruptedException {
    Path sources = Files.createDirectories(work.resolve("src/dev/weft/systemtests"));
    Path target = work.resolve("application");
    Path descriptor =
        Files.writeString(
            work.resolve("src/module-info.java"),
            """
            module dev.weft.systemtests.startup {
              requires dev.weft.config;
            }
            """);
    Path program =
        Files.copy(
            Path.of("src/test/java/dev/weft/systemtests/StartUpProgram.java"),
            sources.resolve("StartUpProgram.java"));
    Outcome outcome =
        run(
            "javac",
            List.of(
                "-proc:none",
                "-p",
                modulePath(),
                "-d",
                target.toString(),
                descriptor.toString(),
                program.toString()));
    assertEquals(0, outcome.exitCode(), outcome.output());
    return target;
  }

  private static void assertStarts(List<String> arguments)
      throws IOException, InterruptedException {
    Outcome outcome = run("java", arguments);
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertTrue(outcome.output().contains("plane userspace"), outcome.output());
    assertTrue(outcome.output().contains("answered"), outcome.output());
  }

  private record Outcome(int exitCode, String output) {}

  private static Outcome run(String tool, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
      return new Outcome(process.exitValue(), output);
    } finally {
      process.destroyForcibly();
    }
  }
}
