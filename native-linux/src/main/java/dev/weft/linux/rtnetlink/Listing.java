// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.util.List;

/** Lists of things that may not exist at all. */
final class Listing {

  private Listing() {}

  /** A list that is empty where the kernel has not even what it would be a list of. */
  static <T> List<T> ofFamily(
      NetlinkSocket socket,
      String operation,
      NetlinkRequest request,
      NetlinkSocket.Decoder<T> decoder) {
    try {
      return socket.dump(operation, request, decoder);
    } catch (NetlinkException e) {
      return switch (e.errno()) {
        // No IPv6; no such table; no such interface.
        case Errno.EAFNOSUPPORT, Errno.EOPNOTSUPP, Errno.ENOENT, Errno.ENODEV -> List.of();
        default -> throw e;
      };
    }
  }
}
