// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One node: this program once more, as a child process with {@code --node}, which runs in another
 * network namespace. What it tells becomes part of this process's story. Thread-safe.
 */
final class NamespaceNode implements AutoCloseable {

  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration END = Duration.ofSeconds(15);

  private final String name;
  private final Story story;
  private final Process process;
  private final Writer questions;
  private final ObjectMapper mapper = new ObjectMapper();
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<String, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();

  private NamespaceNode(String name, Story story, Process process) {
    this.name = name;
    this.story = story;
    this.process = process;
    questions = process.outputWriter(StandardCharsets.UTF_8);
  }

  /**
   * Starts a node.
   *
   * @param prefix what runs the program in its namespace
   * @param arguments of the program
   */
  static NamespaceNode start(
      String name, List<String> prefix, List<String> arguments, Story story) {
    List<String> command = new ArrayList<>(prefix);
    // Ctrl-C in a terminal reaches all processes of the group: this one alone acts on it.
    command.addAll(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (option.startsWith("-D")
          || option.startsWith("-X")
          || option.startsWith("--add-modules")) {
        command.add(option);
      }
    }
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Examples.class.getName());
    command.addAll(arguments);
    try {
      Process process =
          SystemCommand.builder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      NamespaceNode node = new NamespaceNode(name, story, process);
      Thread.ofPlatform().daemon().name("story-of-" + name).start(node::read);
      return node;
    } catch (IOException e) {
      throw new Failure(Examples.FAILED, name + " cannot be started: " + e.getMessage());
    }
  }

  String name() {
    return name;
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        take(line);
      }
    } catch (IOException e) {
      // It has ended; what it still owes fails below.
    }
    asked.values().forEach(this::failed);
  }

  private void failed(CompletableFuture<JsonNode> answer) {
    answer.completeExceptionally(new Failure(Examples.FAILED, name + " has ended"));
  }

  private void take(String line) {
    JsonNode event;
    try {
      event = mapper.readTree(line);
    } catch (JsonProcessingException e) {
      event = MissingNode.getInstance();
    }
    if (!event.isObject()) {
      story.retell(name, "note", line, Map.of());
      return;
    }
    String kind = event.path("event").asText();
    if (kind.equals(NodeControl.ANSWER)) {
      CompletableFuture<JsonNode> answer = asked.remove(event.path("number").asText());
      if (answer != null) {
        answer.complete(event);
      }
      return;
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : event.properties()) {
      if (!List.of("seconds", "node", "event", "text").contains(field.getKey())) {
        values.put(field.getKey(), field.getValue());
      }
    }
    story.retell(name, kind, event.path("text").asText(), values);
  }

  /**
   * The node's state, as {@link NodeControl} tells it; waits for a node that is still starting.
   *
   * @throws Failure if it has ended, or does not answer
   */
  JsonNode status() throws InterruptedException {
    String number = Integer.toString(numbers.incrementAndGet());
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    asked.put(number, answer);
    try {
      synchronized (questions) {
        questions.write(number + "\n");
        questions.flush();
      }
      return answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException | ExecutionException e) {
      throw new Failure(Examples.FAILED, name + " has ended; what it said is above");
    } catch (TimeoutException e) {
      throw new Failure(
          Examples.FAILED, name + " gave no answer in " + ANSWER.toSeconds() + " seconds");
    } finally {
      asked.remove(number);
    }
  }

  /** Ends the node and waits for it. Idempotent. */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      questions.close();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println("warning: " + name + " does not end and is killed");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    process.destroyForcibly();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
