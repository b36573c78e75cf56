// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SeededRandomTest {

  @Test
  void theSameSeedGivesTheSameNumbers() {
    byte[] one = new byte[37];
    byte[] other = new byte[37];
    new SeededRandom(5).nextBytes(one);
    new SeededRandom(5).nextBytes(other);
    assertArrayEquals(one, other);
    assertNotEquals(new SeededRandom(5).nextLong(), new SeededRandom(6).nextLong());
  }

  @Test
  void theNumbersAreThoseOfSplitMix64() {
    // The sequence for seed 1234567 as the algorithm's public test programs print it.
    SeededRandom random = new SeededRandom(1234567);
    assertEquals("6457827717110365317", Long.toUnsignedString(random.nextLong()));
    assertEquals("3203168211198807973", Long.toUnsignedString(random.nextLong()));
    assertEquals("9817491932198370423", Long.toUnsignedString(random.nextLong()));
  }

  @Test
  void boundedNumbersCoverTheirRangeAndNothingElse() {
    SeededRandom random = new SeededRandom(1);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      seen.add(random.nextInt(7));
    }
    assertEquals(Set.of(0, 1, 2, 3, 4, 5, 6), seen);
    assertEquals(0, random.nextInt(1));
    assertThrows(IllegalArgumentException.class, () -> random.nextInt(0));
  }

  @Test
  void forksDifferByLabelAndRepeatBySeed() {
    long one = new SeededRandom(1).fork("a").nextLong();
    assertEquals(one, new SeededRandom(1).fork("a").nextLong());
    assertNotEquals(one, new SeededRandom(1).fork("b").nextLong());
  }

  @Test
  void chancesOfZeroAndOneAreCertain() {
    SeededRandom random = new SeededRandom(1);
    assertFalse(random.chance(0));
    assertTrue(random.chance(1));
    int hits = 0;
    for (int i = 0; i < 10_000; i++) {
      hits += random.chance(0.25) ? 1 : 0;
    }
    assertTrue(hits > 2300 && hits < 2700, "hits: " + hits);
  }
}
