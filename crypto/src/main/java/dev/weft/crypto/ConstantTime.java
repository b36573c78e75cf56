// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.security.MessageDigest;

/**
 * Comparisons whose time depends on the lengths alone, for secrets and authentication tags.
 * Stateless and thread-safe.
 */
public final class ConstantTime {

  private ConstantTime() {}

  /** Whether both arrays have the same length and the same octets. */
  public static boolean equals(byte[] left, byte[] right) {
    return MessageDigest.isEqual(left, right);
  }

  /** Whether all octets are zero; true for an empty array. */
  public static boolean isZero(byte[] octets) {
    int all = 0;
    for (byte octet : octets) {
      all |= octet;
    }
    return all == 0;
  }
}
