// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * HMAC-SHA-512: any key length, also none, and 64 octets of result. An instance computes any number
 * of results under one key; confined to one thread at a time. Sources: RFC 2104, FIPS 180-4.
 */
public final class HmacSha512 {

  /** Octets of a result. */
  public static final int LENGTH = 64;

  private final HMac hmac = new HMac(new SHA512Digest());

  /** Starts with a key; it may be erased afterwards. */
  public HmacSha512(byte[] key) {
    hmac.init(new KeyParameter(key));
  }

  /** The HMAC of the concatenated inputs. */
  public static byte[] hmac(byte[] key, byte[]... inputs) {
    HmacSha512 hmac = new HmacSha512(key);
    try {
      for (byte[] input : inputs) {
        hmac.update(input);
      }
      byte[] result = new byte[LENGTH];
      hmac.finish(result);
      return result;
    } finally {
      hmac.destroy();
    }
  }

  /** Appends input. */
  public void update(byte[] input) {
    hmac.update(input, 0, input.length);
  }

  /**
   * Writes the result of what was appended and starts over with the same key.
   *
   * @throws IllegalArgumentException if the target does not have 64 octets
   */
  public void finish(byte[] target) {
    Lengths.require(target, LENGTH, "a target for HMAC-SHA-512");
    hmac.doFinal(target, 0);
  }

  /** Forgets the key as far as the implementation can; the instance is then keyed with nothing. */
  public void destroy() {
    hmac.init(new KeyParameter(new byte[0]));
  }
}
