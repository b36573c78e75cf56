// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

/** Where the two macs are that end both handshake messages. Source: WG §5.4.4. */
public final class Macs {

  /** Octets of each mac. */
  public static final int LENGTH = 16;

  /** What stands in a message before its macs are computed. */
  static final Octets ZERO = Octets.zeros(LENGTH);

  private Macs() {}

  /** Where mac1 starts in an encoded message; it covers what is before it. */
  public static int mac1Offset(byte[] message) {
    return message.length - 2 * LENGTH;
  }

  /** Where mac2 starts in an encoded message; it covers what is before it, mac1 included. */
  public static int mac2Offset(byte[] message) {
    return message.length - LENGTH;
  }
}
