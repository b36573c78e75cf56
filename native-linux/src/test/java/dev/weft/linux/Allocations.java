// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates. */
public final class Allocations {

  private static final int RUNS = 20_000;
  private static final int ROUNDS = 15;

  private Allocations() {}

  /**
   * Octets a run of that action once it is compiled, which happens meanwhile on other threads: the
   * least of several rounds.
   */
  public static double perRun(Runnable action) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double least = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS && least > 1; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < RUNS; i++) {
        action.run();
      }
      double octets = (threads.getCurrentThreadAllocatedBytes() - before) / (double) RUNS;
      least = Math.min(least, octets);
    }
    return least;
  }
}
