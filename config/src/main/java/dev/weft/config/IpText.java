// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Numeric addresses as documents write them. Stricter than {@link InetAddress#ofLiteral}: four
 * decimal numbers, or IPv6 without zone and without mapped IPv4.
 */
final class IpText {

  private static final int MAX_LENGTH = 45;

  private IpText() {}

  /** The address in the text. */
  static Optional<InetAddress> address(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    return text.indexOf(':') >= 0 ? ipv6(text) : ipv4(text);
  }

  /** {@code address/bits}, the bits in decimal. */
  static Optional<IpPrefix> prefix(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    Optional<InetAddress> address = address(text.substring(0, slash));
    OptionalInt bits = decimal(text.substring(slash + 1), 3);
    if (address.isEmpty() || bits.isEmpty() || bits.getAsInt() > bitsOf(address.get())) {
      return Optional.empty();
    }
    return Optional.of(new IpPrefix(address.get(), bits.getAsInt()));
  }

  /** {@code address[/bits]}, the bits as C reads numbers and empty as 0. Source: PEX §3.2. */
  static Optional<IpPrefix> looseSubnet(String text) {
    int slash = text.indexOf('/');
    Optional<InetAddress> address = address(slash < 0 ? text : text.substring(0, slash));
    if (address.isEmpty()) {
      return Optional.empty();
    }
    if (slash < 0) {
      return Optional.of(IpPrefix.host(address.get()));
    }
    OptionalInt bits = number(text.substring(slash + 1));
    if (bits.isEmpty() || bits.getAsInt() > bitsOf(address.get())) {
      return Optional.empty();
    }
    return Optional.of(new IpPrefix(address.get(), bits.getAsInt()));
  }

  /**
   * An endpoint: {@code host[:port]}, {@code [v6][:port]}. A bracketed host must be numeric (PEX
   * §3.2). A bare IPv6 address is read as one.
   *
   * @param defaultPort the port if the text has none; -1 if it must have one
   */
  static Optional<EndpointName> endpoint(String text, int defaultPort) {
    if (text.startsWith("[") && ipv6(text.substring(1, Math.max(text.indexOf(']'), 1))).isEmpty()) {
      return Optional.empty();
    }
    if (!text.chars().allMatch(c -> c > ' ' && c != 0x7f)) {
      return Optional.empty();
    }
    try {
      return Optional.of(EndpointName.parse(text, defaultPort));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Digits without sign, at most so many. */
  static OptionalInt decimal(String text, int maxDigits) {
    if (text.isEmpty() || text.length() > maxDigits || !text.chars().allMatch(IpText::isDigit)) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(Integer.parseInt(text));
  }

  private static OptionalInt number(String text) {
    if (text.isEmpty()) {
      return OptionalInt.of(0);
    }
    boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
    int radix = hexadecimal ? 16 : text.startsWith("0") ? 8 : 10;
    int value = 0;
    for (int i = hexadecimal ? 2 : 0; i < text.length(); i++) {
      int digit = text.charAt(i) < 0x80 ? Character.digit(text.charAt(i), radix) : -1;
      if (digit < 0 || value > 128) {
        return OptionalInt.empty();
      }
      value = value * radix + digit;
    }
    return hexadecimal && text.length() == 2 ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private static Optional<InetAddress> ipv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return Optional.empty();
    }
    byte[] octets = new byte[4];
    for (int i = 0; i < 4; i++) {
      OptionalInt octet = decimal(parts[i], 3);
      boolean leadingZero = parts[i].length() > 1 && parts[i].startsWith("0");
      if (octet.isEmpty() || octet.getAsInt() > 255 || leadingZero) {
        return Optional.empty();
      }
      octets[i] = (byte) octet.getAsInt();
    }
    try {
      return Optional.of(InetAddress.getByAddress(octets));
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static Optional<InetAddress> ipv6(String text) {
    boolean possible =
        text.length() <= MAX_LENGTH
            && text.chars()
                .allMatch(c -> c == ':' || c == '.' || (c < 0x80 && Character.digit(c, 16) >= 0));
    if (!possible || text.indexOf(':') < 0) {
      return Optional.empty();
    }
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      return address instanceof Inet6Address ? Optional.of(address) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static int bitsOf(InetAddress address) {
    return address.getAddress().length * 8;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
