// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.crypto.X25519;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.ChaCha20ParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts network data piece by piece, so that a transfer needs no copy of them. ChaCha20 without
 * a MAC: integrity comes from the signature inside. Points of low order are not refused, since who
 * chooses one gains nothing but a worse encryption of data that he receives or makes himself. Not
 * thread-safe. Source: PEX §8.4, §20.
 */
final class UpdateCipher {

  private static final int LONG_NONCE_LENGTH = 12;

  private final Cipher cipher;

  /**
   * A cipher at the start of the data.
   *
   * @param secret what both sides share; copied
   * @param requestId the nonce
   */
  UpdateCipher(byte[] secret, long requestId) {
    // The original ChaCha20 is the one of RFC 8439 with a nonce that begins with zeros, as long
    // as there are less than 256 GiB. PEX, Notation.
    byte[] nonce = ByteBuffer.allocate(LONG_NONCE_LENGTH).putInt(0).putLong(requestId).array();
    try {
      cipher = Cipher.getInstance("ChaCha20");
      cipher.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(secret, "ChaCha20"),
          new ChaCha20ParameterSpec(nonce, 0));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no ChaCha20", e);
    }
  }

  /** Encrypts the next octets. */
  byte[] encrypt(byte[] data, int offset, int length) {
    byte[] encrypted = cipher.update(data, offset, length);
    return encrypted == null ? new byte[0] : encrypted;
  }

  /** What the private key of the one side and the public key of the other make. */
  static byte[] sharedSecret(PrivateKey secret, PublicKey other) {
    byte[] scalar = secret.octets();
    try {
      return X25519.multiply(scalar, other.octets());
    } finally {
      Arrays.fill(scalar, (byte) 0);
    }
  }
}
