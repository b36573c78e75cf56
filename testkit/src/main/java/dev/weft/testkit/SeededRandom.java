// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.spi.RandomSource;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A reproducible random source: the same seed gives the same numbers on every Java release. Never
 * use it for real keys. Thread-safe. The generator is SplitMix64 (Steele, Lea, Flood: Fast
 * Splittable Pseudorandom Number Generators, 2014).
 */
public final class SeededRandom implements RandomSource {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final double DOUBLE_UNIT = 0x1.0p-53;

  private long state;

  /** A source that starts with this seed. */
  public SeededRandom(long seed) {
    state = seed;
  }

  /**
   * An independent source. It depends on this one's next number and on the label, so that sources
   * with different labels differ.
   */
  public SeededRandom fork(String label) {
    long seed = nextLong();
    for (byte octet : label.getBytes(StandardCharsets.UTF_8)) {
      seed = mix(seed + octet + GOLDEN_GAMMA);
    }
    return new SeededRandom(seed);
  }

  /** The next 64 bits. */
  public synchronized long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  @Override
  public void nextBytes(byte[] target) {
    long bits = 0;
    for (int i = 0; i < target.length; i++) {
      if (i % Long.BYTES == 0) {
        bits = nextLong();
      }
      target[i] = (byte) bits;
      bits >>>= Byte.SIZE;
    }
  }

  @Override
  public int nextInt(int bound) {
    return (int) nextLong(bound);
  }

  /**
   * A uniform number in {@code [0, bound)}.
   *
   * @throws IllegalArgumentException if {@code bound} is not positive
   */
  public long nextLong(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound: " + bound + " is not positive");
    }
    // What is above the largest multiple of the bound would favour small numbers.
    long limit = Long.MAX_VALUE - (Long.MAX_VALUE % bound + 1) % bound;
    long bits = nextLong() >>> 1;
    while (bits > limit) {
      bits = nextLong() >>> 1;
    }
    return bits % bound;
  }

  /** A uniform number in {@code [0, 1)}. */
  public double nextDouble() {
    return (nextLong() >>> 11) * DOUBLE_UNIT;
  }

  /** True with the given probability, 0 to 1. Takes no number for 0 and 1. */
  public boolean chance(double probability) {
    return probability > 0 && (probability >= 1 || nextDouble() < probability);
  }

  /**
   * One of the items.
   *
   * @throws IllegalArgumentException if there are none
   */
  public <T> T pick(List<T> items) {
    return items.get(nextInt(items.size()));
  }

  private static long mix(long bits) {
    long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
