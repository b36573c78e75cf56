// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * XChaCha20-Poly1305 with associated data: a nonce of 24 octets, long enough to be chosen at
 * random. WireGuard seals cookies with it. Stateless and thread-safe. Sources:
 * draft-irtf-cfrg-xchacha-03 §2, WG §5.4.7.
 */
public final class XChaCha20Poly1305 {

  /** Octets of a key. */
  public static final int KEY_LENGTH = 32;

  /** Octets of a nonce. */
  public static final int NONCE_LENGTH = 24;

  /** Octets by which a sealed message is longer. */
  public static final int TAG_LENGTH = 16;

  private static final int HCHACHA_NONCE_LENGTH = 16;
  private static final int DOUBLE_ROUNDS = 10;

  private XChaCha20Poly1305() {}

  /**
   * Encrypts and authenticates.
   *
   * @param nonce 24 octets, never to be used again with this key
   * @return ciphertext and tag
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 24
   */
  public static byte[] seal(byte[] key, byte[] nonce, byte[] associatedData, byte[] plaintext) {
    byte[] subkey = subkey(key, nonce);
    try {
      return ChaCha20Poly1305.seal(subkey, innerNonce(nonce), associatedData, plaintext);
    } finally {
      Secrets.erase(subkey);
    }
  }

  /**
   * Verifies and decrypts.
   *
   * @param sealed ciphertext and tag
   * @return the plaintext
   * @throws AuthenticationFailedException if anything differs from what was sealed, or the message
   *     is shorter than a tag
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 24
   */
  public static byte[] open(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed)
      throws AuthenticationFailedException {
    byte[] subkey = subkey(key, nonce);
    try {
      return ChaCha20Poly1305.open(subkey, innerNonce(nonce), associatedData, sealed);
    } finally {
      Secrets.erase(subkey);
    }
  }

  /** Four zero octets and the last 8 of the nonce; draft §2.3. */
  private static byte[] innerNonce(byte[] nonce) {
    byte[] inner = new byte[ChaCha20Poly1305.NONCE_LENGTH];
    System.arraycopy(nonce, HCHACHA_NONCE_LENGTH, inner, Integer.BYTES, Long.BYTES);
    return inner;
  }

  /** HChaCha20 of the key and the first 16 octets of the nonce; draft §2.2. */
  static byte[] subkey(byte[] key, byte[] nonce) {
    Lengths.require(key, KEY_LENGTH, "an XChaCha20-Poly1305 key");
    Lengths.require(nonce, NONCE_LENGTH, "an XChaCha20-Poly1305 nonce");
    int[] state = new int[16];
    state[0] = 0x61707865;
    state[1] = 0x3320646e;
    state[2] = 0x79622d32;
    state[3] = 0x6b206574;
    ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(state, 4, 8);
    ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(state, 12, 4);
    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
      for (int column = 0; column < 4; column++) {
        quarterRound(state, column, 4 + column, 8 + column, 12 + column);
      }
      for (int diagonal = 0; diagonal < 4; diagonal++) {
        quarterRound(
            state,
            diagonal,
            4 + (diagonal + 1) % 4,
            8 + (diagonal + 2) % 4,
            12 + (diagonal + 3) % 4);
      }
    }
    byte[] subkey = new byte[KEY_LENGTH];
    ByteBuffer.wrap(subkey)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asIntBuffer()
        .put(state, 0, 4)
        .put(state, 12, 4);
    Arrays.fill(state, 0);
    return subkey;
  }

  /** RFC 8439 §2.1. */
  private static void quarterRound(int[] state, int a, int b, int c, int d) {
    state[a] += state[b];
    state[d] = Integer.rotateLeft(state[d] ^ state[a], 16);
    state[c] += state[d];
    state[b] = Integer.rotateLeft(state[b] ^ state[c], 12);
    state[a] += state[b];
    state[d] = Integer.rotateLeft(state[d] ^ state[a], 8);
    state[c] += state[d];
    state[b] = Integer.rotateLeft(state[b] ^ state[c], 7);
  }
}
