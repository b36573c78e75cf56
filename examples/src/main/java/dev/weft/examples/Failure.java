// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.io.Serial;

/** Why an example ends, for a person. */
final class Failure extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final int exitCode;

  Failure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The same as another, as wrong input. */
  static Failure wrongInput(String message) {
    return new Failure(Examples.WRONG_INPUT, message);
  }

  int exitCode() {
    return exitCode;
  }
}
