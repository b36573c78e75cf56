// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.RTMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.offset;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.size;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.netlink.MalformedMessageException;
import dev.weft.linux.netlink.NetlinkAttributes;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkMessage;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Routes. Each method throws {@link NetlinkException} if the kernel refuses. */
public final class Routes {

  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_GETROUTE = 26;

  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_PRIORITY = 6;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_TABLE = 15;
  private static final int RTA_MARK = 16;

  private static final int RT_SCOPE_UNIVERSE = 0;
  private static final int RT_SCOPE_LINK = 253;
  private static final int RT_SCOPE_NOWHERE = 255;
  private static final int RTM_F_CLONED = 0x200;
  private static final int RTM_F_LOOKUP_TABLE = 0x1000;

  // Tables up to here also fit into the header; RTA_TABLE has all.
  private static final int MAX_TABLE_OF_HEADER = 255;

  private final NetlinkSocket socket;

  /** Works on a socket of {@link NetlinkSocket#ROUTE}, which stays the caller's. */
  public Routes(NetlinkSocket socket) {
    this.socket = socket;
  }

  /** Adds a route; EEXIST if its table has one of the same prefix and metric. */
  public void add(Route route) {
    socket.execute(
        "adding route " + route,
        request(
            RTM_NEWROUTE,
            NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE,
            route,
            route.gateway().isPresent() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK));
  }

  /** Adds a route, in the place of one of the same table, prefix and metric. */
  public void replace(Route route) {
    socket.execute(
        "setting route " + route,
        request(
            RTM_NEWROUTE,
            NetlinkRequest.CREATE | NetlinkRequest.REPLACE,
            route,
            route.gateway().isPresent() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK));
  }

  /** Removes a route; ESRCH if there is none like it. */
  public void delete(Route route) {
    // The scope "nowhere" stands for any. rtnetlink(7)
    socket.execute("removing route " + route, request(RTM_DELROUTE, 0, route, RT_SCOPE_NOWHERE));
  }

  /**
   * Lists routes.
   *
   * @param table only this table; 0 means all
   * @param protocol only those made by this one; 0 means all
   * @param linkIndex only those over this interface; 0 means all
   */
  public List<Route> list(IpFamily family, int table, int protocol, int linkIndex) {
    return list(family, table, protocol, linkIndex, _ -> true);
  }

  /** Lists the routes that a filter lets pass, so that a large table is not held in memory. */
  public List<Route> list(
      IpFamily family, int table, int protocol, int linkIndex, Predicate<Route> filter) {
    NetlinkRequest request =
        NetlinkRequest.of(RTM_GETROUTE, 0).u8(family.number(), 0, 0, 0, 0, protocol, 0, 0).u32(0);
    if (table != 0) {
      request.attributeU32(RTA_TABLE, table);
    }
    if (linkIndex != 0) {
      request.attributeU32(RTA_OIF, linkIndex);
    }
    // Kernels before 4.20 do not filter, so it is done here too.
    Predicate<Route> wanted =
        row ->
            (table == 0 || row.table() == table)
                && (protocol == 0 || row.protocol() == protocol)
                && (linkIndex == 0 || row.linkIndex() == linkIndex);
    return Listing.ofFamily(
        socket,
        "listing routes",
        request,
        message -> decode(message, family, true).filter(wanted.and(filter)));
  }

  /**
   * The route that a packet would take now; empty if none. Its prefix is the destination alone.
   *
   * @param mark the packet's mark; 0 is none
   */
  public Optional<Route> lookup(InetAddress destination, int mark) {
    IpFamily family = IpFamily.of(destination);
    NetlinkRequest request =
        NetlinkRequest.of(RTM_GETROUTE, 0)
            .u8(family.number(), family.bits(), 0, 0, 0, 0, 0, 0)
            // IPv6 tells the table unasked, and refuses the flag.
            .u32(family == IpFamily.IPV4 ? RTM_F_LOOKUP_TABLE : 0)
            .attribute(RTA_DST, destination.getAddress());
    if (mark != 0) {
      request.attributeU32(RTA_MARK, mark);
    }
    try {
      return socket.ask(
          "looking up the route to " + destination.getHostAddress(),
          request,
          message -> decode(message, family, false));
    } catch (NetlinkException e) {
      return switch (e.errno()) {
        case Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.EACCES, Errno.EINVAL -> Optional.empty();
        default -> throw e;
      };
    }
  }

  private static NetlinkRequest request(int type, int flags, Route route, int scope) {
    int headerTable =
        Integer.compareUnsigned(route.table(), MAX_TABLE_OF_HEADER) <= 0 ? route.table() : 0;
    NetlinkRequest request =
        NetlinkRequest.of(type, flags)
            .u8(route.family().number(), route.prefixLength(), 0, 0)
            .u8(headerTable, route.protocol(), scope, route.type())
            .u32(0)
            .attribute(RTA_DST, route.destination().getAddress())
            .attributeU32(RTA_TABLE, route.table());
    if (route.linkIndex() != 0) {
      request.attributeU32(RTA_OIF, route.linkIndex());
    }
    if (route.metric() != 0) {
      request.attributeU32(RTA_PRIORITY, route.metric());
    }
    route.gateway().ifPresent(address -> request.attribute(RTA_GATEWAY, address.getAddress()));
    route.source().ifPresent(address -> request.attribute(RTA_PREFSRC, address.getAddress()));
    return request;
  }

  static Optional<Route> decode(NetlinkMessage message, IpFamily family, boolean dump)
      throws MalformedMessageException {
    if (message.type() != RTM_NEWROUTE) {
      return Optional.empty();
    }
    ByteBuffer header = message.header(size(RTMSG));
    if (octet(header, "rtm_family") != family.number()
        || (dump && (header.getInt(offset(RTMSG, "rtm_flags")) & RTM_F_CLONED) != 0)) {
      return Optional.empty(); // Of another family, or a cached exception such as a path's MTU.
    }
    NetlinkAttributes attributes = message.attributes(size(RTMSG));
    Optional<byte[]> destination = attributes.octets(RTA_DST);
    return Optional.of(
        new Route(
            destination.isPresent() ? family.address(destination.get()) : family.zero(),
            family.receivedPrefixLength(octet(header, "rtm_dst_len")),
            attributes.u32(RTA_TABLE).orElse(octet(header, "rtm_table")),
            octet(header, "rtm_protocol"),
            octet(header, "rtm_type"),
            attributes.u32(RTA_PRIORITY).orElse(0),
            attributes.u32(RTA_OIF).orElse(0),
            address(attributes, RTA_GATEWAY, family),
            address(attributes, RTA_PREFSRC, family)));
  }

  private static int octet(ByteBuffer header, String field) {
    return Byte.toUnsignedInt(header.get(offset(RTMSG, field)));
  }

  private static Optional<InetAddress> address(
      NetlinkAttributes attributes, int type, IpFamily family) throws MalformedMessageException {
    Optional<byte[]> octets = attributes.octets(type);
    return octets.isPresent() ? Optional.of(family.address(octets.get())) : Optional.empty();
  }
}
