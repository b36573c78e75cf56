// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

/** What came of a series of echo requests; its text gives the numbers and times. */
interface Echoes {

  /** Requests. */
  int sent();

  /** How many of them were answered. */
  int answered();

  default boolean allAnswered() {
    return answered() == sent();
  }
}
