// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

/**
 * A number modulo the prime of Poly1305, 2^130 - 5, as three limbs of 44, 44 and 42 bits, so that a
 * product of limbs fits 128 bits with room to add. Between operations a limb may exceed its width
 * by a bit or so. One thread at a time.
 */
final class Limbs {

  static final long MASK_44 = (1L << 44) - 1;
  static final long MASK_42 = (1L << 42) - 1;

  long limb0;
  long limb1;
  long limb2;

  void set(long limb0, long limb1, long limb2) {
    this.limb0 = limb0;
    this.limb1 = limb1;
    this.limb2 = limb2;
  }

  /** Becomes the product, with limbs of at most 44, 44 and 43 bits; may be a factor itself. */
  void setProduct(Limbs left, Limbs right) {
    long h0 = left.limb0;
    long h1 = left.limb1;
    long h2 = left.limb2;
    long r0 = right.limb0;
    long r1 = right.limb1;
    long r2 = right.limb2;

    // 2^132 is 20 modulo the prime: what passes the top returns twenty times as large.
    long top1 = r1 * 20;
    long top2 = r2 * 20;

    // For high halves of products that begin at bit 44: the factors together shifted by 20.
    long a0 = h0 << 10;
    long a1 = h1 << 10;
    long a2 = h2 << 10;

    long low = (h0 * r0 & MASK_44) + (h1 * top2 & MASK_44) + (h2 * top1 & MASK_44);
    long high =
        Math.multiplyHigh(a0, r0 << 10)
            + Math.multiplyHigh(a1, top2 << 10)
            + Math.multiplyHigh(a2, top1 << 10);
    long product0 = low & MASK_44;
    long carry = high + (low >>> 44);

    low = (h0 * r1 & MASK_44) + (h1 * r0 & MASK_44) + (h2 * top2 & MASK_44) + (carry & MASK_44);
    high =
        Math.multiplyHigh(a0, r1 << 10)
            + Math.multiplyHigh(a1, r0 << 10)
            + Math.multiplyHigh(a2, top2 << 10)
            + (carry >>> 44);
    long product1 = low & MASK_44;
    carry = high + (low >>> 44);

    // The third limb has 42 bits: shifted by 22.
    low = (h0 * r2 & MASK_42) + (h1 * r1 & MASK_42) + (h2 * r0 & MASK_42) + (carry & MASK_42);
    high =
        Math.multiplyHigh(a0, r2 << 12)
            + Math.multiplyHigh(a1, r1 << 12)
            + Math.multiplyHigh(a2, r0 << 12)
            + (carry >>> 42);
    long product2 = low & MASK_42;
    carry = high + (low >>> 42);

    product0 += carry * 5;
    product1 += product0 >>> 44;
    limb0 = product0 & MASK_44;
    limb1 = product1 & MASK_44;
    limb2 = product2 + (product1 >>> 44);
  }

  void erase() {
    set(0, 0, 0);
  }
}
