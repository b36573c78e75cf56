// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What became of a file of the directory of definitions. Immutable; holds no secret.
 *
 * @param file its name in the directory
 * @param network the name of the network that it defines, if it could be read
 * @param problems what is wrong with its present content; a network that it defined before stays
 * @param warnings what is odd about it
 */
public record FileReport(
    String file, Optional<String> network, List<Problem> problems, List<String> warnings) {
  public FileReport {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(network, "network");
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }
}
