// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Two network namespaces, {@link #OURS} and {@link #PEER}, inside user, mount, process and network
 * namespaces of their own: no privilege is needed where the system allows user namespaces, nothing
 * is left on the host, and everything started in the lab ends with it, also when this process dies.
 * A tmpfs on {@code /run} keeps wireguard-go's control sockets apart from those of the host and of
 * other labs.
 *
 * <p>Thread-safe.
 */
final class Lab implements AutoCloseable {

  static final String OURS = "ours";
  static final String PEER = "peer";

  /** The longest that a short command may take on a busy machine. */
  static final Duration COMMAND_BOUND = Duration.ofSeconds(20);

  /** For blocking reads: as many as programs run at a time. */
  private static final Executor OWN_THREAD =
      task -> Thread.ofPlatform().daemon().name("lab-output").start(task);

  private static final List<String> TOOLS =
      List.of("unshare", "nsenter", "bash", "ip", "ping", "wg", "wireguard-go");

  /** Runs as process 1 of the lab: when its input ends, so does all of the lab. */
  private static final String INIT =
      """
      set -e
      mount -t tmpfs tmpfs /run
      mkdir /run/netns
      for name in ours peer; do
        ip netns add $name
        ip -n $name link set lo up
      done
      echo ready
      cat
      """;

  private final Process init;
  private final List<String> enter;
  private final Path directory;
  private final AtomicInteger links = new AtomicInteger();

  private Lab(Process init, long childPid, Path directory) {
    this.init = init;
    this.directory = directory;
    enter =
        List.of(
            "nsenter",
            "--target=" + childPid,
            "--user",
            "--mount",
            "--net",
            "--pid",
            "--preserve-credentials",
            "--");
  }

  /**
   * Starts a lab.
   *
   * @throws LabUnavailableException if this system cannot run one
   */
  static Lab open() throws LabUnavailableException {
    requireTools();
    try {
      Path directory = Files.createTempDirectory("weft-lab");
      Path errors = directory.resolve("init.log");
      Process init =
          new ProcessBuilder(
                  "unshare",
                  "--user",
                  "--map-root-user",
                  "--mount",
                  "--pid",
                  "--net",
                  "--kill-child",
                  "--",
                  "bash",
                  "-c",
                  INIT)
              .redirectError(errors.toFile())
              .start();
      if (!isReady(init)) {
        init.destroyForcibly();
        String reason = Files.readString(errors).strip();
        deleteRecursively(directory);
        throw new LabUnavailableException(
            "network namespaces cannot be made here ("
                + reason
                + "); run as root, or allow unprivileged user namespaces");
      }
      long child =
          init.toHandle()
              .children()
              .findFirst()
              .orElseThrow(() -> new IOException("the lab's first process is gone"))
              .pid();
      return new Lab(init, child, directory);
    } catch (IOException e) {
      throw new LabUnavailableException("a lab cannot be started here: " + e);
    }
  }

  private static boolean isReady(Process init) {
    CompletableFuture<Boolean> ready =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                BufferedReader reader =
                    new BufferedReader(
                        new InputStreamReader(init.getInputStream(), StandardCharsets.UTF_8));
                return "ready".equals(reader.readLine());
              } catch (IOException e) {
                return false;
              }
            },
            OWN_THREAD);
    try {
      return ready.get(COMMAND_BOUND.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static void requireTools() throws LabUnavailableException {
    List<String> missing = new ArrayList<>();
    for (String tool : TOOLS) {
      if (Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
          .noneMatch(folder -> Files.isExecutable(Path.of(folder, tool)))) {
        missing.add(tool);
      }
    }
    if (!missing.isEmpty()) {
      throw new LabUnavailableException(
          "not installed: "
              + String.join(", ", missing)
              + "; Debian: apt-get install wireguard-go wireguard-tools iproute2 iputils-ping"
              + " util-linux");
    }
    if (!Files.isReadable(Path.of("/dev/net/tun")) || !Files.isWritable(Path.of("/dev/net/tun"))) {
      throw new LabUnavailableException(
          "/dev/net/tun cannot be opened, which wireguard-go needs; load the module tun");
    }
  }

  /** Makes a new link of two veth pairs between the namespaces. */
  Link link() {
    Link link = new Link(links.incrementAndGet());
    shell(link.setUp()).orFail();
    return link;
  }

  /**
   * Runs a script in the lab's outer namespace, where {@code ip -n NAME} reaches the two others.
   */
  CommandResult shell(String script) {
    return complete(start(List.of("bash", "-ec", script), List.of(), Map.of()), "", COMMAND_BOUND);
  }

  /** Runs a short command in a namespace. */
  CommandResult run(String namespace, String... command) {
    return run(namespace, "", COMMAND_BOUND, command);
  }

  /**
   * Runs a command in a namespace.
   *
   * @param input its standard input
   * @throws AssertionError if it takes longer than the bound
   */
  CommandResult run(String namespace, String input, Duration bound, String... command) {
    return complete(start(inNamespace(namespace), List.of(command), Map.of()), input, bound);
  }

  /**
   * Starts a program in a namespace that runs until it ends by itself or with the lab.
   *
   * @param log where its standard error goes, and its standard output too unless that is piped
   */
  Process start(
      String namespace,
      Map<String, String> environment,
      Path log,
      boolean piped,
      String... command) {
    ProcessBuilder builder = builder(inNamespace(namespace), List.of(command), environment);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    if (!piped) {
      builder.redirectInput(new File("/dev/null"));
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw new AssertionError("cannot start " + String.join(" ", command), e);
    }
  }

  /** A new file for a program's log. */
  Path logFile(String name) {
    return directory.resolve(name + ".log");
  }

  /** The last lines of a log. */
  static String tail(Path log, int lines) {
    try {
      List<String> all = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }

  private static List<String> inNamespace(String namespace) {
    return List.of("ip", "netns", "exec", namespace);
  }

  private Process start(
      List<String> prefix, List<String> command, Map<String, String> environment) {
    try {
      return builder(prefix, command, environment).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new AssertionError("cannot start " + command, e);
    }
  }

  private ProcessBuilder builder(
      List<String> prefix, List<String> command, Map<String, String> environment) {
    List<String> all = new ArrayList<>(enter);
    all.addAll(prefix);
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    builder.environment().put("LC_ALL", "C");
    builder.environment().putAll(environment);
    return builder;
  }

  private CommandResult complete(Process process, String input, Duration bound) {
    List<String> command =
        process.info().arguments().map(List::of).orElseGet(() -> List.of("(ended command)"));
    CompletableFuture<String> output =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
              } catch (IOException e) {
                return "(output unreadable: " + e + ")";
              }
            },
            OWN_THREAD);
    try {
      try (Writer writer = process.outputWriter(StandardCharsets.UTF_8)) {
        writer.write(input);
      } catch (IOException e) {
        // The command ended without reading; its exit status says how.
      }
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("took longer than " + bound + ": " + command);
      }
      return new CommandResult(
          command, process.exitValue(), output.get(COMMAND_BOUND.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no output of " + command, e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Ends everything that runs in the lab and removes its logs. Idempotent. */
  @Override
  public void close() {
    // unshare passes its end on to the lab's process 1, and that ends all others of its namespace.
    init.destroyForcibly();
    try {
      init.waitFor(COMMAND_BOUND.toSeconds(), TimeUnit.SECONDS);
      deleteRecursively(directory);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new AssertionError("cannot remove " + directory, e);
    }
  }

  private static void deleteRecursively(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
