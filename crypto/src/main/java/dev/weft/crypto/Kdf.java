// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.util.Arrays;

/**
 * HMAC-BLAKE2s and the key derivation of Noise and WireGuard over it. Stateless and thread-safe.
 * Every result has 32 octets; the caller erases secret ones after use. Sources: WG §5.4 ({@code
 * Hmac} and {@code Kdf}), Noise §4.3 ({@code HKDF}), RFC 2104, RFC 5869.
 */
public final class Kdf {

  /** Octets of each result. */
  public static final int LENGTH = Blake2s.HASH_LENGTH;

  private static final byte INNER_PAD = 0x36;
  private static final byte OUTER_PAD = 0x5c;

  private Kdf() {}

  /** The HMAC of the concatenated inputs under a key of any length. */
  public static byte[] hmac(byte[] key, byte[]... inputs) {
    byte[] block =
        Arrays.copyOf(
            key.length > Blake2s.BLOCK_LENGTH ? Blake2s.hash(key) : key, Blake2s.BLOCK_LENGTH);
    xor(block, INNER_PAD);
    Blake2s blake2s = Blake2s.unkeyed().update(block);
    for (byte[] input : inputs) {
      blake2s.update(input);
    }
    byte[] inner = blake2s.finish();
    xor(block, (byte) (INNER_PAD ^ OUTER_PAD));
    byte[] outer = blake2s.update(block).update(inner).finish();
    Secrets.erase(block, inner);
    return outer;
  }

  /** One output of the key and the input. */
  public static byte[] kdf1(byte[] key, byte[] input) {
    return kdf(key, input, 1)[0];
  }

  /** Two outputs of the key and the input, in their order. */
  public static byte[][] kdf2(byte[] key, byte[] input) {
    return kdf(key, input, 2);
  }

  /** Three outputs of the key and the input, in their order. */
  public static byte[][] kdf3(byte[] key, byte[] input) {
    return kdf(key, input, 3);
  }

  private static byte[][] kdf(byte[] key, byte[] input, int count) {
    byte[] temporaryKey = hmac(key, input);
    byte[][] outputs = new byte[count][];
    byte[] previous = {};
    for (int i = 0; i < count; i++) {
      outputs[i] = hmac(temporaryKey, previous, new byte[] {(byte) (i + 1)});
      previous = outputs[i];
    }
    Secrets.erase(temporaryKey);
    return outputs;
  }

  private static void xor(byte[] block, byte pad) {
    for (int i = 0; i < block.length; i++) {
      block[i] ^= pad;
    }
  }
}
