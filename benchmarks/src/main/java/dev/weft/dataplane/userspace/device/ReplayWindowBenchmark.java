// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What it costs to see that a counter is new, or is not. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReplayWindowBenchmark {

  private static final int SWAPPED = 3;

  private final ReplayWindow window = new ReplayWindow();
  private long counter;

  /** Counters that ascend. */
  @Benchmark
  public boolean inOrder() {
    return window.accept(counter++);
  }

  /** Groups of four counters that come backwards. */
  @Benchmark
  public boolean outOfOrder() {
    return window.accept(counter++ ^ SWAPPED);
  }

  /** The same counter again. */
  @Benchmark
  public boolean replayed() {
    return window.accept(0);
  }
}
