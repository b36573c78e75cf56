// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import static dev.weft.crypto.vector.Keystream.LANES;
import static dev.weft.crypto.vector.Keystream.ROW_LANES;
import static dev.weft.crypto.vector.Keystream.SET_BLOCKS;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * ChaCha20 (RFC 8439 §2.3), several blocks at a time. One thread at a time.
 *
 * <p>A set of registers a, b, c, d holds consecutive blocks as {@link Keystream} says. Columns of
 * the state need no movement, and diagonals a rotation within each four lanes. Sets are
 * independent; up to four of them hide the latency of each other. The loops are written out for
 * that: arrays of vectors would be arrays of objects.
 */
final class ChaChaLanes {

  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
  private static final int DOUBLE_ROUNDS = 10;

  private static final VectorShuffle<Integer> BY_ONE = rotation(1);
  private static final VectorShuffle<Integer> BY_TWO = rotation(2);
  private static final VectorShuffle<Integer> BY_THREE = rotation(3);

  private static final int[] CONSTANTS = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

  // For register d, whose words are the block's number, four zero octets and the counter.
  private static final int[] BLOCK_OF_LANE = lastRowOf(lane -> lane / ROW_LANES, 0);
  private static final int[] NEXT_SET = lastRowOf(lane -> SET_BLOCKS, 0);
  private static final int[] BLOCK_MASK = lastRowOf(lane -> -1, 0);
  private static final int[] COUNTER_MASK = lastRowOf(lane -> 0, -1);

  /** Registers a, b and c of the input: the constants and the key, in all blocks alike. */
  private final int[] rows = new int[3 * LANES];

  private final Keystream keystream;

