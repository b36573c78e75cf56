// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;

/**
 * Something that keeps a network from being what its definition says. Immutable; holds no secret.
 *
 * @param location a JSON pointer into the definition ({@code /auth_key}), a line, or empty for the
 *     whole
 * @param message what is wrong, and what would be right
 */
public record Problem(String location, String message) {

  /** More of them are not kept: a person mends the first ones first. */
  private static final int MAX_PROBLEMS = 50;

  public Problem {
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(message, "message");
  }

  /** A problem of the whole. */
  static Problem of(String message) {
    return new Problem("", message);
  }

  static Problem of(ConfigProblem problem) {
    return new Problem(
        problem.location(), "found " + problem.found() + "; allowed: " + problem.allowed());
  }

  /** What a failure means. */
  static List<Problem> of(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof InvalidConfigurationException invalid) {
      return invalid.problems().stream().limit(MAX_PROBLEMS).map(Problem::of).toList();
    }
    String message = cause.getMessage();
    return List.of(of(message == null ? cause.getClass().getSimpleName() : message));
  }

  @Override
  public String toString() {
    return location.isEmpty() ? message : location + ": " + message;
  }
}
