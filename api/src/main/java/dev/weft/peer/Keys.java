// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.util.Arrays;
import java.util.Base64;

/** What the key types share. */
final class Keys {

  static final int LENGTH = 32;

  private Keys() {}

  /** Decodes 44 characters of base64; the message never repeats the text, which may be a secret. */
  static byte[] decode(String base64, String what) {
    byte[] octets;
    try {
      octets = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "a " + what + " is 44 characters of base64; this text is not base64", e);
    }
    if (octets.length != LENGTH || base64.length() != 44) {
      int length = octets.length;
      Arrays.fill(octets, (byte) 0);
      throw new IllegalArgumentException(
          "a "
              + what
              + " is 44 characters of base64 (32 octets), not "
              + base64.length()
              + " characters ("
              + length
              + " octets)");
    }
    return octets;
  }
}
