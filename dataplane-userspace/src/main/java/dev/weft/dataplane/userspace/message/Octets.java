// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Some octets of a message. Immutable, thread-safe, equal by value. */
public final class Octets {

  private final byte[] octets;

  private Octets(byte[] octets) {
    this.octets = octets;
  }

  /** A copy of an array. */
  public static Octets of(byte[] octets) {
    return new Octets(octets.clone());
  }

  /** That many zero octets. */
  public static Octets zeros(int length) {
    return new Octets(new byte[length]);
  }

  /** The next octets of a buffer. */
  static Octets get(ByteBuffer source, int length) {
    byte[] octets = new byte[length];
    source.get(octets);
    return new Octets(octets);
  }

  /** Appends the octets to a buffer. */
  void put(ByteBuffer target) {
    target.put(octets);
  }

  /** How many octets. */
  public int length() {
    return octets.length;
  }

  /** A copy of the octets. */
  public byte[] toByteArray() {
    return octets.clone();
  }

  /**
   * The same, once the number of octets was checked.
   *
   * @throws IllegalArgumentException if it is another number
   */
  Octets require(int length, String field) {
    if (octets.length != length) {
      throw new IllegalArgumentException(
          field + ": " + octets.length + " octets instead of " + length);
    }
    return this;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Octets that && Arrays.equals(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  /** Hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(octets);
  }
}
