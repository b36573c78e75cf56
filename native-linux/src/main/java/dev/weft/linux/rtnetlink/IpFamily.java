// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import dev.weft.linux.netlink.MalformedMessageException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The two families of addresses. */
public enum IpFamily {
  /** IPv4, {@code AF_INET}. */
  IPV4(2, Integer.SIZE),

  /** IPv6, {@code AF_INET6}. */
  IPV6(10, 2 * Long.SIZE);

  private final int number;
  private final int bits;

  IpFamily(int number, int bits) {
    this.number = number;
    this.bits = bits;
  }

  /** The family of an address. */
  public static IpFamily of(InetAddress address) {
    return address instanceof Inet4Address ? IPV4 : IPV6;
  }

  /** The length of an address in bits. */
  public int bits() {
    return bits;
  }

  /** The kernel's number. */
  int number() {
    return number;
  }

  /** The address with all bits zero. */
  public InetAddress zero() {
    try {
      return address(new byte[bits / Byte.SIZE]);
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  InetAddress address(byte[] octets) throws MalformedMessageException {
    if (octets.length != bits / Byte.SIZE) {
      throw new MalformedMessageException("address of " + octets.length + " octets", 0);
    }
    try {
      // InetAddress.getByAddress would make an IPv4 address of a mapped one.
      return this == IPV4
          ? InetAddress.getByAddress(octets)
          : Inet6Address.getByAddress(null, octets, -1);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  void checkPrefixLength(int length) {
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException("prefix length " + length + " is not in 0 to " + bits);
    }
  }

  int receivedPrefixLength(int length) throws MalformedMessageException {
    if (length > bits) {
      throw new MalformedMessageException("prefix length " + length, 0);
    }
    return length;
  }
}
