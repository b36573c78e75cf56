// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The values of a request. What is taken and what is not is as wireguard-go does it, unless stated.
 */
final class UapiValues {

  private static final int KEY_LENGTH = 32;

  /** More digits than any number has: leading zeros are read over, but not without end. */
  private static final int MAX_DIGITS = 20;

  private UapiValues() {}

  /** Text of the octets; what is not ASCII is no part of any value and is refused later. */
  static String text(byte[] line, int start, int end) {
    return new String(line, start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** 64 hexadecimal digits; the caller erases the result if it is a secret. */
  static byte[] key(byte[] line, int start, int end) throws MalformedRequestException {
    if (end - start != 2 * KEY_LENGTH) {
      throw new MalformedRequestException(
          UapiErrno.EINVAL, "a key is not 64 hexadecimal digits long");
    }
    byte[] key = new byte[KEY_LENGTH];
    for (int i = 0; i < KEY_LENGTH; i++) {
      int high = digit(line[start + 2 * i]);
      int low = digit(line[start + 2 * i + 1]);
      if ((high | low) < 0) {
        Arrays.fill(key, (byte) 0);
        throw new MalformedRequestException(UapiErrno.EINVAL, "a key has no hexadecimal digits");
      }
      key[i] = (byte) (high << 4 | low);
    }
    return key;
  }

  /** Whether a key is all zero, which stands for none. */
  static boolean isZero(byte[] key) {
    int sum = 0;
    for (byte octet : key) {
      sum |= octet;
    }
    return sum == 0;
  }

  /** Decimal digits of a number up to the most. */
  static long number(String text, long most) throws MalformedRequestException {
    long value = 0;
    boolean isNumber = !text.isEmpty() && text.length() <= MAX_DIGITS;
    for (int i = 0; isNumber && i < text.length(); i++) {
      char c = text.charAt(i);
      value = value * 10 + (c - '0');
      isNumber = c >= '0' && c <= '9' && value <= most;
    }
    if (!isNumber) {
      throw new MalformedRequestException(UapiErrno.EINVAL, "a number is not in 0 to " + most);
    }
    return value;
  }

  /** The one value of a switch. */
  static void requireTrue(String text) throws MalformedRequestException {
    if (!text.equals("true")) {
      throw new MalformedRequestException(UapiErrno.EINVAL, "a switch is not \"true\"");
    }
  }

  /** {@code address:port} or {@code [v6]:port}; unlike the reference, port 0 is refused. */
  static Endpoint endpoint(String text) throws MalformedRequestException {
    try {
      if (!text.startsWith("[") || text.lastIndexOf(':', text.indexOf(']')) >= 0) {
        return Endpoint.parse(text);
      }
    } catch (IllegalArgumentException e) {
      // Refused below, without what the text was.
    }
    throw new MalformedRequestException(
        UapiErrno.EINVAL, "an endpoint is not address:port or [v6]:port");
  }

  /** {@code address/length}; host bits are cleared. */
  static IpPrefix prefix(String text) throws MalformedRequestException {
    int slash = text.indexOf('/');
    if (slash > 0) {
      try {
        String address = text.substring(0, slash);
        if (address.indexOf(':') < 0) {
          return IpPrefix.parse(text);
        }
        if (address.indexOf('%') < 0 && !address.startsWith("[")) {
          int length = Math.toIntExact(number(text.substring(slash + 1), 128));
          return new IpPrefix(ipv6(InetAddress.ofLiteral(address)), length);
        }
      } catch (IllegalArgumentException e) {
        // Refused below.
      }
    }
    throw new MalformedRequestException(UapiErrno.EINVAL, "an allowed IP is not address/length");
  }

  /** Java reads a mapped address as IPv4; here it is the IPv6 block that was written. */
  private static InetAddress ipv6(InetAddress address) {
    if (!(address instanceof Inet4Address)) {
      return address;
    }
    byte[] mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    System.arraycopy(address.getAddress(), 0, mapped, 12, 4);
    try {
      return Inet6Address.getByAddress(null, mapped, -1);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static int digit(byte octet) {
    return octet < 0 ? -1 : Character.digit(octet, 16);
  }
}
