// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import dev.weft.spi.RandomSource;
import java.util.Arrays;

/**
 * The 32-octet secrets of PEX networks, as octets: an X25519 private key (host key) or an Ed25519
 * seed (auth key). Stateless and thread-safe. Who receives a secret from here erases it after use.
 * Source: PEX §2.1 and §2.2.
 */
public final class Secrets {

  /** Octets of a secret. */
  public static final int LENGTH = 32;

  private Secrets() {}

  /** A new clamped secret. */
  public static byte[] generate(RandomSource random) {
    byte[] secret = new byte[LENGTH];
    random.nextBytes(secret);
    clamp(secret);
    return secret;
  }

  /**
   * Clamps a secret in place: clears the low 3 bits of octet 0 and the top bit of octet 31, and
   * sets bit 6 of octet 31 (RFC 7748 §5).
   *
   * @throws IllegalArgumentException if there are not 32 octets
   */
  public static void clamp(byte[] secret) {
    Lengths.require(secret, LENGTH, "a secret");
    secret[0] &= (byte) 0xf8;
    secret[31] &= 0x7f;
    secret[31] |= 0x40;
  }

  /** Whether {@link #clamp} would change nothing. */
  public static boolean isClamped(byte[] secret) {
    Lengths.require(secret, LENGTH, "a secret");
    return (secret[0] & 0x07) == 0 && (secret[31] & 0xc0) == 0x40;
  }

  /**
   * The exclusive or of a secret and an additional key, as a new array. The result is not clamped.
   *
   * @throws IllegalArgumentException if either does not have 32 octets
   */
  public static byte[] xor(byte[] secret, byte[] key) {
    Lengths.require(secret, LENGTH, "a secret");
    Lengths.require(key, LENGTH, "an additional key");
    byte[] result = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      result[i] = (byte) (secret[i] ^ key[i]);
    }
    return result;
  }

  /** Overwrites the arrays with zero. */
  public static void erase(byte[]... secrets) {
    for (byte[] secret : secrets) {
      Arrays.fill(secret, (byte) 0);
    }
  }
}
