// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against RFC 8439 §2.5 computed with big integers, where carries and reductions are extreme. */
class Poly1305Test {

  private static final BigInteger PRIME = BigInteger.TWO.pow(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);

  private static BigInteger littleEndian(byte[] octets) {
    byte[] reversed = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      reversed[i] = octets[octets.length - 1 - i];
    }
    return new BigInteger(1, reversed);
  }

  /** The tag of a ciphertext as RFC 8439 §2.8 pads it, without associated data. */
  private static BigInteger expected(byte[] key, byte[] ciphertext) {
    BigInteger r = littleEndian(Arrays.copyOf(key, 16)).and(CLAMP);
    int padded = (ciphertext.length + 15) / 16 * 16;
    byte[] message =
        ByteBuffer.allocate(padded + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(ciphertext)
            .putLong(padded + 8, ciphertext.length)
            .array();
    BigInteger accumulator = BigInteger.ZERO;
    for (int i = 0; i < message.length; i += 16) {
      accumulator =
          littleEndian(Arrays.copyOfRange(message, i, i + 16))
              .setBit(128)
              .add(accumulator)
              .multiply(r)
              .mod(PRIME);
    }
    return accumulator
        .add(littleEndian(Arrays.copyOfRange(key, 16, 32)))
        .mod(BigInteger.TWO.pow(128));
  }

  private static BigInteger computed(byte[] key, byte[] ciphertext) {
    ByteBuffer words = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
    Poly1305 poly = new Poly1305();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ciphertext.length + 16);
      MemorySegment.copy(ciphertext, 0, memory, ValueLayout.JAVA_BYTE, 0, ciphertext.length);
      poly.start(words.getLong(0), words.getLong(8), words.getLong(16), words.getLong(24));
      poly.authenticate(memory, 0, ciphertext.length);
      poly.writeTag(memory, ciphertext.length);
      assertTrue(poly.hasTag(memory, ciphertext.length));
      byte[] tag = memory.asSlice(ciphertext.length, 16).toArray(ValueLayout.JAVA_BYTE);
      memory.set(ValueLayout.JAVA_BYTE, ciphertext.length, (byte) (tag[0] ^ 1));
      assertFalse(poly.hasTag(memory, ciphertext.length));
      return littleEndian(tag);
    }
  }

  private static byte[] filled(int length, int octet) {
    byte[] octets = new byte[length];
    Arrays.fill(octets, (byte) octet);
    return octets;
  }

  /** Keys with the largest r, the smallest, one bit, and those of RFC 8439's test vectors. */
  static Stream<byte[]> keys() {
    SplittableRandom random = new SplittableRandom(0x5eed_0004L);
    byte[] anything = new byte[32];
    random.nextBytes(anything);
    byte[] one = new byte[32];
    one[0] = 1;
    byte[] two = new byte[32];
    two[0] = 2;
    byte[] top = new byte[32];
    top[15] = 0x0f;
    byte[] carryIntoTag = filled(32, 0xff);
    Arrays.fill(carryIntoTag, 0, 16, (byte) 0);
    carryIntoTag[0] = 2;
    return Stream.of(
        new byte[32],
        filled(32, 0xff),
        anything,
        one,
        two,
        top,
        carryIntoTag,
        HexFormat.of()
            .parseHex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void agreesWithBigIntegers(byte[] key) {
    SplittableRandom random = new SplittableRandom(0x5eed_0005L);
    for (int length = 0; length <= 700; length++) {
      byte[] anything = new byte[length];
      random.nextBytes(anything);
      for (byte[] ciphertext :
          new byte[][] {anything, filled(length, 0xff), filled(length, 0), filled(length, 0xfb)}) {
        assertEquals(expected(key, ciphertext), computed(key, ciphertext), "length " + length);
      }
    }
  }

  /** With r = 1 or 2 the accumulator can be steered to just below, at and above the prime. */
  @ParameterizedTest
  @MethodSource("keys")
  void reducesRightAroundThePrime(byte[] key) {
    for (int blocks : new int[] {1, 2, 3, 15, 16, 17, 33}) {
      for (int low = 0; low < 256; low++) {
        byte[] ciphertext = filled(16 * blocks, 0xff);
        ciphertext[16 * (blocks - 1)] = (byte) low;
        assertEquals(expected(key, ciphertext), computed(key, ciphertext));
      }
    }
  }
}
