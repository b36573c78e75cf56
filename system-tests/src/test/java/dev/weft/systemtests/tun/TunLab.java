// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.systemtests.interop.CommandResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Mount, process and network namespaces in which a test class makes network namespaces as it likes.
 * Nothing is left on the host, and everything started in the lab ends with it, also when this
 * process dies. A tmpfs on {@code /run} keeps configuration sockets apart from those of the host
 * and of other labs. Unlike the lab of {@code interop} it has all privileges of root, as a daemon
 * has that makes interfaces.
 *
 * <p>Thread-safe.
 */
final class TunLab implements AutoCloseable {

  /** The longest that a short command may take on a busy machine. */
  static final Duration COMMAND_BOUND = Duration.ofSeconds(30);

  private static final Executor OWN_THREAD =
      task -> Thread.ofPlatform().daemon().name("tun-lab-output").start(task);

  private static final List<String> TOOLS =
      List.of("unshare", "nsenter", "bash", "ip", "ping", "wg", "wireguard-go", "iperf3");

  /** Runs as process 1 of the lab: when its input ends, so does all of the lab. */
  private static final String INIT =
      """
      set -e
      mount -t proc proc /proc
      mount -t tmpfs tmpfs /run
      mkdir /run/netns
      ip link set lo up
      echo ready
      cat
      """;

  private final Process init;
  private final long initPid;
  private final Path directory;
  private final AtomicInteger numbers = new AtomicInteger();

  private TunLab(Process init, long initPid, Path directory) {
    this.init = init;
    this.initPid = initPid;
    this.directory = directory;
  }

  /** Why no lab can be opened here, for a person; empty if one can. */
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
      open().close();
      return "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Starts a lab.
   *
   * @throws IOException if this system cannot run one; the message says why
   */
  static TunLab open() throws IOException {
    Path directory = Files.createTempDirectory("weft-tun-lab");
    Path errors = directory.resolve("init.log");
    Process init =
        new ProcessBuilder(
                "unshare", "--mount", "--pid", "--net", "--kill-child", "--", "bash", "-c", INIT)
            .redirectError(errors.toFile())
            .start();
    if (!isReady(init)) {
      init.destroyForcibly();
      String reason = Files.readString(errors).strip();
      deleteRecursively(directory);
      throw new IOException("namespaces cannot be made here (" + reason + "); run as root");
    }
    long child =
        init.toHandle()
            .children()
            .findFirst()
            .orElseThrow(() -> new IOException("the lab's first process is gone"))
            .pid();
    return new TunLab(init, child, directory);
  }

  private static boolean isReady(Process init) {
    CompletableFuture<Boolean> ready =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return "ready"
                    .equals(
                        new BufferedReader(
                                new InputStreamReader(
                                    init.getInputStream(), StandardCharsets.UTF_8))
                            .readLine());
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

  /** A number that nothing else in the lab has, from 1. */
  int nextNumber() {
    return numbers.incrementAndGet();
  }

  /** A file of the lab, seen from outside. */
  Path path(String inLab) {
    return Path.of("/proc/" + initPid + "/root" + inLab);
  }

  /** A new file for a program's log. */
  Path logFile(String name) {
    return directory.resolve(name + ".log");
  }

  /** A file's lines; it may not exist yet. */
  static String read(Path log) {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }

  /** Runs a script in the lab, where {@code ip -n NAME} reaches its namespaces. */
  CommandResult shell(String script) {
    return run(List.of("bash", "-ec", script), COMMAND_BOUND);
  }

  /**
   * Runs a command in the lab.
   *
   * @throws AssertionError if it takes longer than the bound
   */
  CommandResult run(List<String> command, Duration bound) {
    Process process;
    try {
      process = builder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new AssertionError("cannot start " + command, e);
    }
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
      process.getOutputStream().close();
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("took longer than " + bound + ": " + command);
      }
      return new CommandResult(
          command, process.exitValue(), output.get(COMMAND_BOUND.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (IOException | ExecutionException | TimeoutException e) {
      throw new AssertionError("no output of " + command, e);
    } finally {
      // The child in the lab first: it is not this process's.
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** A program in the lab, to be started by the caller. */
  ProcessBuilder builder(List<String> command) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("nsenter", "--target=" + initPid, "--mount", "--net", "--pid", "--"));
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    builder.environment().put("LC_ALL", "C");
    return builder;
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
