// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * A piece of encrypted network data. Immutable, thread-safe, equal by value. Source: PEX §6.6,
 * §6.7.
 */
public final class Chunk {

  private final byte[] octets;

  private Chunk(byte[] octets) {
    this.octets = octets;
  }

  /** A chunk of all these octets; copied. */
  public static Chunk of(byte[] octets) {
    return new Chunk(octets.clone());
  }

  /**
   * A chunk of some of these octets; copied.
   *
   * @throws IndexOutOfBoundsException if they are outside the array
   */
  public static Chunk of(byte[] octets, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, octets.length);
    return new Chunk(Arrays.copyOfRange(octets, offset, offset + length));
  }

  /** The rest of a buffer, which is read. */
  static Chunk decode(ByteBuffer source) {
    byte[] octets = new byte[source.remaining()];
    source.get(octets);
    return new Chunk(octets);
  }

  void encode(ByteBuffer target) {
    target.put(octets);
  }

  /** How many octets it has. */
  public int length() {
    return octets.length;
  }

  /**
   * Copies the octets.
   *
   * @throws IndexOutOfBoundsException if there is no room for them
   */
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(octets, 0, target, offset, octets.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Chunk chunk && Arrays.equals(octets, chunk.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  /** The length; the octets are nothing to read. */
  @Override
  public String toString() {
    return octets.length + " octets";
  }
}
