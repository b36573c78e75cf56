// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.IFADDRMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.offset;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.size;

import dev.weft.linux.netlink.MalformedMessageException;
import dev.weft.linux.netlink.NetlinkAttributes;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkMessage;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Addresses of interfaces. Each method throws {@link NetlinkException} if the kernel refuses. */
public final class Addresses {

  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;

  private final NetlinkSocket socket;

  /** Works on a socket of {@link NetlinkSocket#ROUTE}, which stays the caller's. */
  public Addresses(NetlinkSocket socket) {
    this.socket = socket;
  }

  /** Adds an address; EEXIST if the interface has it. */
  public void add(LinkAddress address) {
    socket.execute(
        "adding address " + address,
        request(RTM_NEWADDR, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, address)
            .attributeU32(IFA_FLAGS, address.flags()));
  }

  /** Adds an address, or gives the one that is there these flags. */
  public void replace(LinkAddress address) {
    socket.execute(
        "setting address " + address,
        request(RTM_NEWADDR, NetlinkRequest.CREATE | NetlinkRequest.REPLACE, address)
            .attributeU32(IFA_FLAGS, address.flags()));
  }

  /** Removes an address; EADDRNOTAVAIL if the interface does not have it. */
  public void delete(LinkAddress address) {
    socket.execute("removing address " + address, request(RTM_DELADDR, 0, address));
  }

  /** The addresses of an interface, of both families. */
  public List<LinkAddress> list(int linkIndex) {
    List<LinkAddress> addresses = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      addresses.addAll(
          Listing.ofFamily(
              socket,
              "listing addresses of interface " + linkIndex,
              NetlinkRequest.of(RTM_GETADDR, 0).u8(family.number(), 0, 0, 0).u32(linkIndex),
              message -> decode(message, family).filter(row -> row.linkIndex() == linkIndex)));
    }
    return addresses;
  }

  private static NetlinkRequest request(int type, int flags, LinkAddress address) {
    byte[] octets = address.address().getAddress();
    return NetlinkRequest.of(type, flags)
        .u8(IpFamily.of(address.address()).number(), address.prefixLength(), 0, 0)
        .u32(address.linkIndex())
        .attribute(IFA_LOCAL, octets)
        .attribute(IFA_ADDRESS, octets);
  }

  static Optional<LinkAddress> decode(NetlinkMessage message, IpFamily family)
      throws MalformedMessageException {
    if (message.type() != RTM_NEWADDR) {
      return Optional.empty();
    }
    ByteBuffer header = message.header(size(IFADDRMSG));
    if (Byte.toUnsignedInt(header.get(0)) != family.number()) {
      return Optional.empty(); // A kernel without IPv6 answers for all families it has.
    }
    int prefixLength = Byte.toUnsignedInt(header.get(offset(IFADDRMSG, "ifa_prefixlen")));
    NetlinkAttributes attributes = message.attributes(size(IFADDRMSG));
    // On a point-to-point link IFA_ADDRESS is the other end's. linux/if_addr.h
    Optional<byte[]> octets = attributes.octets(IFA_LOCAL).or(() -> attributes.octets(IFA_ADDRESS));
    if (octets.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new LinkAddress(
            header.getInt(offset(IFADDRMSG, "ifa_index")),
            family.address(octets.get()),
            family.receivedPrefixLength(prefixLength),
            attributes
                .u32(IFA_FLAGS)
                .orElse(Byte.toUnsignedInt(header.get(offset(IFADDRMSG, "ifa_flags"))))));
  }
}
