// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.time.Duration;

/** How long datagrams travel: a distribution that is sampled once a datagram. */
@FunctionalInterface
public interface Latency {

  /** A sample in nanoseconds, 0 or more. */
  long sampleNanos(SeededRandom random);

  /** Always the same. */
  static Latency constant(Duration latency) {
    long nanos = latency.toNanos();
    return random -> nanos;
  }

  /** Uniform from the least to the greatest, both included. */
  static Latency uniform(Duration least, Duration greatest) {
    long base = least.toNanos();
    long width = greatest.minus(least).toNanos() + 1;
    return random -> base + random.nextLong(width);
  }

  /**
   * A base and an exponentially distributed delay on top, as queues along the way give it; never
   * more than 20 times its mean.
   */
  static Latency longTailed(Duration base, Duration meanExtra) {
    long baseNanos = base.toNanos();
    long mean = meanExtra.toNanos();
    // StrictMath gives the same bits on every machine.
    return random ->
        baseNanos + Math.min(20 * mean, (long) (-StrictMath.log(1 - random.nextDouble()) * mean));
  }
}