  /**
   * Takes a copy of the key.
   *
   * @param keystream where blocks go
   */
  ChaChaLanes(byte[] key, Keystream keystream) {
    this.keystream = keystream;
    ByteBuffer words = ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN);
    for (int lane = 0; lane < LANES; lane++) {
      int word = lane % ROW_LANES;
      rows[lane] = CONSTANTS[word];
      rows[LANES + lane] = words.getInt(Integer.BYTES * word);
      rows[2 * LANES + lane] = words.getInt(Integer.BYTES * (ROW_LANES + word));
    }
  }

  private static VectorShuffle<Integer> rotation(int by) {
    return VectorShuffle.fromOp(INTS, lane -> (lane & ~3) | ((lane + by) & 3));
  }

  private static int[] lastRowOf(IntUnaryOperator first, int lastTwo) {
    int[] row = new int[LANES];
    for (int lane = 0; lane < LANES; lane += ROW_LANES) {
      row[lane] = first.applyAsInt(lane);
      row[lane + 2] = lastTwo;
      row[lane + 3] = lastTwo;
    }
    return row;
  }

  /**
   * Makes keystream.
   *
   * @param block the number of the first block
   * @param wanted how many blocks are left to make, 1 or more
   * @param counter the packet's
   * @return how many were made, which may be more than wanted
   */
  int make(int block, int wanted, long counter) {
    if (wanted > 2 * SET_BLOCKS) {
      makeFourSets(block, counter);
      return 4 * SET_BLOCKS;
    }
    if (wanted > SET_BLOCKS) {
      makeTwoSets(block, counter);
      return 2 * SET_BLOCKS;
    }
    makeOneSet(block, counter);
    return SET_BLOCKS;
  }

  private static IntVector lastRow(int block, long counter) {
    IntVector numbers =
        IntVector.broadcast(INTS, block)
            .and(IntVector.fromArray(INTS, BLOCK_MASK, 0))
            .add(IntVector.fromArray(INTS, BLOCK_OF_LANE, 0));
    return LongVector.broadcast(LONGS, counter)
        .reinterpretAsInts()
        .and(IntVector.fromArray(INTS, COUNTER_MASK, 0))
        .or(numbers);
  }

  /** 4 {@code SET_BLOCKS} blocks. */
  private void makeFourSets(int block, long counter) {
    int[] words = keystream.words;
    IntVector constants = IntVector.fromArray(INTS, rows, 0);
    IntVector key0 = IntVector.fromArray(INTS, rows, LANES);
    IntVector key1 = IntVector.fromArray(INTS, rows, 2 * LANES);
    IntVector input0 = lastRow(block, counter);
    IntVector next = IntVector.fromArray(INTS, NEXT_SET, 0);
    IntVector input1 = input0.add(next);
    IntVector input2 = input1.add(next);
    IntVector input3 = input2.add(next);
    IntVector a0 = constants;
    IntVector b0 = key0;
    IntVector c0 = key1;
    IntVector d0 = input0;
    IntVector a1 = constants;
    IntVector b1 = key0;
    IntVector c1 = key1;
    IntVector d1 = input1;
    IntVector a2 = constants;
    IntVector b2 = key0;
    IntVector c2 = key1;
    IntVector d2 = input2;
    IntVector a3 = constants;
    IntVector b3 = key0;
    IntVector c3 = key1;
    IntVector d3 = input3;
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
      // Columns; then the diagonals move below each other.
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      a2 = a2.add(b2);
      a3 = a3.add(b3);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
      d2 = d2.lanewise(XOR, a2).lanewise(ROL, 16);
      d3 = d3.lanewise(XOR, a3).lanewise(ROL, 16);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      c2 = c2.add(d2);
      c3 = c3.add(d3);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
      b2 = b2.lanewise(XOR, c2).lanewise(ROL, 12);
      b3 = b3.lanewise(XOR, c3).lanewise(ROL, 12);
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      a2 = a2.add(b2);
      a3 = a3.add(b3);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
      d2 = d2.lanewise(XOR, a2).lanewise(ROL, 8);
      d3 = d3.lanewise(XOR, a3).lanewise(ROL, 8);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      c2 = c2.add(d2);
      c3 = c3.add(d3);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
      b2 = b2.lanewise(XOR, c2).lanewise(ROL, 7);
      b3 = b3.lanewise(XOR, c3).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_ONE);
      b1 = b1.rearrange(BY_ONE);
      b2 = b2.rearrange(BY_ONE);
      b3 = b3.rearrange(BY_ONE);
      c0 = c0.rearrange(BY_TWO);
      c1 = c1.rearrange(BY_TWO);
      c2 = c2.rearrange(BY_TWO);
      c3 = c3.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_THREE);
      d1 = d1.rearrange(BY_THREE);
      d2 = d2.rearrange(BY_THREE);
      d3 = d3.rearrange(BY_THREE);
      // Diagonals; then back.
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      a2 = a2.add(b2);
      a3 = a3.add(b3);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
      d2 = d2.lanewise(XOR, a2).lanewise(ROL, 16);
      d3 = d3.lanewise(XOR, a3).lanewise(ROL, 16);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      c2 = c2.add(d2);
      c3 = c3.add(d3);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
      b2 = b2.lanewise(XOR, c2).lanewise(ROL, 12);
      b3 = b3.lanewise(XOR, c3).lanewise(ROL, 12);
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      a2 = a2.add(b2);
      a3 = a3.add(b3);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
      d2 = d2.lanewise(XOR, a2).lanewise(ROL, 8);
      d3 = d3.lanewise(XOR, a3).lanewise(ROL, 8);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      c2 = c2.add(d2);
      c3 = c3.add(d3);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
      b2 = b2.lanewise(XOR, c2).lanewise(ROL, 7);
      b3 = b3.lanewise(XOR, c3).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_THREE);
      b1 = b1.rearrange(BY_THREE);
      b2 = b2.rearrange(BY_THREE);
      b3 = b3.rearrange(BY_THREE);
      c0 = c0.rearrange(BY_TWO);
      c1 = c1.rearrange(BY_TWO);
      c2 = c2.rearrange(BY_TWO);
      c3 = c3.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_ONE);
      d1 = d1.rearrange(BY_ONE);
      d2 = d2.rearrange(BY_ONE);
      d3 = d3.rearrange(BY_ONE);
    }
    a0.add(constants).intoArray(words, 0);
    b0.add(key0).intoArray(words, LANES);
    c0.add(key1).intoArray(words, 2 * LANES);
    d0.add(input0).intoArray(words, 3 * LANES);
    a1.add(constants).intoArray(words, 4 * LANES);
    b1.add(key0).intoArray(words, 5 * LANES);
    c1.add(key1).intoArray(words, 6 * LANES);
    d1.add(input1).intoArray(words, 7 * LANES);
    a2.add(constants).intoArray(words, 8 * LANES);
    b2.add(key0).intoArray(words, 9 * LANES);
    c2.add(key1).intoArray(words, 10 * LANES);
    d2.add(input2).intoArray(words, 11 * LANES);
    a3.add(constants).intoArray(words, 12 * LANES);
    b3.add(key0).intoArray(words, 13 * LANES);
    c3.add(key1).intoArray(words, 14 * LANES);
    d3.add(input3).intoArray(words, 15 * LANES);
  }

  /** 2 {@code SET_BLOCKS} blocks. */
  private void makeTwoSets(int block, long counter) {
    int[] words = keystream.words;
    IntVector constants = IntVector.fromArray(INTS, rows, 0);
    IntVector key0 = IntVector.fromArray(INTS, rows, LANES);
    IntVector key1 = IntVector.fromArray(INTS, rows, 2 * LANES);
    IntVector input0 = lastRow(block, counter);
    IntVector next = IntVector.fromArray(INTS, NEXT_SET, 0);
    IntVector input1 = input0.add(next);
    IntVector a0 = constants;
    IntVector b0 = key0;
    IntVector c0 = key1;
    IntVector d0 = input0;
    IntVector a1 = constants;
    IntVector b1 = key0;
    IntVector c1 = key1;
    IntVector d1 = input1;
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
      // Columns; then the diagonals move below each other.
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_ONE);
      b1 = b1.rearrange(BY_ONE);
      c0 = c0.rearrange(BY_TWO);
      c1 = c1.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_THREE);
      d1 = d1.rearrange(BY_THREE);
      // Diagonals; then back.
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
      a0 = a0.add(b0);
      a1 = a1.add(b1);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
      c0 = c0.add(d0);
      c1 = c1.add(d1);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_THREE);
      b1 = b1.rearrange(BY_THREE);
      c0 = c0.rearrange(BY_TWO);
      c1 = c1.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_ONE);
      d1 = d1.rearrange(BY_ONE);
    }
    a0.add(constants).intoArray(words, 0);
    b0.add(key0).intoArray(words, LANES);
    c0.add(key1).intoArray(words, 2 * LANES);
    d0.add(input0).intoArray(words, 3 * LANES);
    a1.add(constants).intoArray(words, 4 * LANES);
    b1.add(key0).intoArray(words, 5 * LANES);
    c1.add(key1).intoArray(words, 6 * LANES);
    d1.add(input1).intoArray(words, 7 * LANES);
  }

  /** {@code SET_BLOCKS} blocks. */
  private void makeOneSet(int block, long counter) {
    int[] words = keystream.words;
    IntVector constants = IntVector.fromArray(INTS, rows, 0);
    IntVector key0 = IntVector.fromArray(INTS, rows, LANES);
    IntVector key1 = IntVector.fromArray(INTS, rows, 2 * LANES);
    IntVector input0 = lastRow(block, counter);
    IntVector a0 = constants;
    IntVector b0 = key0;
    IntVector c0 = key1;
    IntVector d0 = input0;
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
      // Columns; then the diagonals move below each other.
      a0 = a0.add(b0);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      c0 = c0.add(d0);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      a0 = a0.add(b0);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      c0 = c0.add(d0);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_ONE);
      c0 = c0.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_THREE);
      // Diagonals; then back.
      a0 = a0.add(b0);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
      c0 = c0.add(d0);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
      a0 = a0.add(b0);
      d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
      c0 = c0.add(d0);
      b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
      b0 = b0.rearrange(BY_THREE);
      c0 = c0.rearrange(BY_TWO);
      d0 = d0.rearrange(BY_ONE);
    }
    a0.add(constants).intoArray(words, 0);
    b0.add(key0).intoArray(words, LANES);
    c0.add(key1).intoArray(words, 2 * LANES);
    d0.add(input0).intoArray(words, 3 * LANES);
  }

  /** Overwrites the key. */
  void erase() {
    Arrays.fill(rows, 0);
  }
}
