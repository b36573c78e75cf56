// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

/**
 * Ed25519 signatures. Seeds and public keys have 32 octets, signatures 64. Signing is
 * deterministic. Stateless and thread-safe. Sources: RFC 8032 §5.1, PEX §2.1 and §4.
 */
public final class Ed25519 {

  /** Octets of a seed. */
  public static final int SEED_LENGTH = 32;

  /** Octets of a public key. */
  public static final int PUBLIC_KEY_LENGTH = 32;

  /** Octets of a signature. */
  public static final int SIGNATURE_LENGTH = 64;

  private Ed25519() {}

  /**
   * The public key of a seed.
   *
   * @throws IllegalArgumentException if there are not 32 octets
   */
  public static byte[] publicKey(byte[] seed) {
    Lengths.require(seed, SEED_LENGTH, "an Ed25519 seed");
    byte[] publicKey = new byte[PUBLIC_KEY_LENGTH];
    org.bouncycastle.math.ec.rfc8032.Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    return publicKey;
  }

  /**
   * The signature of a message, 64 octets.
   *
   * @throws IllegalArgumentException if the seed does not have 32 octets
   */
  public static byte[] sign(byte[] seed, byte[] message) {
    Lengths.require(seed, SEED_LENGTH, "an Ed25519 seed");
    byte[] signature = new byte[SIGNATURE_LENGTH];
    org.bouncycastle.math.ec.rfc8032.Ed25519.sign(
        seed, 0, message, 0, message.length, signature, 0);
    return signature;
  }

  /**
   * Whether the signature is one of the message by the holder of the key. Strict: a scalar not
   * below the group order and points not encoded canonically are refused.
   *
   * @return false also if the signature does not have 64 octets or the public key not 32
   */
  public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
    if (publicKey.length != PUBLIC_KEY_LENGTH || signature.length != SIGNATURE_LENGTH) {
      return false;
    }
    return org.bouncycastle.math.ec.rfc8032.Ed25519.verify(
        signature, 0, publicKey, 0, message, 0, message.length);
  }
}
