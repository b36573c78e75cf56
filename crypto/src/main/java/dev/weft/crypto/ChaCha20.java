// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.util.Objects;
import org.bouncycastle.crypto.engines.ChaChaEngine;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/**
 * ChaCha20 as first published: a 64-bit nonce and a 64-bit block counter that starts at 0. It
 * encrypts and authenticates nothing; PEX uses it for network data. Stateless and thread-safe.
 * Sources: Bernstein, "ChaCha, a variant of Salsa20"; PEX, Notation.
 */
public final class ChaCha20 {

  /** Octets of a key. */
  public static final int KEY_LENGTH = 32;

  /** Octets of a nonce. */
  public static final int NONCE_LENGTH = 8;

  private static final int ROUNDS = 20;

  private ChaCha20() {}

  /**
   * Encrypts or decrypts an array in place.
   *
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 8
   */
  public static void xor(byte[] key, byte[] nonce, byte[] data) {
    xor(key, nonce, data, 0, data.length);
  }

  /**
   * Encrypts or decrypts a part of an array in place.
   *
   * @throws IllegalArgumentException if the key does not have 32 octets or the nonce not 8
   * @throws IndexOutOfBoundsException if the part is outside the array
   */
  public static void xor(byte[] key, byte[] nonce, byte[] data, int offset, int length) {
    Lengths.require(key, KEY_LENGTH, "a ChaCha20 key");
    Lengths.require(nonce, NONCE_LENGTH, "a ChaCha20 nonce");
    Objects.checkFromIndexSize(offset, length, data.length);
    ChaChaEngine engine = new ChaChaEngine(ROUNDS);
    engine.init(true, new ParametersWithIV(new KeyParameter(key), nonce));
    engine.processBytes(data, offset, length, data, offset);
  }
}
