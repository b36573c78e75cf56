// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.IFINFOMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.offset;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.size;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.netlink.MalformedMessageException;
import dev.weft.linux.netlink.NetlinkAttributes;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkMessage;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The network interfaces. Each method throws {@link NetlinkException} if the kernel refuses. */
public final class Links {

  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;

  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;

  private static final int MAX_NAME_OCTETS = 15;

  private final NetlinkSocket socket;

  /** Works on a socket of {@link NetlinkSocket#ROUTE}, which stays the caller's. */
  public Links(NetlinkSocket socket) {
    this.socket = socket;
  }

  /** The interface of that name. */
  public Optional<Link> byName(String name) {
    int octets = name.getBytes(StandardCharsets.UTF_8).length;
    if (octets == 0 || octets > MAX_NAME_OCTETS) {
      return Optional.empty(); // IFNAMSIZ: no interface has such a name.
    }
    return get(
        "looking for interface " + name,
        request(RTM_GETLINK, 0).attributeString(IFLA_IFNAME, name));
  }

  /** The interface of that index. */
  public Optional<Link> byIndex(int index) {
    return index <= 0
        ? Optional.empty()
        : get("looking for interface " + index, request(RTM_GETLINK, index));
  }

  private Optional<Link> get(String operation, NetlinkRequest request) {
    try {
      return socket.ask(operation, request, Links::decode);
    } catch (NetlinkException e) {
      if (e.errno() == Errno.ENODEV) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** All interfaces. */
  public List<Link> list() {
    return socket.dump("listing interfaces", request(RTM_GETLINK, 0), Links::decode);
  }

  /** Switches an interface on or off. */
  public void setUp(int index, boolean up) {
    NetlinkRequest request = header(RTM_NEWLINK, index, up ? Link.IFF_UP : 0, Link.IFF_UP);
    socket.execute("switching interface " + index + (up ? " on" : " off"), request);
  }

  /** Sets the length of the longest packet. */
  public void setMtu(int index, int mtuOctets) {
    socket.execute(
        "setting the MTU of interface " + index + " to " + mtuOctets,
        request(RTM_NEWLINK, index).attributeU32(IFLA_MTU, mtuOctets));
  }

  /** Removes an interface. */
  public void delete(int index) {
    socket.execute("removing interface " + index, request(RTM_DELLINK, index));
  }

  private static NetlinkRequest request(int type, int index) {
    return header(type, index, 0, 0);
  }

  private static NetlinkRequest header(int type, int index, int flags, int change) {
    return NetlinkRequest.of(type, 0).u8(0, 0).u16(0).u32(index).u32(flags).u32(change);
  }

  static Optional<Link> decode(NetlinkMessage message) throws MalformedMessageException {
    if (message.type() != RTM_NEWLINK) {
      return Optional.empty();
    }
    ByteBuffer header = message.header(size(IFINFOMSG));
    NetlinkAttributes attributes = message.attributes(size(IFINFOMSG));
    return Optional.of(
        new Link(
            header.getInt(offset(IFINFOMSG, "ifi_index")),
            attributes.string(IFLA_IFNAME).orElse(""),
            attributes.u32(IFLA_MTU).orElse(0),
            header.getInt(offset(IFINFOMSG, "ifi_flags"))));
  }
}
