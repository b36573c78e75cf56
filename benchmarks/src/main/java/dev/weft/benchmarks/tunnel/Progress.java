// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Locale;

/** Says on the error stream what is done, and guesses how long the rest takes. */
final class Progress {

  private final int steps;
  private int done;
  private long spentNanos;
  private long startedNanos;

  /**
   * @param steps how many slices there will be
   */
  Progress(int steps) {
    this.steps = steps;
  }

  static void say(String words) {
    System.err.println(words);
  }

  /** A slice begins: what passes until it ends is what the guess goes by. */
  void begin() {
    startedNanos = System.nanoTime();
  }

  void end(String words) {
    done++;
    spentNanos += System.nanoTime() - startedNanos;
    long left = (steps - done) * (spentNanos / done) / 1_000_000_000;
    say(
        String.format(
            Locale.ROOT, "[%d/%d, %d:%02d left] %s", done, steps, left / 60, left % 60, words));
  }
}
