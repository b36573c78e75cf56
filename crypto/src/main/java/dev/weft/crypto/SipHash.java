// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * SipHash-2-4 with a 64-bit result. Stateless, thread-safe, without allocation. A result is stored
 * little-endian unless a protocol says otherwise; {@link #littleEndian} does so. Source: Aumasson
 * and Bernstein, "SipHash: a fast short-input PRF", §2.
 */
public final class SipHash {

  /** Octets of a key: k0, then k1, each little-endian. */
  public static final int KEY_LENGTH = 16;

  private static final int COMPRESSION_ROUNDS = 2;
  private static final int FINALIZATION_ROUNDS = 4;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private SipHash() {}

  /**
   * The hash under a key of 16 octets.
   *
   * @throws IllegalArgumentException if the key does not have 16 octets
   */
  public static long hash(byte[] key, byte[] data) {
    Lengths.require(key, KEY_LENGTH, "a SipHash key");
    return hash((long) LONG.get(key, 0), (long) LONG.get(key, Long.BYTES), data);
  }

  /** The hash under the key (k0, k1). */
  public static long hash(long k0, long k1, byte[] data) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;

    int wholeWords = data.length & -Long.BYTES;
    for (int offset = 0; offset <= wholeWords + Long.BYTES; offset += Long.BYTES) {
      // After the last word comes the finalization: a step with a zero word and more rounds.
      boolean finalization = offset > wholeWords;
      long word = finalization ? 0 : word(data, offset, wholeWords);
      v3 ^= word;
      v2 ^= finalization ? 0xff : 0;
      for (int round = finalization ? FINALIZATION_ROUNDS : COMPRESSION_ROUNDS;
          round > 0;
          round--) {
        v0 += v1;
        v2 += v3;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 = Long.rotateLeft(v2, 32);
      }
      v0 ^= word;
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  /** A hash as 8 octets, little-endian. */
  public static byte[] littleEndian(long hash) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(hash).array();
  }

  /** The word at the offset; the last one holds the octets that remain, and the length on top. */
  private static long word(byte[] data, int offset, int wholeWords) {
    if (offset < wholeWords) {
      return (long) LONG.get(data, offset);
    }
    long word = (long) data.length << 56;
    for (int i = offset; i < data.length; i++) {
      word |= Byte.toUnsignedLong(data[i]) << (Byte.SIZE * (i - offset));
    }
    return word;
  }
}
