// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A running {@link NodeProgram} in a namespace, asked line by line. Used by one thread. */
final class NodeProcess implements AutoCloseable {

  private static final Duration BOUND = Duration.ofSeconds(90);

  private final Process process;
  private final Writer requests;
  private final LinkedBlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private NodeProcess(Process process) {
    this.process = process;
    requests = process.outputWriter(StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().name("node-answers").start(this::read);
  }

  /** Starts a node with all privileges. */
  static NodeProcess start(Netns namespace) {
    return start(namespace, List.of(), List.of("--enable-native-access=ALL-UNNAMED"));
  }

  /** Starts a node without any privilege. */
  static NodeProcess startUnprivileged(Netns namespace) {
    return start(
        namespace,
        List.of("setpriv", "--bounding-set", "-all", "--inh-caps", "-all"),
        List.of("--enable-native-access=ALL-UNNAMED"));
  }

  /**
   * Starts a node.
   *
   * @param prefix what runs Java
   * @param options of Java
   */
  static NodeProcess start(Netns namespace, List<String> prefix, List<String> options) {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace.name()));
    // What a shell runs in the background ignores SIGINT, and so would all that it starts.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.addAll(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx256m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel="
                + System.getProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn"),
            "-cp",
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator)),
            NodeProgram.class.getName()));
    try {
      return new NodeProcess(
          Netns.builder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    } catch (IOException e) {
      throw new AssertionError("cannot start " + command, e);
    }
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      // It has ended: said below.
    }
    answers.add("error the node has ended");
  }

  /** Asks; the answer must not be a refusal. */
  String ask(String... words) {
    String answer = exchange(words);
    if (!answer.startsWith("ok")) {
      throw new AssertionError(String.join(" ", words) + ": " + answer);
    }
    return answer.substring("ok".length()).strip();
  }

  /** Asks; the answer must be a refusal: the class of the exception, and its message. */
  String refusal(String... words) {
    String answer = exchange(words);
    if (!answer.startsWith("error ")) {
      throw new AssertionError(String.join(" ", words) + " was not refused: " + answer);
    }
    return answer.substring("error ".length());
  }

  private String exchange(String... words) {
    send(words);
    try {
      String answer = answers.poll(BOUND.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null) {
        throw new AssertionError("no answer within " + BOUND + ": " + String.join(" ", words));
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private void send(String... words) {
    try {
      requests.write(String.join(" ", words) + "\n");
      requests.flush();
    } catch (IOException e) {
      throw new AssertionError("the node has ended", e);
    }
  }

  /** Sends a signal and waits for the end; tells the exit status. */
  int signal(String signal) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start();
      kill.waitFor();
      return process.onExit().get(BOUND.toMillis(), TimeUnit.MILLISECONDS).exitValue();
    } catch (IOException | ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError("the node does not end after SIG" + signal, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends the node, if it runs. */
  @Override
  public void close() {
    try {
      requests.close();
    } catch (IOException e) {
      // It has ended.
    }
    CompletableFuture<Process> ended = process.onExit();
    try {
      ended.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("the node does not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
