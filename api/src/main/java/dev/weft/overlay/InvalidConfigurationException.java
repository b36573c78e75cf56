// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration or document has wrong fields; all of them are listed. */
public final class InvalidConfigurationException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  private final transient List<ConfigProblem> problems;

  /**
   * With its problems.
   *
   * @param what the document, for the first line of the message
   * @param problems at least one
   */
  public InvalidConfigurationException(String what, List<ConfigProblem> problems) {
    super(
        what
            + (problems.size() == 1 ? " has a problem:" : " has " + problems.size() + " problems:")
            + problems.stream()
                .map(problem -> System.lineSeparator() + "  " + problem)
                .collect(Collectors.joining()));
    this.problems = List.copyOf(problems);
  }

  /** The problems, in document order. */
  public List<ConfigProblem> problems() {
    return problems;
  }
}
