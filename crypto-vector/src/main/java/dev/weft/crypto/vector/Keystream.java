// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Blocks of keystream as registers leave them, and their exclusive or with packets. One thread at a
 * time.
 *
 * <p>A block (RFC 8439 §2.3) has four rows of four words. A register holds one row of {@link
 * #SET_BLOCKS} consecutive blocks: lanes 4g to 4g+3 are those of block g. A set is four registers,
 * rows 0 to 3, one after the other; up to four sets follow each other.
 */
final class Keystream {

  /** Octets of a block. */
  static final int BLOCK = 64;

  private static final VectorSpecies<Integer> ROW = IntVector.SPECIES_128;

  /** Words of a row. */
  static final int ROW_LANES = ROW.length();

  /** Words of a register. */
  static final int LANES = IntVector.SPECIES_PREFERRED.length();

  /** Blocks of a set of registers. */
  static final int SET_BLOCKS = LANES / ROW_LANES;

  private static final int MAX_SETS = 4;
  private static final int SET_LANES = 4 * LANES;
  private static final int ROW_OCTETS = Integer.BYTES * ROW_LANES;

  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);

  /** Written by {@link ChaChaLanes}. */
  final int[] words = new int[MAX_SETS * SET_LANES];

  /** The first words of the first block as u64; 0 to 3 of block 0 are the key of Poly1305. */
  long firstWords(int index) {
    int word = index / 2 * LANES + index % 2 * 2;
    return Integer.toUnsignedLong(words[word]) | ((long) words[word + 1] << Integer.SIZE);
  }

  /**
   * Combines octets with keystream.
   *
   * @param first the block to begin with, counted from the first that is here
   * @param source native memory
   * @param target native memory
   */
  void xor(
      int first,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    int block = first;
    int done = 0;
    for (; done <= length - BLOCK; done += BLOCK) {
      int word = wordOf(block++);
      long from = sourceOffset + done;
      long to = targetOffset + done;
      xorRow(word, source, from, target, to);
      xorRow(word + LANES, source, from + ROW_OCTETS, target, to + ROW_OCTETS);
      xorRow(word + 2 * LANES, source, from + 2L * ROW_OCTETS, target, to + 2L * ROW_OCTETS);
      xorRow(word + 3 * LANES, source, from + 3L * ROW_OCTETS, target, to + 3L * ROW_OCTETS);
    }
    int word = wordOf(block);
    for (; done <= length - ROW_OCTETS; done += ROW_OCTETS) {
      xorRow(word, source, sourceOffset + done, target, targetOffset + done);
      word += LANES;
    }
    for (; done <= length - Integer.BYTES; done += Integer.BYTES) {
      target.set(U32, targetOffset + done, source.get(U32, sourceOffset + done) ^ words[word++]);
    }
    for (int shift = 0; done < length; done++, shift += Byte.SIZE) {
      byte octet = source.get(ValueLayout.JAVA_BYTE, sourceOffset + done);
      target.set(
          ValueLayout.JAVA_BYTE, targetOffset + done, (byte) (octet ^ (words[word] >>> shift)));
    }
  }

  /** Where the first row of a block is. */
  private static int wordOf(int block) {
    return block / SET_BLOCKS * SET_LANES + block % SET_BLOCKS * ROW_LANES;
  }

  private void xorRow(int word, MemorySegment source, long from, MemorySegment target, long to) {
    IntVector.fromMemorySegment(ROW, source, from, ORDER)
        .lanewise(XOR, IntVector.fromArray(ROW, words, word))
        .intoMemorySegment(target, to, ORDER);
  }

  /** Overwrites everything. */
  void erase() {
    Arrays.fill(words, 0);
  }
}
