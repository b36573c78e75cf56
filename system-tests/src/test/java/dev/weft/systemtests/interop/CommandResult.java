// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.util.List;

/**
 * What a command in the lab did.
 *
 * @param command the command
 * @param exitStatus its exit status
 * @param output its standard output and standard error, together
 */
public record CommandResult(List<String> command, int exitStatus, String output) {

  /**
   * This result.
   *
   * @throws AssertionError if the command failed
   */
  public CommandResult orFail() {
    if (exitStatus != 0) {
      throw new AssertionError(this.toString());
    }
    return this;
  }

  @Override
  public String toString() {
    return String.join(" ", command) + ": exit status " + exitStatus + "\n" + output;
  }
}
