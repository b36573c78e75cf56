// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** Bouncy Castle's ChaCha20-Poly1305. One thread at a time. Source: RFC 8439 §2.8. */
final class BouncyCastleAead extends StagedAead {

  private final ChaCha20Poly1305 engine = new ChaCha20Poly1305();
  private final byte[] key;

  /** Takes a copy of the key. */
  BouncyCastleAead(byte[] key) {
    this.key = key.clone();
  }

  @Override
  void sealInPlace(byte[] nonce, byte[] packet, int length) {
    try {
      engine.init(true, parameters(nonce));
    } catch (IllegalArgumentException e) {
      // The engine refuses to start twice with the same key and nonce.
      throw new IllegalStateException("this counter was sealed just before", e);
    }
    try {
      process(packet, length);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing has nothing to verify", e);
    }
  }

  @Override
  boolean openInPlace(byte[] nonce, byte[] packet, int length) {
    engine.init(false, parameters(nonce));
    try {
      process(packet, length);
      return true;
    } catch (InvalidCipherTextException e) {
      return false;
    }
  }

  @Override
  void eraseKey() {
    Secrets.erase(key);
    // The engine holds a copy of its own; starting it with the erased key lets go of that copy.
    engine.init(false, parameters(new byte[12]));
  }

  private ParametersWithIV parameters(byte[] nonce) {
    return new ParametersWithIV(new KeyParameter(key), nonce);
  }

  private void process(byte[] packet, int length) throws InvalidCipherTextException {
    int written = engine.processBytes(packet, 0, length, packet, 0);
    engine.doFinal(packet, written);
  }
}
