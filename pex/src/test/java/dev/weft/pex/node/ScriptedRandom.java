// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.spi.RandomSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;

/** Gives what it was told to give, by length, and then numbers that follow from a seed. */
final class ScriptedRandom implements RandomSource {

  private final Map<Integer, Deque<byte[]>> next = new HashMap<>();
  private final SplittableRandom rest;

  ScriptedRandom(long seed) {
    rest = new SplittableRandom(seed);
  }

  /** Adds octets to give to who asks for as many. */
  ScriptedRandom then(String hex) {
    byte[] octets = HexFormat.of().parseHex(hex);
    next.computeIfAbsent(octets.length, length -> new ArrayDeque<>()).add(octets);
    return this;
  }

  @Override
  public void nextBytes(byte[] target) {
    Deque<byte[]> told = next.getOrDefault(target.length, new ArrayDeque<>());
    if (told.isEmpty()) {
      rest.nextBytes(target);
    } else {
      System.arraycopy(told.remove(), 0, target, 0, target.length);
    }
  }

  @Override
  public int nextInt(int bound) {
    return rest.nextInt(bound);
  }
}
