// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.spi.RandomSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What ties a response to its request: 96 random bits. An answer that guesses them is as good as a
 * true one, so they come from the runtime's randomness. Source: RFC 8489 §5.
 *
 * @param head the first four octets, big-endian
 * @param tail the last eight, big-endian
 */
public record TransactionId(int head, long tail) {

  /** Octets. */
  public static final int LENGTH = 12;

  /** A fresh one. */
  public static TransactionId random(RandomSource random) {
    byte[] octets = new byte[LENGTH];
    random.nextBytes(octets);
    return decode(ByteBuffer.wrap(octets));
  }

  static TransactionId decode(ByteBuffer source) {
    ByteBuffer ordered = source.order(ByteOrder.BIG_ENDIAN);
    return new TransactionId(ordered.getInt(), ordered.getLong());
  }

  void encode(ByteBuffer target) {
    target.putInt(head).putLong(tail);
  }
}
