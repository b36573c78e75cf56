// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.spi.RandomSource;

/** Gives octets that were chosen before; after that it counts. */
final class FixedRandom implements RandomSource {

  private byte[] next;
  private int count;

  FixedRandom(byte... first) {
    next = first.clone();
  }

  @Override
  public void nextBytes(byte[] target) {
    for (int i = 0; i < target.length; i++) {
      target[i] = i < next.length ? next[i] : (byte) (i == target.length - 1 ? ++count : 0x5a);
    }
    next = new byte[0];
  }

  @Override
  public int nextInt(int bound) {
    throw new UnsupportedOperationException();
  }
}
