// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.Blake2s;
import dev.weft.crypto.Kdf;
import dev.weft.crypto.Secrets;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.security.auth.Destroyable;

/**
 * The chaining key, the handshake hash and the cipher state of a handshake, over BLAKE2s and
 * ChaCha20-Poly1305. Mutable; confined to one thread at a time. A received message is consumed on a
 * {@link #copy}, which replaces the original only once everything in it was authentic. Every method
 * but {@link #destroy} and {@link #isDestroyed} throws {@link IllegalStateException} once the state
 * was destroyed. Source: Noise §5.2; WG §5.4.2 and §5.4.3 for the same steps in its own notation.
 */
public final class SymmetricState implements Destroyable {

  /** Octets of the chaining key and of the handshake hash. */
  public static final int HASH_LENGTH = Blake2s.HASH_LENGTH;

  private static final byte[] NOTHING = {};

  private final byte[] chainingKey;
  private final byte[] hash;
  private final CipherState cipher;

  private SymmetricState(byte[] chainingKey, byte[] hash, CipherState cipher) {
    this.chainingKey = chainingKey;
    this.hash = hash;
    this.cipher = cipher;
  }

  /** The state at the start of a protocol with this name, {@code InitializeSymmetric} in Noise. */
  public static SymmetricState initializeSymmetric(String protocolName) {
    byte[] name = protocolName.getBytes(StandardCharsets.US_ASCII);
    byte[] hash =
        name.length <= HASH_LENGTH ? Arrays.copyOf(name, HASH_LENGTH) : Blake2s.hash(name);
    return new SymmetricState(hash.clone(), hash, new CipherState());
  }

  /**
   * The state with a chaining key and a hash computed before, and no key yet. Both are copied.
   *
   * @throws IllegalArgumentException if either does not have 32 octets
   */
  public static SymmetricState of(byte[] chainingKey, byte[] hash) {
    if (chainingKey.length != HASH_LENGTH || hash.length != HASH_LENGTH) {
      throw new IllegalArgumentException("a chaining key and a handshake hash have 32 octets each");
    }
    return new SymmetricState(chainingKey.clone(), hash.clone(), new CipherState());
  }

  /** Mixes a Diffie-Hellman result, or anything else secret, into the chaining key and the key. */
  public void mixKey(byte[] inputKeyMaterial) {
    requireAlive();
    byte[][] outputs = Kdf.kdf2(chainingKey, inputKeyMaterial);
    replaceChainingKey(outputs[0]);
    cipher.initializeKey(outputs[1]);
    Secrets.erase(outputs);
  }

  /** Mixes data into the handshake hash. */
  public void mixHash(byte[] data) {
    requireAlive();
    System.arraycopy(Blake2s.hash(hash, data), 0, hash, 0, HASH_LENGTH);
  }

  /** Mixes a preshared key into the chaining key, the handshake hash and the key. */
  public void mixKeyAndHash(byte[] inputKeyMaterial) {
    requireAlive();
    byte[][] outputs = Kdf.kdf3(chainingKey, inputKeyMaterial);
    replaceChainingKey(outputs[0]);
    mixHash(outputs[1]);
    cipher.initializeKey(outputs[2]);
    Secrets.erase(outputs);
  }

  /** The handshake hash, as a new array of 32 octets. */
  public byte[] handshakeHash() {
    requireAlive();
    return hash.clone();
  }

  /** Whether there is a key, so that {@link #encryptAndHash} appends a tag. */
  public boolean hasKey() {
    return cipher.hasKey();
  }

  /** Encrypts under the handshake hash and mixes the ciphertext into it. */
  public byte[] encryptAndHash(byte[] plaintext) {
    byte[] ciphertext = cipher.encryptWithAd(hash, plaintext);
    mixHash(ciphertext);
    return ciphertext;
  }

  /**
   * Decrypts under the handshake hash and mixes the ciphertext into it.
   *
   * @throws AuthenticationFailedException if the message is not authentic; the state is unchanged
   */
  public byte[] decryptAndHash(byte[] ciphertext) throws AuthenticationFailedException {
    byte[] plaintext = cipher.decryptWithAd(hash, ciphertext);
    mixHash(ciphertext);
    return plaintext;
  }

  /** The cipher states for what follows the handshake; this state is left as it is. */
  public TransportCiphers split() {
    requireAlive();
    byte[][] keys = Kdf.kdf2(chainingKey, NOTHING);
    CipherState fromInitiator = new CipherState();
    CipherState fromResponder = new CipherState();
    fromInitiator.initializeKey(keys[0]);
    fromResponder.initializeKey(keys[1]);
    Secrets.erase(keys);
    return new TransportCiphers(fromInitiator, fromResponder);
  }

  /** An independent state that is equal now. */
  public SymmetricState copy() {
    return new SymmetricState(chainingKey.clone(), hash.clone(), cipher.copy());
  }

  /** Erases the chaining key, the hash and the key. Idempotent. */
  @Override
  public void destroy() {
    Secrets.erase(chainingKey, hash);
    cipher.destroy();
  }

  @Override
  public boolean isDestroyed() {
    return cipher.isDestroyed();
  }

  /** A redaction. */
  @Override
  public String toString() {
    return "SymmetricState[redacted]";
  }

  private void replaceChainingKey(byte[] newChainingKey) {
    System.arraycopy(newChainingKey, 0, chainingKey, 0, HASH_LENGTH);
  }

  private void requireAlive() {
    if (cipher.isDestroyed()) {
      throw new IllegalStateException("this symmetric state was destroyed");
    }
  }
}
