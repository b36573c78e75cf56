// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.util.Arrays;
import java.util.Base64;

/** What the key types share. */
final class Keys {

  static final int LENGTH = 32;

  private static final int TEXT_LENGTH = 44;

  /** What the 43rd character may be: its last two bits are no part of the key and are zero. */
  private static final String LAST = "AEIMQUYcgkosw048";

  private Keys() {}

  /** Decodes 44 characters of base64; the message never repeats the text, which may be a secret. */
  static byte[] decode(String base64, String what) {
    if (base64.length() != TEXT_LENGTH) {
      throw new IllegalArgumentException(
          "a " + what + " is 44 characters of base64, not " + base64.length() + " characters");
    }
    byte[] octets;
    try {
      octets = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      // Not kept as the cause, since its message repeats a character of what may be a secret.
      octets = new byte[0];
    }
    if (octets.length != LENGTH || LAST.indexOf(base64.charAt(TEXT_LENGTH - 2)) < 0) {
      Arrays.fill(octets, (byte) 0);
      throw new IllegalArgumentException(
          "a " + what + " is the base64 form of 32 octets; this text is not");
    }
    return octets;
  }
}
