// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/**
 * Which counters of a session were received: the greatest, and a bitmap of those up to {@link
 * #USABLE} below it. 8,192 bits in a ring of words, of which one word is always being reused. The
 * ring is allocated with the first counter. Owned by the device's thread. Sources: WG §5.4.6, RFC
 * 6479.
 */
final class ReplayWindow {

  private static final int BITS = 8192;
  private static final int WORDS = BITS / Long.SIZE;

  /** How far below the greatest counter another one may be. */
  static final int USABLE = BITS - Long.SIZE;

  private static final long[] NONE = {};

  private long[] ring = NONE;
  private long greatest;

  /**
   * Accepts each counter once, if it is not too old. Called only for authentic messages: a forged
   * counter would move the window.
   *
   * @param counter unsigned
   */
  boolean accept(long counter) {
    if (Long.compareUnsigned(counter, ProtocolConstants.REJECT_AFTER_MESSAGES) >= 0) {
      return false;
    }
    if (ring.length == 0) {
      ring = new long[WORDS];
    }
    if (Long.compareUnsigned(counter, greatest) > 0) {
      advance(counter);
    } else if (Long.compareUnsigned(greatest - counter, USABLE) > 0) {
      return false;
    }
    int word = word(counter);
    long bit = 1L << counter;
    if ((ring[word] & bit) != 0) {
      return false;
    }
    ring[word] |= bit;
    return true;
  }

  /** Clears the words between the greatest counter so far and the new one. */
  private void advance(long counter) {
    long from = greatest >>> 6;
    long steps = Math.min((counter >>> 6) - from, WORDS);
    for (long i = 1; i <= steps; i++) {
      ring[(int) (from + i) & (WORDS - 1)] = 0;
    }
    greatest = counter;
  }

  private static int word(long counter) {
    return (int) (counter >>> 6) & (WORDS - 1);
  }
}
