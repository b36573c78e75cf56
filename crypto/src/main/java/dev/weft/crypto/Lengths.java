// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

/** Checks of fixed lengths; a wrong one is a programming error. */
final class Lengths {

  private Lengths() {}

  /** Refuses an array of another length; the message never repeats the octets. */
  static void require(byte[] octets, int length, String what) {
    if (octets.length != length) {
      throw new IllegalArgumentException(what + " has " + length + " octets, not " + octets.length);
    }
  }
}
