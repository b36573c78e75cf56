// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

/** The randomness of a runtime: cryptographically strong in production. Thread-safe. */
public interface RandomSource {

  /** Fills the array. */
  void nextBytes(byte[] target);

  /**
   * A uniform number in {@code [0, bound)}.
   *
   * @throws IllegalArgumentException if {@code bound} is not positive
   */
  int nextInt(int bound);
}
