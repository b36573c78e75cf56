// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.net.InetAddress;

/**
 * Numeric addresses as text. Stricter than {@link InetAddress#ofLiteral}, which reads {@code 10} as
 * 0.0.0.10 and so would turn {@code 10/8} into a block that nobody meant: IPv4 is four decimal
 * numbers without leading zeros, IPv6 has no brackets.
 */
final class IpLiteral {

  private static final int QUOTED_LENGTH = 64;

  private IpLiteral() {}

  /**
   * Reads an address.
   *
   * @param zone whether IPv6 may have a zone ({@code fe80::1%eth0}), which must exist on this host
   * @throws IllegalArgumentException if the text has another form
   */
  static InetAddress parse(String text, boolean zone) {
    boolean possible =
        text.indexOf(':') >= 0
            ? !text.startsWith("[") && (zone || text.indexOf('%') < 0)
            : isDottedDecimal(text);
    if (possible) {
      try {
        return InetAddress.ofLiteral(text);
      } catch (IllegalArgumentException e) {
        // Its message is no better than ours.
      }
    }
    throw new IllegalArgumentException("address: " + quoted(text) + " is no numeric IP address");
  }

  /** The text for a message: short, and without characters that a terminal would act on. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < Math.min(text.length(), QUOTED_LENGTH); i++) {
      char c = text.charAt(i);
      quoted.append(c < ' ' || (c >= 0x7f && c < 0xa0) || Character.isSurrogate(c) ? '?' : c);
    }
    return quoted.append(text.length() > QUOTED_LENGTH ? "…\"" : "\"").toString();
  }

  private static boolean isDottedDecimal(String text) {
    int dots = 0;
    int digits = 0;
    boolean zero = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.') {
        dots++;
        if (digits == 0) {
          return false;
        }
        digits = 0;
      } else if (c >= '0' && c <= '9') {
        if (digits > 0 && zero) {
          return false;
        }
        zero = digits == 0 && c == '0';
        digits++;
      } else {
        return false;
      }
    }
    return dots == 3 && digits > 0;
  }
}
