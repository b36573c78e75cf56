// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;

/**
 * The device's static key pair and what is derived from it: the check of mac1 and the seal of
 * cookies. Immutable but for {@link #destroy}; {@link CookieKeys} may be used from any thread.
 * Source: WG §5.4.
 */
final class LocalIdentity {

  private final byte[] privateKey;
  private final byte[] publicKeyOctets;
  private final PublicKey publicKey;
  private final CookieKeys cookieKeys;

  LocalIdentity(PrivateKey key) {
    privateKey = key.octets();
    publicKeyOctets = X25519.publicKey(privateKey);
    publicKey = PublicKey.of(publicKeyOctets);
    cookieKeys = CookieKeys.of(publicKeyOctets);
  }

  PublicKey publicKey() {
    return publicKey;
  }

  byte[] publicKeyOctets() {
    return publicKeyOctets;
  }

  /** A copy of the private key. */
  PrivateKey exportKey() {
    return PrivateKey.of(privateKey);
  }

  CookieKeys cookieKeys() {
    return cookieKeys;
  }

  /**
   * The shared secret with a public key, which the caller erases.
   *
   * @throws DroppedException if the public key is of low order, so that anyone knows the secret
   */
  byte[] agree(byte[] otherPublicKey) throws DroppedException {
    return agree(privateKey, otherPublicKey);
  }

  /** The same with another private key. */
  static byte[] agree(byte[] privateKey, byte[] otherPublicKey) throws DroppedException {
    byte[] shared = new byte[X25519.LENGTH];
    if (!X25519.agree(privateKey, otherPublicKey, shared)) {
      throw new DroppedException(DropReason.LOW_ORDER_KEY);
    }
    return shared;
  }

  /** Erases the private key. */
  void destroy() {
    Secrets.erase(privateKey);
  }

  /** A redaction. */
  @Override
  public String toString() {
    return "LocalIdentity[" + publicKey.shortName() + "]";
  }
}
