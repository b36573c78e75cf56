// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.util.Arrays;
import java.util.Base64;

/**
 * A Curve25519 public key: 32 octets, little-endian as on the wire. Immutable, thread-safe, equal
 * by value. Source: WG §2; text form as in PEX §2.1 (44 characters of base64).
 */
public final class PublicKey implements Comparable<PublicKey> {

  /** Octets of a key. */
  public static final int LENGTH = 32;

  private final byte[] octets;

  private PublicKey(byte[] octets) {
    this.octets = octets;
  }

  /**
   * A key from its octets.
   *
   * @param octets 32 octets; copied
   * @throws IllegalArgumentException if the length is wrong
   */
  public static PublicKey of(byte[] octets) {
    if (octets.length != LENGTH) {
      throw new IllegalArgumentException("a public key has 32 octets, not " + octets.length);
    }
    return new PublicKey(octets.clone());
  }

  /**
   * A key from its base64 form.
   *
   * @throws IllegalArgumentException if the text is not the base64 form of 32 octets
   */
  public static PublicKey parse(String base64) {
    return new PublicKey(Keys.decode(base64, "public key"));
  }

  /** A copy of the 32 octets. */
  public byte[] octets() {
    return octets.clone();
  }

  /** The PEX peer id: the first 8 octets. */
  public PeerId peerId() {
    return PeerId.of(octets);
  }

  /** The first 8 base64 characters, for logs and tables. */
  public String shortName() {
    return toString().substring(0, 8) + "…";
  }

  /** Unsigned lexicographic order of the octets. */
  @Override
  public int compareTo(PublicKey other) {
    return Arrays.compareUnsigned(octets, other.octets);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey key && Arrays.equals(octets, key.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  /** The base64 form, 44 characters. */
  @Override
  public String toString() {
    return Base64.getEncoder().encodeToString(octets);
  }
}
