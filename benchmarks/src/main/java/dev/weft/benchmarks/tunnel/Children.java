// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The child processes of this program. Once closed, which the shutdown hook may do at any moment,
 * it has ended them all and starts no more. Thread-safe.
 */
final class Children implements AutoCloseable {

  private static final Duration TO_END = Duration.ofSeconds(3);

  private final Path directory;
  private final Set<Process> running = new LinkedHashSet<>();
  private boolean closed;
  private int outputs;

  /**
   * @param directory where the output of children goes
   */
  Children(Path directory) {
    this.directory = directory;
  }

  /** What a command that ended left behind. */
  record Output(int exit, String text, String errors) {}

  /** Runs a command to its end and returns what it printed; its failure is an exception. */
  String run(Duration limit, List<String> command) {
    Output output = attempt(limit, command);
    if (output.exit() != 0) {
      throw new BenchmarkException(
          String.join(" ", command)
              + " failed with exit code "
              + output.exit()
              + ": "
              + (output.errors() + output.text()).strip());
    }
    return output.text();
  }

  /** Runs a command to its end, whatever its exit code. */
  Output attempt(Duration limit, List<String> command) {
    Path out = outputFile();
    Path errors = outputFile();
    try {
      Process process = start(command, Map.of(), out, errors);
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new BenchmarkException(
              String.join(" ", command) + " took longer than " + limit.toSeconds() + " s");
        }
        return new Output(process.exitValue(), Files.readString(out), Files.readString(errors));
      } finally {
        end(process);
        Files.deleteIfExists(out);
        Files.deleteIfExists(errors);
      }
    } catch (IOException e) {
      throw new BenchmarkException("cannot read the output of " + command.getFirst(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted", e);
    }
  }

  /** Starts a command that runs on, with its output in files. */
  Process start(List<String> command, Map<String, String> environment, Path out, Path errors) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    builder.environment().putAll(environment);
    return register(builder, command);
  }

  /** Starts a command, and returns when it has printed a line that contains the words. */
  Process startAndAwait(List<String> command, String words) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Process process = register(builder, command);
    StringBuilder seen = new StringBuilder();
    // Not closed: the child goes on printing, and would be ended by a closed pipe.
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        seen.append(line).append('\n');
        if (line.contains(words)) {
          return process;
        }
      }
    } catch (IOException e) {
      end(process);
      throw new BenchmarkException("cannot read the output of " + command.getFirst(), e);
    }
    end(process);
    throw new BenchmarkException(String.join(" ", command) + " ended early: " + seen);
  }

  /** Ends a process as a user would, and at last by force. */
  void end(Process process) {
    process.destroy();
    boolean interrupted = false;
    try {
      if (!process.waitFor(TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      interrupted = true;
    }
    synchronized (this) {
      running.remove(process);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Process register(ProcessBuilder builder, List<String> command) {
    if (closed) {
      throw new BenchmarkException("stopped");
    }
    try {
      Process process = builder.start();
      running.add(process);
      return process;
    } catch (IOException e) {
      throw new BenchmarkException("cannot start " + String.join(" ", command), e);
    }
  }

  private synchronized Path outputFile() {
    return directory.resolve("output-" + ++outputs);
  }

  @Override
  public void close() {
    List<Process> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(running);
    }
    left.forEach(Process::destroy);
    left.forEach(this::end);
  }
}
