// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.crypto.vectors.Vectors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class Blake2sTest {

  private static final byte[] ABC = "abc".getBytes(US_ASCII);

  @Test
  void hashOfAbcAsInRfc7693AppendixB() {
    assertEquals(
        "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
        Vectors.hex(Blake2s.hash(ABC)));
  }

  @Test
  void selfTestOfRfc7693AppendixE() {
    Blake2s grandHash = Blake2s.unkeyed();
    for (int length : new int[] {16, 20, 28, 32}) {
      for (int inputLength : new int[] {0, 3, 64, 65, 255, 1024}) {
        byte[] input = sequence(inputLength, inputLength);
        grandHash.update(Blake2s.unkeyed(length).update(input).finish());
        byte[] key = sequence(length, length);
        grandHash.update(Blake2s.keyed(key, length).update(input).finish());
      }
    }
    assertEquals(
        "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe",
        Vectors.hex(grandHash.finish()));
  }

  /** A Fibonacci sequence of the top octets; RFC 7693, appendix E. */
  private static byte[] sequence(int length, int seed) {
    byte[] octets = new byte[length];
    int a = 0xdead4bad * seed;
    int b = 1;
    for (int i = 0; i < length; i++) {
      int next = a + b;
      a = b;
      b = next;
      octets[i] = (byte) (next >>> 24);
    }
    return octets;
  }

  @Test
  void keyedResults() {
    byte[] key = Vectors.counting(32);
    assertEquals("61ba5f165c194692e09d12520cc4c74a", Vectors.hex(Blake2s.mac(key, ABC)));
    assertEquals(
        "75296c2d2c0f51210b383f386bc8b1ff", Vectors.hex(Blake2s.mac(Vectors.counting(16), ABC)));
    assertEquals(
        "a281f725754969a702f6fe36fc591b7def866e4b70173ece402fc01c064d6b65",
        Vectors.hex(Blake2s.keyedHash(key, ABC)));
  }

  @Test
  void piecesAndPartsGiveTheSameAsTheWhole() {
    byte[] key = Vectors.counting(32);
    byte[] whole = Vectors.counting(200);
    byte[] first = Arrays.copyOf(whole, 63);
    byte[] second = Arrays.copyOfRange(whole, 63, 200);
    assertArrayEquals(Blake2s.hash(whole), Blake2s.hash(first, second));
    assertArrayEquals(Blake2s.mac(key, whole), Blake2s.mac(key, first, second));
    assertArrayEquals(Blake2s.mac(key, second), Blake2s.mac(key, whole, 63, 137));
  }

  @Test
  void startsOverAfterAResult() {
    Blake2s keyed = Blake2s.keyed(Vectors.counting(32), 16);
    byte[] once = keyed.update(ABC).finish();
    assertArrayEquals(once, keyed.update(ABC).finish());
  }

  @Test
  void refusesLengthsOutsideTheirRange() {
    assertThrows(IllegalArgumentException.class, () -> Blake2s.unkeyed(0));
    assertThrows(IllegalArgumentException.class, () -> Blake2s.unkeyed(33));
    assertThrows(IllegalArgumentException.class, () -> Blake2s.keyed(new byte[0], 16));
    assertThrows(IllegalArgumentException.class, () -> Blake2s.keyed(new byte[33], 16));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Blake2s.mac(new byte[16], new byte[4], 2, 3));
  }
}
