// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import java.net.InetAddress;

/**
 * An address of an interface.
 *
 * @param linkIndex the interface
 * @param address the address, host bits included
 * @param prefixLength the length of its network's prefix
 * @param flags {@code IFA_F_…} of {@code linux/if_addr.h}
 */
public record LinkAddress(int linkIndex, InetAddress address, int prefixLength, int flags) {

  /** No duplicate address detection (IPv6). */
  public static final int NO_DAD = 0x02;

  /** The kernel makes no route to its network. */
  public static final int NO_PREFIX_ROUTE = 0x200;

  public LinkAddress {
    IpFamily.of(address).checkPrefixLength(prefixLength);
  }

  @Override
  public String toString() {
    return address.getHostAddress() + "/" + prefixLength;
  }
}
