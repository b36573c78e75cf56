// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.ChaCha20Poly1305;
import dev.weft.crypto.Secrets;
import javax.security.auth.Destroyable;

/**
 * A key, or none yet, and the nonce of the next message. The cipher is ChaCha20-Poly1305; the nonce
 * is 4 zero octets and a little-endian u64. Mutable; confined to one thread at a time. Every method
 * but {@link #destroy} and {@link #isDestroyed} throws {@link IllegalStateException} once the state
 * was destroyed. Source: Noise §5.1, §12.3.
 */
public final class CipherState implements Destroyable {

  /** Octets of a key. */
  public static final int KEY_LENGTH = 32;

  /** Octets by which a message is longer when there is a key. */
  public static final int TAG_LENGTH = 16;

  /** The nonce that {@link #rekey} uses and no message may. */
  private static final long REKEY_NONCE = -1L;

  private static final byte[] NOTHING = {};

  private final byte[] key = new byte[KEY_LENGTH];
  private boolean hasKey;
  private long nonce;
  private boolean destroyed;

  /** A state without key: messages pass unchanged until {@link #initializeKey}. */
  public CipherState() {}

  /**
   * Sets the key and starts at nonce 0. The array is copied.
   *
   * @throws IllegalArgumentException if the key does not have 32 octets
   */
  public void initializeKey(byte[] newKey) {
    requireAlive();
    if (newKey.length != KEY_LENGTH) {
      throw new IllegalArgumentException("a cipher key has 32 octets, not " + newKey.length);
    }
    System.arraycopy(newKey, 0, key, 0, KEY_LENGTH);
    hasKey = true;
    nonce = 0;
  }

  /** Whether there is a key. */
  public boolean hasKey() {
    requireAlive();
    return hasKey;
  }

  /**
   * A copy of the key, to make a {@link dev.weft.spi.TransportAead} of; the caller erases it.
   *
   * @throws IllegalStateException if there is none
   */
  public byte[] key() {
    requireKey();
    return key.clone();
  }

  /** The nonce of the next message, unsigned. */
  public long nonce() {
    requireAlive();
    return nonce;
  }

  /** Sets the nonce of the next message. */
  public void setNonce(long newNonce) {
    requireAlive();
    nonce = newNonce;
  }

  /**
   * Encrypts with associated data and advances the nonce; without a key, a copy of the plaintext.
   *
   * @throws IllegalStateException if all nonces were used
   */
  public byte[] encryptWithAd(byte[] associatedData, byte[] plaintext) {
    requireAlive();
    if (!hasKey) {
      return plaintext.clone();
    }
    requireNonce();
    byte[] sealed =
        ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(nonce), associatedData, plaintext);
    nonce++;
    return sealed;
  }

  /**
   * Decrypts with associated data and advances the nonce; without a key, a copy of the ciphertext.
   *
   * @throws AuthenticationFailedException if the message is not authentic; the nonce stays
   * @throws IllegalStateException if all nonces were used
   */
  public byte[] decryptWithAd(byte[] associatedData, byte[] ciphertext)
      throws AuthenticationFailedException {
    requireAlive();
    if (!hasKey) {
      return ciphertext.clone();
    }
    requireNonce();
    byte[] plaintext =
        ChaCha20Poly1305.open(key, ChaCha20Poly1305.nonce(nonce), associatedData, ciphertext);
    nonce++;
    return plaintext;
  }

  /**
   * Replaces the key by a one-way function of itself; the nonce stays. Source: Noise §4.2.
   *
   * @throws IllegalStateException if there is no key
   */
  public void rekey() {
    requireKey();
    byte[] sealed =
        ChaCha20Poly1305.seal(
            key, ChaCha20Poly1305.nonce(REKEY_NONCE), NOTHING, new byte[KEY_LENGTH]);
    System.arraycopy(sealed, 0, key, 0, KEY_LENGTH);
    Secrets.erase(sealed);
  }

  /** An independent state with the same key and nonce. */
  public CipherState copy() {
    requireAlive();
    CipherState copy = new CipherState();
    System.arraycopy(key, 0, copy.key, 0, KEY_LENGTH);
    copy.hasKey = hasKey;
    copy.nonce = nonce;
    return copy;
  }

  /** Erases the key. Idempotent. */
  @Override
  public void destroy() {
    Secrets.erase(key);
    hasKey = false;
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** A redaction. */
  @Override
  public String toString() {
    return "CipherState[redacted]";
  }

  private void requireAlive() {
    if (destroyed) {
      throw new IllegalStateException("this cipher state was destroyed");
    }
  }

  private void requireKey() {
    requireAlive();
    if (!hasKey) {
      throw new IllegalStateException("this cipher state has no key yet");
    }
  }

  private void requireNonce() {
    if (nonce == REKEY_NONCE) {
      throw new IllegalStateException("all nonces of this key were used");
    }
  }
}
