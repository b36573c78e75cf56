// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

/**
 * Addresses as text: IPv4 as four decimal numbers, IPv6 in the canonical form of RFC 5952, which
 * Java does not write.
 */
final class IpNotation {

  private static final int GROUPS = 8;

  private IpNotation() {}

  /** The text for 4 or 16 octets. */
  static String text(byte[] octets) {
    return octets.length == 4 ? ipv4(octets, 0) : ipv6(octets);
  }

  private static String ipv4(byte[] octets, int offset) {
    return (octets[offset] & 0xff)
        + "."
        + (octets[offset + 1] & 0xff)
        + "."
        + (octets[offset + 2] & 0xff)
        + "."
        + (octets[offset + 3] & 0xff);
  }

  private static String ipv6(byte[] octets) {
    int[] groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      groups[i] = (octets[2 * i] & 0xff) << 8 | (octets[2 * i + 1] & 0xff);
    }
    if (isMapped(groups)) {
      return "::ffff:" + ipv4(octets, 12);
    }
    int longest = 0;
    int longestStart = GROUPS;
    for (int i = 0; i < GROUPS; i++) {
      int length = zeros(groups, i);
      if (length > longest) {
        longest = length;
        longestStart = i;
      }
    }
    // A single group of zeros is not shortened: RFC 5952 §4.2.2.
    boolean shortened = longest > 1;
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (shortened && i == longestStart) {
        text.append("::");
        i += longest - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  private static boolean isMapped(int[] groups) {
    return zeros(groups, 0) == 5 && groups[5] == 0xffff;
  }

  private static int zeros(int[] groups, int start) {
    int end = start;
    while (end < GROUPS && groups[end] == 0) {
      end++;
    }
    return end - start;
  }
}
