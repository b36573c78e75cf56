// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.wgquick;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs a script as root in mount, process and network namespaces of its own, with an empty {@code
 * /run}: nothing is left on the host, every process ends with the script, and interfaces may have
 * any name.
 *
 * @param directory for the files of the scripts
 */
record Isolation(Path directory) {

  private static final Duration BOUND = Duration.ofSeconds(60);

  private static final List<String> TOOLS =
      List.of("unshare", "bash", "ip", "ping", "wg", "wg-quick", "wireguard-go");

  /** Whose interface it is. */
  enum Program {
    OURS,
    WIREGUARD_GO
  }

  /** {@code await CONDITION…} waits for a command to succeed, at most 20 s. */
  private static final String PRELUDE =
      """
      export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
      mount -t tmpfs tmpfs /run && mkdir /run/netns && cd "$(mktemp -d -p /run)"
      ip link set lo up
      export log=/run/program.log
      export WG_QUICK_USERSPACE_IMPLEMENTATION=$1
      await() {
        local i
        for i in {1..200}; do "$@" && return; sleep 0.1; done
        echo "not in time: $*"
      }
      gone() { ! [ -e "$1" ]; }
      ended() { ! kill -0 "$1" 2>/dev/null; }
      """;

  /** Returns when the interface is there, and leaves the program running, as wireguard-go does. */
  private static final String LAUNCHER =
      """
      #!/bin/bash
      setsid bash -c '"$@"; echo "exit status $?"' - \\
        JAVA "$1" >> "$log" 2>&1 < /dev/null &
      for i in {1..400}; do
        if [ -S "/var/run/wireguard/$1.sock" ]; then exit 0; fi
        kill -0 $! 2>/dev/null || { cat "$log" >&2; exit 1; }
        sleep 0.05
      done
      exit 1
      """;

  /** Why scripts cannot be run here, for a person; empty if they can. */
  static String unavailableReason() {
    List<String> missing =
        TOOLS.stream()
            .filter(
                tool ->
                    Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
                        .noneMatch(folder -> Files.isExecutable(Path.of(folder, tool))))
            .toList();
    if (!missing.isEmpty()) {
      return "not installed: " + String.join(", ", missing);
    }
    if (!Files.isWritable(Path.of("/dev/net/tun"))) {
      return "/dev/net/tun cannot be opened";
    }
    try {
      Process process = new ProcessBuilder(command("ip tuntap add t0 mode tun")).start();
      boolean isEnded = process.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS);
      process.destroyForcibly();
      return isEnded && process.exitValue() == 0
          ? ""
          : "namespaces with interfaces cannot be made here; run as root";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static List<String> command(String script, String... arguments) {
    return Stream.concat(
            Stream.of(
                "unshare",
                "--mount",
                "--pid",
                "--net",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "bash",
                "-c",
                script,
                "script"),
            Stream.of(arguments))
        .toList();
  }

  /**
   * Runs a script of bash.
   *
   * @return what it printed
   */
  String run(Program program, String script) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", ".txt");
    Process process =
        new ProcessBuilder(command(PRELUDE + script, implementation(program)))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(
            "not within " + BOUND + ": " + script + "\n" + Files.readString(output));
      }
    } finally {
      // unshare passes its end on to the script, and that to all it started.
      process.destroyForcibly();
    }
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  /** A program that makes the interface it is given the name of. */
  private String implementation(Program program) throws IOException {
    return switch (program) {
      case WIREGUARD_GO -> "wireguard-go";
      case OURS -> {
        Path launcher = directory.resolve("launcher");
        if (!Files.exists(launcher)) {
          Files.writeString(launcher, LAUNCHER.replace("JAVA", javaCommand()));
          Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        }
        yield launcher.toString();
      }
    };
  }

  private static String javaCommand() {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            "-cp",
            Stream.of(classPath.split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator)),
            InterfaceDaemon.class.getName())
        .map(word -> "'" + word + "'")
        .collect(Collectors.joining(" "));
  }
}
