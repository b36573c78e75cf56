// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.netlink.NetlinkSocket;
import dev.weft.linux.rtnetlink.Link;
import dev.weft.linux.rtnetlink.Links;

/** The MTU of an interface, which others may change while it is up. For one thread at a time. */
final class InterfaceMtu implements AutoCloseable {

  private final NetlinkSocket socket;
  private final Links links;
  private final int index;

  private InterfaceMtu(NetlinkSocket socket, String name) {
    this.socket = socket;
    links = new Links(socket);
    index =
        links
            .byName(name)
            .map(Link::index)
            .orElseThrow(() -> new LinuxException("finding interface " + name, Errno.ENODEV));
  }

  /**
   * Of an interface.
   *
   * @throws LinuxException if there is none of that name
   */
  static InterfaceMtu of(String name) {
    NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE);
    try {
      return new InterfaceMtu(socket, name);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Octets of the longest packet; 0 if the interface is gone. */
  int octets() {
    return links.byIndex(index).map(Link::mtuOctets).orElse(0);
  }

  void set(int octets) {
    links.setMtu(index, octets);
  }

  @Override
  public void close() {
    socket.close();
  }
}
