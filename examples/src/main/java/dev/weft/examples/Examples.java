// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.overlay.OverlayException;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of all examples. */
@Command(
    name = "examples/run",
    description = "Runs an example of Weft.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "EXAMPLE",
    subcommands = {
      OpenWifiExample.class,
      DynamicExample.class,
      EmbedExample.class,
      WgExample.class,
      PexServerExample.class,
      PexServerHealth.class,
      PexTool.class
    })
final class Examples {

  /** The program did what it should. */
  static final int OK = 0;

  /** Something that should have happened did not. */
  static final int FAILED = 1;

  /** The command line or a document is wrong. */
  static final int WRONG_INPUT = 2;

  private Examples() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command line; its result is the exit code. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Examples());
    line.setParameterExceptionHandler(
        (failure, arguments) -> {
          CommandLine command = failure.getCommandLine();
          String name = command.getCommandSpec().qualifiedName(" ");
          command.getErr().println("error: " + failure.getMessage() + "; see " + name + " --help");
          return WRONG_INPUT;
        });
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          Throwable cause = failure;
          while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
          }
          if (cause instanceof OverlayException || cause instanceof Failure) {
            command.getErr().println("error: " + cause.getMessage());
            return cause instanceof Failure known ? known.exitCode() : FAILED;
          }
          throw failure;
        });
    return line;
  }
}
