// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * ChaCha20-Poly1305 with associated data, for messages handled a few times a second; data packets
 * use {@link dev.weft.spi.TransportAead}. A sealed message is the ciphertext followed by a tag of
 * 16 octets. Stateless and thread-safe. Sources: RFC 8439 §2.8, WG §5.4 ({@code Aead}).
 */
public final class ChaCha20Poly1305 {

  /** Octets of a key. */
  public static final int KEY_LENGTH = 32;

  /** Octets of a nonce. */
  public static final int NONCE_LENGTH = 12;

  /** Octets by which a sealed message is longer. */
  public static final int TAG_LENGTH = 16;

  private ChaCha20Poly1305() {}

  /** The nonce of a counter: 4 zero octets, then the counter as a little-endian u64. */
  public static byte[] nonce(long counter) {
    return ByteBuffer.allocate(NONCE_LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(NONCE_LENGTH - Long.BYTES, counter)
        .array();
  }

  /**
   * Encrypts and authenticates.
   *
   * @param nonce 12 octets, never to be used again with this key
   * @return ciphertext and tag
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 12
   */
  public static byte[] seal(byte[] key, byte[] nonce, byte[] associatedData, byte[] plaintext) {
    requireLengths(key, nonce);
    try {
      return process(true, key, nonce, associatedData, plaintext, plaintext.length + TAG_LENGTH);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing has nothing to verify", e);
    }
  }

  /**
   * Verifies and decrypts.
   *
   * @param sealed ciphertext and tag
   * @return the plaintext
   * @throws AuthenticationFailedException if anything differs from what was sealed, or the message
   *     is shorter than a tag
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 12
   */
  public static byte[] open(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed)
      throws AuthenticationFailedException {
    requireLengths(key, nonce);
    if (sealed.length < TAG_LENGTH) {
      throw new AuthenticationFailedException("shorter than a tag");
    }
    try {
      return process(false, key, nonce, associatedData, sealed, sealed.length - TAG_LENGTH);
    } catch (InvalidCipherTextException e) {
      throw new AuthenticationFailedException("wrong tag");
    }
  }

  private static byte[] process(
      boolean seal, byte[] key, byte[] nonce, byte[] associatedData, byte[] input, int length)
      throws InvalidCipherTextException {
    var engine = new org.bouncycastle.crypto.modes.ChaCha20Poly1305();
    engine.init(
        seal, new AEADParameters(new KeyParameter(key), 8 * TAG_LENGTH, nonce, associatedData));
    byte[] output = new byte[length];
    boolean done = false;
    try {
      int written = engine.processBytes(input, 0, input.length, output, 0);
      engine.doFinal(output, written);
      done = true;
    } finally {
      if (!done) {
        // Plaintext that was not authenticated leaves no trace.
        Arrays.fill(output, (byte) 0);
      }
    }
    return output;
  }

  private static void requireLengths(byte[] key, byte[] nonce) {
    Lengths.require(key, KEY_LENGTH, "a ChaCha20-Poly1305 key");
    Lengths.require(nonce, NONCE_LENGTH, "a ChaCha20-Poly1305 nonce");
  }
}
