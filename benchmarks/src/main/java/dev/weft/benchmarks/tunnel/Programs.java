// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the programs on this machine: the tools, and what the placeholders of candidates mean. */
final class Programs {

  private static final Map<String, String> TOOLS =
      Map.of(
          "ip", "iproute2",
          "wg", "wireguard-tools",
          "iperf3", "iperf3",
          "ping", "iputils-ping");
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Path HOME = Path.of(System.getProperty("weft.home", "."));
  private static final String WIREGUARD_GO = "wireguard-go";

  private final Children children;
  private final Map<String, List<String>> placeholders = new HashMap<>();
  private String newestWireGuardGo = "";

  Programs(Children children) {
    this.children = children;
  }

  /** Fails if something is missing without which nothing can be measured. */
  static void requireTools() {
    if (!Machine.isRoot()) {
      throw new BenchmarkException("makes network namespaces and interfaces: run it as root");
    }
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      throw new BenchmarkException("there is no /dev/net/tun: modprobe tun");
    }
    TOOLS.forEach(
        (tool, debianPackage) -> {
          if (onPath(tool).isEmpty()) {
            throw new BenchmarkException(
                tool + " is missing: apt-get install " + debianPackage + " (Debian, Ubuntu)");
          }
        });
  }

  /** Looks for everything, which may download the newest wireguard-go. */
  void find(boolean mayFetch) {
    java().ifPresent(java -> placeholders.put("{java}", List.of(java)));
    classPath()
        .ifPresent(
            path ->
                placeholders.put(
                    "{weft}",
                    List.of(
                        "-Dweft.home=" + HOME,
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
                        "-cp",
                        path,
                        "dev.weft.examples.Examples")));
    new NewestWireGuardGo(children, Options.cache())
        .find(mayFetch)
        .ifPresent(
            found -> {
              placeholders.put("{wireguard-go}", List.of(found.program().toString()));
              newestWireGuardGo =
                  "Debian package "
                      + found.version()
                      + (found.remark().isEmpty() ? "" : " (" + found.remark() + ")");
            });
    onPath(WIREGUARD_GO)
        .ifPresent(path -> placeholders.put("{wireguard-go-installed}", List.of(path.toString())));
    Optional.ofNullable(System.getenv("BORINGTUN"))
        .map(Path::of)
        .filter(Files::isExecutable)
        .or(() -> onPath("boringtun-cli"))
        .ifPresent(path -> placeholders.put("{boringtun}", List.of(path.toString())));
  }

  Map<String, List<String>> placeholders() {
    return Map.copyOf(placeholders);
  }

  /** What a candidate's program calls itself, in a line. */
  String version(Candidate candidate) {
    String name =
        Candidate.fill(candidate.version(), placeholders)
            .filter(command -> !command.isEmpty())
            .map(command -> children.attempt(LIMIT, command))
            .flatMap(output -> output.text().lines().findFirst())
            .orElse("");
    return candidate.id().equals(Candidate.NEWEST_WIREGUARD_GO)
        ? name + ", " + newestWireGuardGo
        : name;
  }

  /** The JDK that runs our rows. */
  String javaVersion() {
    return java()
        .map(java -> children.attempt(LIMIT, List.of(java, "-version")).errors())
        .flatMap(text -> text.lines().skip(1).findFirst())
        .orElse("none");
  }

  String firstLine(String... command) {
    return children.attempt(LIMIT, List.of(command)).text().lines().findFirst().orElse("");
  }

  private static Optional<String> java() {
    return text(HOME.resolve("examples/target/launcher/java-home")).map(home -> home + "/bin/java");
  }

  private static Optional<String> classPath() {
    return text(HOME.resolve("examples/target/launcher/class-path"))
        .map(path -> HOME.resolve("examples/target/classes") + ":" + path);
  }

  private static Optional<String> text(Path file) {
    try {
      return Files.isReadable(file)
          ? Optional.of(Files.readString(file).strip())
          : Optional.empty();
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file, e);
    }
  }

  private static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Stream.of(path.split(":", -1)), Stream.of("/usr/sbin", "/sbin"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
