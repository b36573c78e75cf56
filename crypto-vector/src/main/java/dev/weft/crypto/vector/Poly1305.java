// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Poly1305 (RFC 8439 §2.5) as ChaCha20-Poly1305 uses it without associated data (§2.8). Long
 * messages go through {@link Poly1305Lanes}; the rest is computed here. One thread at a time.
 */
final class Poly1305 {

  private static final long MASK_44 = Limbs.MASK_44;
  private static final long MASK_42 = Limbs.MASK_42;
  private static final int BLOCK = 16;

  // The bits that RFC 8439 §2.5 clears in r.
  private static final long CLAMP_LOW = 0x0ffffffc_0fffffffL;
  private static final long CLAMP_HIGH = 0x0ffffffc_0ffffffcL;

  /** The 2^128 that each block has added, in the third limb, which begins at 2^88. */
  private static final long BLOCK_BIT = 1L << 40;

  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Poly1305Lanes lanes = new Poly1305Lanes();

  // The key: r, and what is added in the end.
  private final Limbs r = new Limbs();
  private long addLow;
  private long addHigh;

  private final Limbs accumulator = new Limbs();

  private long tagLow;
  private long tagHigh;

  /** Begins a message. */
  void start(long keyLow, long keyHigh, long addLow, long addHigh) {
    long low = keyLow & CLAMP_LOW;
    long high = keyHigh & CLAMP_HIGH;
    r.set(low & MASK_44, (low >>> 44 | high << 20) & MASK_44, high >>> 24);
    this.addLow = addLow;
    this.addHigh = addHigh;
    accumulator.erase();
  }

  /**
   * Computes the tag of a whole ciphertext: its octets, zeros to a multiple of 16, the length of no
   * associated data and its own length.
   *
   * @param memory native memory
   */
  void authenticate(MemorySegment memory, long offset, int length) {
    int blocks = length / BLOCK;
    int done = lanes.absorb(r, accumulator, memory, offset, blocks);
    for (; done < blocks; done++) {
      long at = offset + (long) BLOCK * done;
      absorb(memory.get(U64, at), memory.get(U64, at + Long.BYTES));
    }
    int rest = length % BLOCK;
    if (rest != 0) {
      absorbRest(memory, offset + (long) BLOCK * blocks, rest);
    }
    absorb(0, length);
    finish();
  }

  private void absorbRest(MemorySegment memory, long offset, int rest) {
    long low = 0;
    int from = 0;
    if (rest >= Long.BYTES) {
      low = memory.get(U64, offset);
      from = Long.BYTES;
    }
    long last = 0;
    for (int i = rest - 1; i >= from; i--) {
      last = last << Byte.SIZE | Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, offset + i));
    }
    if (from == 0) {
      absorb(last, 0);
    } else {
      absorb(low, last);
    }
  }

  /** Adds a block of 16 octets, then multiplies by r. */
  private void absorb(long low, long high) {
    accumulator.limb0 += low & MASK_44;
    accumulator.limb1 += (low >>> 44 | high << 20) & MASK_44;
    accumulator.limb2 += high >>> 24 | BLOCK_BIT;
    accumulator.setProduct(accumulator, r);
  }

  private void finish() {
    long a0 = accumulator.limb0;
    long a1 = accumulator.limb1;
    long a2 = accumulator.limb2;
    for (int i = 0; i < 2; i++) {
      a1 += a0 >>> 44;
      a0 &= MASK_44;
      a2 += a1 >>> 44;
      a1 &= MASK_44;
      a0 += (a2 >>> 42) * 5;
      a2 &= MASK_42;
    }
    a1 += a0 >>> 44;
    a0 &= MASK_44;
    a2 += a1 >>> 44;
    a1 &= MASK_44;

    // a - p, which is taken instead of a unless it is negative; without a branch on the secret.
    long b0 = a0 + 5;
    long b1 = a1 + (b0 >>> 44);
    b0 &= MASK_44;
    long b2 = a2 + (b1 >>> 44) - (1L << 42);
    b1 &= MASK_44;
    long useB = (b2 >>> 63) - 1;
    a0 = (a0 & ~useB) | (b0 & useB);
    a1 = (a1 & ~useB) | (b1 & useB);
    a2 = (a2 & ~useB) | (b2 & useB);

    long low = a0 | a1 << 44;
    long high = a1 >>> 20 | a2 << 24;
    tagLow = low + addLow;
    // The carry, likewise without a branch.
    tagHigh = high + addHigh + (((low & addLow) | ((low | addLow) & ~tagLow)) >>> 63);
  }

  /** Writes the tag. */
  void writeTag(MemorySegment memory, long offset) {
    memory.set(U64, offset, tagLow);
    memory.set(U64, offset + Long.BYTES, tagHigh);
  }

  /** Whether this is the tag; takes the same time for each. */
  boolean hasTag(MemorySegment memory, long offset) {
    return ((memory.get(U64, offset) ^ tagLow) | (memory.get(U64, offset + Long.BYTES) ^ tagHigh))
        == 0;
  }

  /** Overwrites the last key. */
  void erase() {
    start(0, 0, 0, 0);
    tagLow = 0;
    tagHigh = 0;
    lanes.erase();
  }
}
