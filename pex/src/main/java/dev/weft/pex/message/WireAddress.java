// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** An address in 16 octets, whose family is bit 0 of a flags field. Source: PEX §6.1, §6.2. */
final class WireAddress {

  static final int FLAGS_LENGTH = 2;
  static final int LENGTH = 16;

  private static final int FLAG_IPV6 = 1;
  private static final int IPV4_LENGTH = 4;

  private WireAddress() {}

  static int familyFlag(InetAddress address) {
    return address.getAddress().length == LENGTH ? FLAG_IPV6 : 0;
  }

  /** Reads 16 octets. An IPv4-mapped IPv6 address becomes an IPv4 address. */
  static InetAddress decode(ByteBuffer source, int flags) {
    byte[] octets = new byte[(flags & FLAG_IPV6) != 0 ? LENGTH : IPV4_LENGTH];
    source.get(octets);
    source.position(source.position() + LENGTH - octets.length);
    return of(octets);
  }

  static void encode(InetAddress address, ByteBuffer target) {
    byte[] octets = address.getAddress();
    target.put(octets);
    target.put(new byte[LENGTH - octets.length]);
  }

  /** The same address without scope and host name, which do not travel. */
  static InetAddress plain(InetAddress address) {
    return of(address.getAddress());
  }

  private static InetAddress of(byte[] octets) {
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // 4 or 16 octets are always an address
    }
  }
}
