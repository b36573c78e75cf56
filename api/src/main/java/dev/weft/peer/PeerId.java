// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The PEX peer id: the first 8 octets of a public key. Equal by value; thread-safe. Source: PEX
 * §2.1.
 *
 * @param value the octets as a big-endian number
 */
public record PeerId(long value) implements Comparable<PeerId> {

  /** Octets of an id. */
  public static final int LENGTH = 8;

  /**
   * The id in the first 8 octets.
   *
   * @throws IllegalArgumentException if there are fewer than 8
   */
  public static PeerId of(byte[] octets) {
    if (octets.length < LENGTH) {
      throw new IllegalArgumentException("a peer id has 8 octets, not " + octets.length);
    }
    return new PeerId(ByteBuffer.wrap(octets).getLong());
  }

  /** The 8 octets. */
  public byte[] octets() {
    return ByteBuffer.allocate(LENGTH).putLong(value).array();
  }

  /** Unsigned order. */
  @Override
  public int compareTo(PeerId other) {
    return Long.compareUnsigned(value, other.value);
  }

  /** 16 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(value);
  }
}
