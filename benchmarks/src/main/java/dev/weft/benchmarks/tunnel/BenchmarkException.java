// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

/** A step of the measurement failed; the message says which, and what can be done. */
final class BenchmarkException extends RuntimeException {

  private static final long serialVersionUID = 1;

  BenchmarkException(String message) {
    super(message);
  }

  BenchmarkException(String message, Throwable cause) {
    super(message, cause);
  }
}
