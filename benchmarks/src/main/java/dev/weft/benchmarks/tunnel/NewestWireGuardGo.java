// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Debian sid's wireguard-go, unpacked into a directory of ours. apt fetches it with this machine's
 * own mirror, proxy and keys, but with sources and state of its own: nothing is installed, and the
 * machine's package lists stay as they are.
 */
final class NewestWireGuardGo {

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String PACKAGE = "wireguard-go";
  private static final String PROGRAM = "usr/bin/wireguard-go";
  private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private final Children children;
  private final Path directory;

  NewestWireGuardGo(Children children, Path cache) {
    this.children = children;
    this.directory = cache.resolve("debian-sid");
  }

  /**
   * The program, and the package's version.
   *
   * @param remark what the result should say of it, or empty
   */
  record Found(Path program, String version, String remark) {}

  /** The newest, or what an earlier run fetched if the mirror cannot be reached. */
  Optional<Found> find(boolean mayFetch) {
    String remark = "not looked for a newer one";
    try {
      if (mayFetch) {
        return Optional.of(fetch());
      }
    } catch (BenchmarkException | IOException e) {
      remark = "from an earlier run, since: " + e.getMessage();
    }
    return newestUnpacked(remark);
  }

  private Found fetch() throws IOException {
    List<String> options = prepare();
    children.run(LIMIT, apt("apt-get", options, "-q", "update"));
    String version =
        children
            .run(LIMIT, apt("apt-cache", options, "policy", PACKAGE))
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("Candidate:"))
            .map(line -> line.substring("Candidate:".length()).strip())
            .findFirst()
            .orElseThrow(() -> new BenchmarkException("Debian sid has no " + PACKAGE));
    Path root = directory.resolve(PACKAGE + "_" + version);
    if (!Files.isExecutable(root.resolve(PROGRAM))) {
      // apt-get download writes to its working directory.
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", directory.toString()));
      command.addAll(apt("apt-get", options, "-q", "download", PACKAGE + "=" + version));
      children.run(LIMIT, command);
      children.run(LIMIT, List.of("dpkg-deb", "-x", archive().toString(), root.toString()));
    }
    return new Found(root.resolve(PROGRAM), version, "");
  }

  private Path archive() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".deb"))
          .max(Comparator.comparingLong(NewestWireGuardGo::modified))
          .orElseThrow(() -> new BenchmarkException("apt-get download left no package"));
    }
  }

  /** Sources and state of our own; the sources name the mirror that the machine's name. */
  private List<String> prepare() throws IOException {
    Path sources = directory.resolve("sid.sources");
    Files.createDirectories(directory.resolve("state/lists/partial"));
    Files.createDirectories(directory.resolve("cache/archives/partial"));
    Files.writeString(
        sources,
        String.format(
            Locale.ROOT,
            "Types: deb\nURIs: %s\nSuites: sid\nComponents: main\nSigned-By: %s\n",
            mirror(),
            KEYRING));
    return List.of(
        "-oDir::State=" + directory.resolve("state"),
        "-oDir::Cache=" + directory.resolve("cache"),
        "-oDir::Etc::sourcelist=" + sources,
        "-oDir::Etc::sourceparts=/dev/null",
        "-oAPT::Sandbox::User=root");
  }

  private String mirror() {
    return children
        .run(
            LIMIT,
            List.of(
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI) $(COMPONENT)",
                "Created-By: Packages"))
        .lines()
        .filter(line -> line.matches(".*/debian/? main"))
        .map(line -> line.split(" ", -1)[0])
        .findFirst()
        .orElseThrow(() -> new BenchmarkException("no mirror of Debian in this machine's sources"));
  }

  private Optional<Found> newestUnpacked(String remark) {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(root -> Files.isExecutable(root.resolve(PROGRAM)))
          .max(Comparator.comparingLong(NewestWireGuardGo::modified))
          .map(
              root ->
                  new Found(
                      root.resolve(PROGRAM), root.toString().replaceFirst(".*_", ""), remark));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + directory, e);
    }
  }

  private static long modified(Path file) {
    return file.toFile().lastModified();
  }

  private static List<String> apt(String program, List<String> options, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(options);
    command.addAll(List.of(arguments));
    return command;
  }
}
