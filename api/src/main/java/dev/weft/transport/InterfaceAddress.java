// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.net.InetAddress;
import java.util.Objects;

/**
 * An address of the local host inside the overlay, with the prefix length of its network. Immutable
 * and thread-safe.
 *
 * @param address the address, host bits included
 * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record InterfaceAddress(InetAddress address, int prefixLength) {

  public InterfaceAddress {
    Objects.requireNonNull(address, "address");
    int bits = address.getAddress().length * 8;
    if (prefixLength < 0 || prefixLength > bits) {
      throw new IllegalArgumentException(
          "address: prefix length " + prefixLength + " is not in 0 to " + bits);
    }
  }

  /** The address alone, as /32 or /128. */
  public static InterfaceAddress host(InetAddress address) {
    return new InterfaceAddress(address, address.getAddress().length * 8);
  }

  /**
   * Reads {@code address/length} or {@code address}; host bits are kept. The forms are those of
   * {@link IpPrefix#parse}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static InterfaceAddress parse(String text) {
    int slash = text.indexOf('/');
    InetAddress address = IpLiteral.parse(slash < 0 ? text : text.substring(0, slash), false);
    return new InterfaceAddress(address, IpPrefix.parse(text).length());
  }

  @Override
  public String toString() {
    return address.getHostAddress() + "/" + prefixLength;
  }
}
