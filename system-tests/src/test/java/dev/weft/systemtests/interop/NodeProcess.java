// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A running {@link InteropNode}: a Java process in a namespace, asked line by line. It ends with
 * the lab.
 */
final class NodeProcess {

  private final Path log;
  private final Process process;
  private final Writer requests;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<String, CompletableFuture<String>> pending = new ConcurrentHashMap<>();

  private NodeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    requests = process.outputWriter(StandardCharsets.UTF_8);
    Thread.ofPlatform().daemon().name("interop-node-answers").start(this::readAnswers);
  }

  /**
   * Starts the program in a namespace, with this process's Java and class path.
   *
   * @param name of its log; unique in the lab
   */
  static NodeProcess start(Lab lab, String namespace, String name) {
    Path log = lab.logFile(name);
    Process process =
        lab.start(
            namespace,
            Map.of(),
            log,
            true,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx256m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=debug",
            "-Dorg.slf4j.simpleLogger.log.io.netty=info",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-cp",
            absoluteClassPath(),
            InteropNode.class.getName());
    return new NodeProcess(process, log);
  }

  /** The lab's programs start in another folder. */
  private static String absoluteClassPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void readAnswers() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        List<String> words = List.of(line.split(" ", 3));
        CompletableFuture<String> answer = pending.remove(words.get(0));
        if (answer == null) {
          continue;
        }
        String text = words.size() < 3 ? "" : words.get(2);
        if (words.get(1).equals("ok")) {
          answer.complete(text);
        } else {
          answer.completeExceptionally(new AssertionError("the node says: " + text));
        }
      }
    } catch (IOException e) {
      // The process has ended; what it still owes fails below.
    }
    pending.values().forEach(a -> a.completeExceptionally(new AssertionError("the node ended")));
  }

  /**
   * Asks, and waits for the answer.
   *
   * @param request the verb, the overlay's name, and words {@code KEY=VALUE}
   * @throws AssertionError if the node refuses, ends or takes longer than the bound
   */
  Map<String, String> ask(Duration bound, List<String> request) {
    String id = Integer.toString(ids.incrementAndGet());
    CompletableFuture<String> answer = new CompletableFuture<>();
    pending.put(id, answer);
    String what = request.get(0) + " " + request.get(1);
    try {
      synchronized (requests) {
        requests.write(id + " " + String.join(" ", request) + "\n");
        requests.flush();
      }
      return values(answer.get(bound.toMillis(), TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      throw new AssertionError(what + ": the node ended\n" + Lab.tail(log, 40), e);
    } catch (TimeoutException e) {
      throw new AssertionError(what + ": no answer within " + bound, e);
    } catch (ExecutionException e) {
      throw new AssertionError(what + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } finally {
      pending.remove(id);
    }
  }

  private static Map<String, String> values(String text) {
    Map<String, String> values = new HashMap<>();
    for (String word : text.split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return values;
  }

  /** The last lines of its log. */
  String logTail(int lines) {
    return Lab.tail(log, lines);
  }
}
