// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands of {@link PexTool} have in common: one line for each error. */
abstract class PexToolCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "shows this help")
  final void help(boolean requested) {
    // The command line itself shows it.
  }

  @Override
  public final Integer call() {
    try {
      run();
      out().flush();
      return Examples.OK;
    } catch (InvalidConfigurationException e) {
      throw Failure.wrongInput(oneLine(e));
    } catch (IOException e) {
      throw new Failure(Examples.FAILED, describe(e));
    }
  }

  /** Does the job, or ends with why it cannot be done. */
  abstract void run() throws IOException;

  final PrintWriter out() {
    return spec().commandLine().getOut();
  }

  final void warn(String text) {
    PrintWriter err = spec().commandLine().getErr();
    err.println("warning: " + text);
    err.flush();
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("not started from a command line");
    }
    return spec;
  }

  /** A result, as JSON or as text. */
  final void print(boolean json, Map<String, ?> values, String text) {
    if (!json) {
      out().println(text);
      return;
    }
    try {
      out().println(JSON.writeValueAsString(values));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The problems of a document in one line. */
  static String oneLine(InvalidConfigurationException e) {
    return String.valueOf(e.getMessage()).replaceAll("\\R\\s*", " ");
  }

  /** What the system said about a file, and which one. */
  static String describe(IOException e) {
    String reason =
        switch (e) {
          case NoSuchFileException missing -> "there is no such file or directory";
          case AccessDeniedException denied -> "permission denied";
          case FileAlreadyExistsException exists -> "the file exists";
          case FileSystemException other when other.getReason() != null -> other.getReason();
          default -> "";
        };
    if (e instanceof FileSystemException about && about.getFile() != null && !reason.isEmpty()) {
      return about.getFile() + ": " + reason;
    }
    return String.valueOf(e.getMessage());
  }
}
