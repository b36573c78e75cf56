// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

/**
 * Diffie-Hellman on Curve25519. Scalars and points have 32 octets, little-endian; scalars are
 * clamped inside the multiplication, so unclamped ones are legal. Stateless and thread-safe. Who
 * receives a shared secret erases it after use. Sources: RFC 7748 §5 and §6.1, WG §5.4.
 */
public final class X25519 {

  /** Octets of a scalar, of a point and of a shared secret. */
  public static final int LENGTH = 32;

  private X25519() {}

  /**
   * The public key of a scalar.
   *
   * @throws IllegalArgumentException if there are not 32 octets
   */
  public static byte[] publicKey(byte[] scalar) {
    Lengths.require(scalar, LENGTH, "an X25519 scalar");
    byte[] point = new byte[LENGTH];
    org.bouncycastle.math.ec.rfc7748.X25519.scalarMultBase(scalar, 0, point, 0);
    return point;
  }

  /**
   * The shared secret, unless the public key is a point of low order, for which anyone knows it.
   *
   * @param shared 32 octets for the shared secret; all zero if the answer is false
   * @return false if the result is all zero (RFC 7748 §6.1)
   * @throws IllegalArgumentException if an array does not have 32 octets
   */
  public static boolean agree(byte[] scalar, byte[] publicKey, byte[] shared) {
    Lengths.require(shared, LENGTH, "a shared secret");
    byte[] product = multiply(scalar, publicKey);
    System.arraycopy(product, 0, shared, 0, LENGTH);
    Secrets.erase(product);
    return !ConstantTime.isZero(shared);
  }

  /**
   * The product of a scalar and a point, whatever it is. For protocols that do not refuse points of
   * low order; others use {@link #agree}.
   *
   * @throws IllegalArgumentException if an array does not have 32 octets
   */
  public static byte[] multiply(byte[] scalar, byte[] point) {
    Lengths.require(scalar, LENGTH, "an X25519 scalar");
    Lengths.require(point, LENGTH, "an X25519 public key");
    byte[] product = new byte[LENGTH];
    org.bouncycastle.math.ec.rfc7748.X25519.scalarMult(scalar, 0, point, 0, product, 0);
    return product;
  }
}
