// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Objects;

/**
 * A block of IP addresses: an address whose host bits are zero, and a prefix length. Immutable and
 * thread-safe; equal by value.
 *
 * @param address the first address of the block; the constructor clears the host bits
 * @param length 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(InetAddress address, int length) {

  public IpPrefix {
    Objects.requireNonNull(address, "address");
    int bits = address.getAddress().length * 8;
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException(
          "prefix: length "
              + length
              + " is not in 0 to "
              + bits
              + " for "
              + address.getHostAddress());
    }
    address = masked(address, length);
  }

  /** The block that holds just this address. */
  public static IpPrefix host(InetAddress address) {
    return new IpPrefix(address, address.getAddress().length * 8);
  }

  /**
   * Reads {@code address/length} or {@code address}: IPv4 as four decimal numbers, IPv6 without
   * zone.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    InetAddress address = IpLiteral.parse(slash < 0 ? text : text.substring(0, slash), false);
    if (slash < 0) {
      return host(address);
    }
    String length = text.substring(slash + 1);
    if (length.isEmpty()
        || length.length() > 3
        || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException(
          "prefix: " + IpLiteral.quoted(text) + " has no numeric length");
    }
    return new IpPrefix(address, Integer.parseInt(length));
  }

  /** Whether the block holds the address. */
  public boolean contains(InetAddress candidate) {
    byte[] own = address.getAddress();
    byte[] other = candidate.getAddress();
    int whole = length >>> 3;
    if (own.length != other.length || !Arrays.equals(own, 0, whole, other, 0, whole)) {
      return false;
    }
    int bits = length & 7;
    return bits == 0 || ((own[whole] ^ other[whole]) & 0xff) >>> (8 - bits) == 0;
  }

  /** Whether the two blocks have an address in common. */
  public boolean overlaps(IpPrefix other) {
    return length <= other.length ? contains(other.address) : other.contains(address);
  }

  /** Whether the block is IPv6. */
  public boolean isIpv6() {
    return address instanceof Inet6Address;
  }

  private static InetAddress masked(InetAddress address, int length) {
    byte[] octets = address.getAddress();
    for (int i = 0; i < octets.length; i++) {
      int bits = Math.clamp(length - i * 8L, 0, 8);
      octets[i] &= (byte) (0xff00 >> bits);
    }
    try {
      // InetAddress.getByAddress would make an IPv4 address of a mapped one, below its length.
      return octets.length == 4
          ? InetAddress.getByAddress(octets)
          : Inet6Address.getByAddress(null, octets, -1);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return address.getHostAddress() + "/" + length;
  }
}
