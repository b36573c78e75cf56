// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs of the system, each within a bound. */
final class SystemCommand {

  private static final Duration BOUND = Duration.ofSeconds(20);

  /** Where programs of the administrator are, which the path of others may lack. */
  private static final String MORE_FOLDERS = "/usr/sbin:/sbin";

  /**
   * How a program ended.
   *
   * @param exitStatus 0 if all went well
   * @param output its standard output and standard error together
   */
  record Result(int exitStatus, String output) {}

  private SystemCommand() {}

  /**
   * Requires that a program is installed.
   *
   * @throws Failure naming the package that has it
   */
  static void require(String program, String debianPackage) {
    if (Stream.of((System.getenv("PATH") + ":" + MORE_FOLDERS).split(":", -1))
        .noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
      throw Failure.wrongInput(
          "the program "
              + program
              + " is not installed; it is in the package "
              + debianPackage
              + " (apt-get install "
              + debianPackage
              + ")");
    }
  }

  /** Runs a program and requires that it ends well. */
  static void run(List<String> command) throws InterruptedException {
    Result result = run(BOUND, command);
    if (result.exitStatus() != 0) {
      throw new Failure(
          Examples.FAILED, String.join(" ", command) + " failed: " + result.output().strip());
    }
  }

  /**
   * Runs a program to its end.
   *
   * @throws Failure if it cannot be started or takes longer
   */
  static Result run(Duration bound, List<String> command) throws InterruptedException {
    String what = String.join(" ", command);
    try {
      Process process =
          builder(command).redirectErrorStream(true).redirectInput(new File("/dev/null")).start();
      try {
        CompletableFuture<String> output = new CompletableFuture<>();
        Thread.ofPlatform()
            .daemon()
            .name("command-output")
            .start(() -> output.complete(read(process)));
        if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new Failure(
              Examples.FAILED, what + " took longer than " + bound.toSeconds() + " s");
        }
        return new Result(process.exitValue(), output.join());
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new Failure(Examples.FAILED, what + " cannot be run: " + e.getMessage());
    }
  }

  private static String read(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(its output cannot be read: " + e.getMessage() + ")";
    }
  }

  /** For a program whose output is in English. */
  static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().merge("PATH", MORE_FOLDERS, (path, more) -> path + ":" + more);
    builder.environment().put("LC_ALL", "C");
    return builder;
  }
}
