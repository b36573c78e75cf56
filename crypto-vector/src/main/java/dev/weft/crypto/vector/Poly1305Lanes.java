// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Poly1305 over many blocks at once. One thread at a time.
 *
 * <p>With n lanes of 64 bits, the message is taken n blocks a step. Each lane is an accumulator of
 * its own, which each step multiplies by r^n; in the last step the lane of the step's block i is
 * multiplied by r^(n-i) instead, and the sum of the lanes is then what block after block would have
 * given (Horner's rule, n times interleaved).
 *
 * <p>In a lane, a number modulo 2^130 - 5 is five limbs of 26 bits in five registers. Before a
 * multiplication limbs have at most 28 bits, so that each product of limbs is one of 32 by 32 bits
 * to 64, which processors have; the compiler uses it where it sees that both upper halves are zero,
 * and for that alone both factors are masked. 2^130 is 5, so limbs that pass the top return times
 * 5: those multiples of the powers are kept ready ("Top").
 */
final class Poly1305Lanes {

  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
  private static final int LANES = LONGS.length();
  private static final int OCTETS = LONGS.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** Below two steps the powers cost more than they save. */
  private static final int MIN_STEPS = 2;

  private static final int LIMBS = 5;
  private static final long LIMB = (1L << 26) - 1;
  private static final long LOW_HALF = 0xffff_ffffL;

  /** The 2^128 that each block has added, in the fifth limb, which begins at 2^104. */
  private static final long BLOCK_BIT = 1L << 24;

  /** Rows of a table: five limbs, then four of them times 5. */
  private static final int ROWS = LIMBS + LIMBS - 1;

  private static final int TABLE = ROWS * LANES;

  private static final VectorShuffle<Long> SWAP = VectorShuffle.fromOp(LONGS, lane -> lane ^ 1);
  private static final VectorMask<Long> ODD = odd();

  /** The powers of r from the first on. */
  private final Limbs[] ascending = limbs(LANES);

  /** First the table with r^n in all lanes, then the one with the power of each lane. */
  private final long[] powers = new long[2 * TABLE];

  private static Limbs[] limbs(int count) {
    Limbs[] limbs = new Limbs[count];
    Arrays.setAll(limbs, i -> new Limbs());
    return limbs;
  }

  private static VectorMask<Long> odd() {
    boolean[] odd = new boolean[LANES];
    for (int lane = 1; lane < LANES; lane += 2) {
      odd[lane] = true;
    }
    return VectorMask.fromArray(LONGS, odd, 0);
  }

  /**
   * Where loading puts a block of a step: two registers with low and high halves in turn become one
   * with the low halves and one with the high halves, which interleaves the first register's blocks
   * with the second's.
   */
  private static int laneOf(int block) {
    return block < LANES / 2 ? 2 * block : 2 * (block - LANES / 2) + 1;
  }

  /**
   * Absorbs as many blocks as go into whole steps, if they are enough.
   *
   * @param r what to multiply by
   * @param accumulator zero; becomes the new one
   * @return how many blocks were absorbed
   */
  int absorb(Limbs r, Limbs accumulator, MemorySegment memory, long offset, int blocks) {
    int steps = blocks / LANES;
    if (steps < MIN_STEPS) {
      return 0;
    }
    computePowers(r);
    absorbSteps(accumulator, memory, offset, steps);
    return steps * LANES;
  }

  private void computePowers(Limbs r) {
    // Each from two of about half its exponent, so that few wait for each other.
    ascending[0].set(r.limb0, r.limb1, r.limb2);
    put(ascending[0], laneOf(LANES - 1));
    for (int exponent = 2; exponent <= LANES; exponent++) {
      int half = exponent / 2;
      Limbs power = ascending[exponent - 1];
      power.setProduct(ascending[half - 1], ascending[exponent - half - 1]);
      put(power, laneOf(LANES - exponent));
    }
    int highest = TABLE + laneOf(0);
    for (int row = 0; row < ROWS; row++) {
      LongVector.broadcast(LONGS, powers[highest + row * LANES]).intoArray(powers, row * LANES);
    }
  }

  /** Splits three limbs into five. */
  private void put(Limbs power, int lane) {
    int at = TABLE + lane;
    long limb1 = (power.limb0 >>> 26 | power.limb1 << 18) & LIMB;
    long limb2 = power.limb1 >>> 8 & LIMB;
    long limb3 = (power.limb1 >>> 34 | power.limb2 << 10) & LIMB;
    long limb4 = power.limb2 >>> 16;
    powers[at] = power.limb0 & LIMB;
    powers[at + LANES] = limb1;
    powers[at + 2 * LANES] = limb2;
    powers[at + 3 * LANES] = limb3;
    powers[at + 4 * LANES] = limb4;
    powers[at + 5 * LANES] = limb1 * 5;
    powers[at + 6 * LANES] = limb2 * 5;
    powers[at + 7 * LANES] = limb3 * 5;
    powers[at + 8 * LANES] = limb4 * 5;
  }

  private void absorbSteps(Limbs accumulator, MemorySegment memory, long offset, int steps) {
    LongVector mask26 = LongVector.broadcast(LONGS, LIMB);
    LongVector mask32 = LongVector.broadcast(LONGS, LOW_HALF);
    LongVector blockBit = LongVector.broadcast(LONGS, BLOCK_BIT);
    LongVector h0 = LongVector.zero(LONGS);
    LongVector h1 = h0;
    LongVector h2 = h0;
    LongVector h3 = h0;
    LongVector h4 = h0;
    LongVector r0 = LongVector.fromArray(LONGS, powers, 0).and(mask32);
    LongVector r1 = LongVector.fromArray(LONGS, powers, LANES).and(mask32);
    LongVector r2 = LongVector.fromArray(LONGS, powers, 2 * LANES).and(mask32);
    LongVector r3 = LongVector.fromArray(LONGS, powers, 3 * LANES).and(mask32);
    LongVector r4 = LongVector.fromArray(LONGS, powers, 4 * LANES).and(mask32);
    LongVector r1Top = LongVector.fromArray(LONGS, powers, 5 * LANES).and(mask32);
    LongVector r2Top = LongVector.fromArray(LONGS, powers, 6 * LANES).and(mask32);
    LongVector r3Top = LongVector.fromArray(LONGS, powers, 7 * LANES).and(mask32);
    LongVector r4Top = LongVector.fromArray(LONGS, powers, 8 * LANES).and(mask32);
    long at = offset;
    for (int step = 1; step < steps; step++) {
      LongVector front = LongVector.fromMemorySegment(LONGS, memory, at, ORDER);
      LongVector back = LongVector.fromMemorySegment(LONGS, memory, at + OCTETS, ORDER);
      at += 2L * OCTETS;
      LongVector low = front.blend(back.rearrange(SWAP), ODD);
      LongVector high = front.rearrange(SWAP).blend(back, ODD);
      h0 = h0.add(low.and(mask26)).and(mask32);
      h1 = h1.add(low.lanewise(LSHR, 26).and(mask26)).and(mask32);
      h2 = h2.add(low.lanewise(LSHR, 52).or(high.lanewise(LSHL, 12)).and(mask26)).and(mask32);
      h3 = h3.add(high.lanewise(LSHR, 14).and(mask26)).and(mask32);
      h4 = h4.add(high.lanewise(LSHR, 40).or(blockBit)).and(mask32);
      LongVector p0 =
          h0.mul(r0).add(h1.mul(r4Top)).add(h2.mul(r3Top)).add(h3.mul(r2Top)).add(h4.mul(r1Top));
      LongVector p1 =
          h0.mul(r1).add(h1.mul(r0)).add(h2.mul(r4Top)).add(h3.mul(r3Top)).add(h4.mul(r2Top));
      LongVector p2 =
          h0.mul(r2).add(h1.mul(r1)).add(h2.mul(r0)).add(h3.mul(r4Top)).add(h4.mul(r3Top));
      LongVector p3 = h0.mul(r3).add(h1.mul(r2)).add(h2.mul(r1)).add(h3.mul(r0)).add(h4.mul(r4Top));
      LongVector p4 = h0.mul(r4).add(h1.mul(r3)).add(h2.mul(r2)).add(h3.mul(r1)).add(h4.mul(r0));
      LongVector carry = p0.lanewise(LSHR, 26);
      p1 = p1.add(carry);
      carry = p3.lanewise(LSHR, 26);
      h3 = p3.and(mask26);
      p4 = p4.add(carry);
      h0 = p0.and(mask26);
      carry = p1.lanewise(LSHR, 26);
      h1 = p1.and(mask26);
      p2 = p2.add(carry);
      carry = p4.lanewise(LSHR, 26);
      h4 = p4.and(mask26);
      h0 = h0.add(carry).add(carry.lanewise(LSHL, 2));
      carry = p2.lanewise(LSHR, 26);
      h2 = p2.and(mask26);
      h3 = h3.add(carry);
      carry = h0.lanewise(LSHR, 26);
      h0 = h0.and(mask26);
      h1 = h1.add(carry);
      carry = h3.lanewise(LSHR, 26);
      h3 = h3.and(mask26);
      h4 = h4.add(carry);
    }
    {
      LongVector front = LongVector.fromMemorySegment(LONGS, memory, at, ORDER);
      LongVector back = LongVector.fromMemorySegment(LONGS, memory, at + OCTETS, ORDER);
      at += 2L * OCTETS;
      LongVector low = front.blend(back.rearrange(SWAP), ODD);
      LongVector high = front.rearrange(SWAP).blend(back, ODD);
      h0 = h0.add(low.and(mask26)).and(mask32);
      h1 = h1.add(low.lanewise(LSHR, 26).and(mask26)).and(mask32);
      h2 = h2.add(low.lanewise(LSHR, 52).or(high.lanewise(LSHL, 12)).and(mask26)).and(mask32);
      h3 = h3.add(high.lanewise(LSHR, 14).and(mask26)).and(mask32);
      h4 = h4.add(high.lanewise(LSHR, 40).or(blockBit)).and(mask32);
      LongVector z0 = LongVector.fromArray(LONGS, powers, TABLE).and(mask32);
      LongVector z1 = LongVector.fromArray(LONGS, powers, TABLE + LANES).and(mask32);
      LongVector z2 = LongVector.fromArray(LONGS, powers, TABLE + 2 * LANES).and(mask32);
      LongVector z3 = LongVector.fromArray(LONGS, powers, TABLE + 3 * LANES).and(mask32);
      LongVector z4 = LongVector.fromArray(LONGS, powers, TABLE + 4 * LANES).and(mask32);
      LongVector z1Top = LongVector.fromArray(LONGS, powers, TABLE + 5 * LANES).and(mask32);
      LongVector z2Top = LongVector.fromArray(LONGS, powers, TABLE + 6 * LANES).and(mask32);
      LongVector z3Top = LongVector.fromArray(LONGS, powers, TABLE + 7 * LANES).and(mask32);
      LongVector z4Top = LongVector.fromArray(LONGS, powers, TABLE + 8 * LANES).and(mask32);
      LongVector p0 =
          h0.mul(z0).add(h1.mul(z4Top)).add(h2.mul(z3Top)).add(h3.mul(z2Top)).add(h4.mul(z1Top));
      LongVector p1 =
          h0.mul(z1).add(h1.mul(z0)).add(h2.mul(z4Top)).add(h3.mul(z3Top)).add(h4.mul(z2Top));
      LongVector p2 =
          h0.mul(z2).add(h1.mul(z1)).add(h2.mul(z0)).add(h3.mul(z4Top)).add(h4.mul(z3Top));
      LongVector p3 = h0.mul(z3).add(h1.mul(z2)).add(h2.mul(z1)).add(h3.mul(z0)).add(h4.mul(z4Top));
      LongVector p4 = h0.mul(z4).add(h1.mul(z3)).add(h2.mul(z2)).add(h3.mul(z1)).add(h4.mul(z0));
      store(
          accumulator,
          p0.reduceLanes(ADD),
          p1.reduceLanes(ADD),
          p2.reduceLanes(ADD),
          p3.reduceLanes(ADD),
          p4.reduceLanes(ADD));
    }
  }

  /** Carries sums of products and makes three limbs of five. */
  private static void store(
      Limbs accumulator, long sum0, long sum1, long sum2, long sum3, long sum4) {
    long carried1 = sum1 + (sum0 >>> 26);
    long carried2 = sum2 + (carried1 >>> 26);
    long carried3 = sum3 + (carried2 >>> 26);
    long carried4 = sum4 + (carried3 >>> 26);
    long limb0 = (sum0 & LIMB) + (carried4 >>> 26) * 5;
    long limb1 = (carried1 & LIMB) + (limb0 >>> 26);
    long limb2 = (carried2 & LIMB) + (limb1 >>> 26);
    long limb3 = (carried3 & LIMB) + (limb2 >>> 26);
    long limb4 = (carried4 & LIMB) + (limb3 >>> 26);
    limb0 &= LIMB;
    limb1 &= LIMB;
    limb2 &= LIMB;
    limb3 &= LIMB;
    accumulator.set(
        (limb0 | limb1 << 26) & Limbs.MASK_44,
        (limb1 >>> 18 | limb2 << 8 | limb3 << 34) & Limbs.MASK_44,
        (limb3 >>> 10) + (limb4 << 16));
  }

  /** Overwrites the powers. */
  void erase() {
    Arrays.fill(powers, 0);
    for (Limbs power : ascending) {
      power.erase();
    }
  }
}
