// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import dev.weft.peer.PrivateKey;
import dev.weft.systemtests.interop.Await;
import dev.weft.systemtests.interop.CommandResult;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process in a namespace that has a WireGuard interface: this project's, or wireguard-go. Both
 * are configured with {@code wg}. Thread-safe.
 */
final class WireGuard implements AutoCloseable {

  private static final Duration START_BOUND = Duration.ofSeconds(30);
  private static final Duration END_BOUND = Duration.ofSeconds(20);
  private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);

  /** Which program has the interface. */
  enum Kind {
    OURS,
    WIREGUARD_GO
  }

  /**
   * What {@code wg show dump} tells of a peer.
   *
   * @param handshakeSeconds since the epoch; 0 for never
   */
  record PeerView(String endpoint, long handshakeSeconds, long received, long sent) {}

  private final Namespace namespace;
  private final String name;
  private final Kind kind;
  private final PrivateKey key = PrivateKey.generate();
  private final Path log;
  private final Process process;
  private final ProcessHandle program;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private WireGuard(Namespace namespace, String name, Kind kind, Path log, List<String> command) {
    this.namespace = namespace;
    this.name = name;
    this.kind = kind;
    this.log = log;
    ProcessBuilder builder =
        namespace
            .lab()
            .builder(namespace.command(command))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("LOG_LEVEL", "verbose");
    if (kind == Kind.WIREGUARD_GO) {
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    }
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new AssertionError("cannot start " + command, e);
    }
    if (kind == Kind.OURS) {
      Thread.ofPlatform().daemon().name("answers-" + name).start(this::readAnswers);
    }
    Path socket = socket();
    boolean isThere = awaitStart(socket);
    // nsenter waits for the program, which is its only child.
    program = process.children().findFirst().orElse(process.toHandle());
    if (!isThere) {
      close();
      throw new AssertionError(name + " did not start: " + TunLab.read(log));
    }
  }

  private boolean awaitStart(Path socket) {
    if (kind == Kind.OURS) {
      try {
        return "ready".equals(answers.poll(START_BOUND.toMillis(), TimeUnit.MILLISECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    Await.until(
        "wireguard-go serves " + name,
        START_BOUND,
        () ->
            (Files.exists(socket) && TunLab.read(log).contains("UAPI listener started"))
                || !process.isAlive());
    return process.isAlive();
  }

  /** Starts this project's program; {@code jvm} are further options of Java. */
  static WireGuard ours(Namespace namespace, String name, String... jvm) {
    return new WireGuard(
        namespace,
        name,
        Kind.OURS,
        namespace.lab().logFile(name + "-" + namespace.lab().nextNumber()),
        javaCommand(List.of(jvm), name));
  }

  /**
   * Starts this project's program on an interface that exists.
   *
   * @param flags of if_tun.h, with which it is made
   */
  static WireGuard adopting(Namespace namespace, String name, int flags) {
    return new WireGuard(
        namespace,
        name,
        Kind.OURS,
        namespace.lab().logFile(name + "-" + namespace.lab().nextNumber()),
        javaCommand(List.of(), name, Integer.toHexString(flags)));
  }

  /** Starts wireguard-go. */
  static WireGuard wireguardGo(Namespace namespace, String name) {
    return new WireGuard(
        namespace,
        name,
        Kind.WIREGUARD_GO,
        namespace.lab().logFile(name + "-" + namespace.lab().nextNumber()),
        List.of("wireguard-go", "-f", name));
  }

  static WireGuard start(Namespace namespace, String name, Kind kind, String... jvm) {
    return switch (kind) {
      case OURS -> ours(namespace, name, jvm);
      case WIREGUARD_GO -> wireguardGo(namespace, name);
    };
  }

  /** The program's command line. */
  static List<String> javaCommand(List<String> jvm, String... arguments) {
    List<String> command = new ArrayList<>();
    // What a shell runs in the background ignores SIGINT, and so would all that it starts.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
            "-Dorg.slf4j.simpleLogger.log.io.netty=info"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", absoluteClassPath(), InterfaceProgram.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** The lab's programs start in another folder. */
  private static String absoluteClassPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(path.split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void readAnswers() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      // The process has ended.
    }
    answers.add("ended");
  }

  String name() {
    return name;
  }

  Namespace namespace() {
    return namespace;
  }

  PrivateKey key() {
    return key;
  }

  /** Its configuration socket, seen from outside of the lab. */
  Path socket() {
    return namespace.lab().path("/run/wireguard/" + name + ".sock");
  }

  /** Runs {@code wg}, words separated by spaces, and fails if that does. */
  String wg(String words) {
    List<String> command = new ArrayList<>(List.of("wg"));
    command.addAll(List.of(words.split(" ", -1)));
    return namespace.lab().run(namespace.command(command), TunLab.COMMAND_BOUND).orFail().output();
  }

  /** Runs {@code wg set NAME} with these words. */
  void set(String words) {
    var _ = wg("set " + name + " " + words);
  }

  /** Configures it: key, addresses, MTU, up. */
  void configure(PrivateKey privateKey, int port, Underlay.End end) {
    setKey(privateKey);
    set("listen-port " + port);
    namespace
        .lab()
        .shell(
            "ip -n %1$s address add %3$s/24 dev %2$s; ip -n %1$s address add %4$s/64 dev %2$s nodad;"
                    .formatted(
                        namespace.name(),
                        name,
                        end.inner(false).getHostAddress(),
                        end.inner(true).getHostAddress())
                + "ip -n %1$s link set %2$s mtu 1420 up".formatted(namespace.name(), name))
        .orFail();
  }

  void setKey(PrivateKey privateKey) {
    CommandResult result =
        namespace
            .lab()
            .shell(
                "ip netns exec %s wg set %s private-key <(echo %s)"
                    .formatted(namespace.name(), name, privateKey.exportBase64()));
    result.orFail();
  }

  /** All peers by public key. */
  Map<String, PeerView> peers() {
    Map<String, PeerView> peers = new HashMap<>();
    // Lines of tabs: public key, preshared key, endpoint, allowed IPs, latest handshake, received,
    // sent, keepalive; see wg(8).
    for (String line : wg("show " + name + " dump").lines().skip(1).toList()) {
      List<String> fields = List.of(line.split("\t", -1));
      peers.put(
          fields.get(0),
          new PeerView(
              fields.get(2),
              Long.parseLong(fields.get(4)),
              Long.parseLong(fields.get(5)),
              Long.parseLong(fields.get(6))));
    }
    return peers;
  }

  /** The one peer. */
  PeerView peer() {
    Map<String, PeerView> peers = peers();
    if (peers.size() != 1) {
      throw new AssertionError("not one peer: " + peers);
    }
    return peers.values().iterator().next();
  }

  /** What this project's program says of itself. */
  synchronized Map<String, String> status() {
    try {
      Writer writer = process.outputWriter(StandardCharsets.UTF_8);
      writer.write("status\n");
      writer.flush();
      String answer = answers.poll(ANSWER_BOUND.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null || answer.equals("ended")) {
        throw new AssertionError(name + " gives no status: " + log());
      }
      return Stream.of(answer.split(";", -1))
          .map(pair -> pair.split("=", 2))
          .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    } catch (IOException e) {
      throw new AssertionError(log(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Sends the program a signal, such as {@code TERM}. */
  void signal(String signal) {
    try {
      // nsenter stops with its child, and must be continued before it.
      for (long pid : List.of(process.pid(), program.pid())) {
        if (pid == program.pid() || signal.equals("CONT")) {
          new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the program's input. */
  void endInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  /** Its exit status; empty if it goes on after a generous time. */
  OptionalInt awaitEnd() {
    try {
      return process.waitFor(END_BOUND.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(process.exitValue())
          : OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }

  /** What it printed. */
  String log() {
    return TunLab.read(log);
  }

  /** State and log, for a failure. */
  String report() {
    List<String> lines = log().lines().toList();
    return "--- "
        + kind
        + " "
        + name
        + (process.isAlive() ? " (alive)" : " (ended)")
        + "\n"
        + namespace.run("wg", "show", name)
        + "\n"
        + (kind == Kind.OURS && process.isAlive() ? status() + "\n" : "")
        + String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
  }

  /** Ends the program. */
  @Override
  public void close() {
    if (kind == Kind.OURS) {
      endInput();
    } else {
      program.destroy();
    }
    if (awaitEnd().isEmpty()) {
      program.destroyForcibly();
      process.destroyForcibly();
    }
  }
}
