// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;

/**
 * The Ed25519 public key that the data of a network are signed with: 32 octets as RFC 8032 §5.1.2
 * encodes a point. Any octets are taken; whether they are a point shows when a signature is
 * verified. Immutable, thread-safe, equal by value. Source: PEX §2.1.
 *
 * @since 0.1.0
 */
public final class AuthKey implements Comparable<AuthKey> {

  /** Octets of a key. */
  public static final int LENGTH = 32;

  private final byte[] octets;

  private AuthKey(byte[] octets) {
    this.octets = octets;
  }

  /**
   * A key from its octets.
   *
   * @param octets 32 octets; copied
   * @throws IllegalArgumentException if the length is wrong
   */
  public static AuthKey of(byte[] octets) {
    if (octets.length != LENGTH) {
      throw new IllegalArgumentException("an auth key has 32 octets, not " + octets.length);
    }
    return new AuthKey(octets.clone());
  }

  /**
   * A key from its base64 form.
   *
   * @throws IllegalArgumentException if the text is not the base64 form of 32 octets
   */
  public static AuthKey parse(String base64) {
    return new AuthKey(Keys.decode(base64, "auth key"));
  }

  /** A copy of the 32 octets. */
  public byte[] octets() {
    return octets.clone();
  }

  /**
   * The auth id, by which external PEX messages name their network: the first 8 octets as a
   * big-endian number. PEX §2.1 and §5.
   */
  public long id() {
    return ByteBuffer.wrap(octets).getLong();
  }

  /** Unsigned lexicographic order of the octets. */
  @Override
  public int compareTo(AuthKey other) {
    return Arrays.compareUnsigned(octets, other.octets);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AuthKey key && Arrays.equals(octets, key.octets);
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
