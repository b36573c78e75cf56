// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import org.bouncycastle.crypto.digests.SHA512Digest;

/** SHA-512: 64 octets of result. Stateless and thread-safe. Source: FIPS 180-4. */
public final class Sha512 {

  /** Octets of a hash. */
  public static final int LENGTH = 64;

  private Sha512() {}

  /** The hash of the concatenated inputs. */
  public static byte[] hash(byte[]... inputs) {
    SHA512Digest digest = new SHA512Digest();
    for (byte[] input : inputs) {
      digest.update(input, 0, input.length);
    }
    byte[] hash = new byte[LENGTH];
    digest.doFinal(hash, 0);
    return hash;
  }
}
