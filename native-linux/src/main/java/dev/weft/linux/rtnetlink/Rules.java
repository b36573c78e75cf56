// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.FIB_RULE_HDR;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.offset;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.size;

import dev.weft.linux.netlink.MalformedMessageException;
import dev.weft.linux.netlink.NetlinkAttributes;
import dev.weft.linux.netlink.NetlinkException;
import dev.weft.linux.netlink.NetlinkMessage;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Routing rules. Each method throws {@link NetlinkException} if the kernel refuses. */
public final class Rules {

  private static final int RTM_NEWRULE = 32;
  private static final int RTM_DELRULE = 33;
  private static final int RTM_GETRULE = 34;

  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_SUPPRESS_PREFIXLEN = 14;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FRA_PROTOCOL = 21;

  private static final int FR_ACT_TO_TBL = 1;
  private static final int FIB_RULE_INVERT = 0x2;

  private final NetlinkSocket socket;

  /** Works on a socket of {@link NetlinkSocket#ROUTE}, which stays the caller's. */
  public Rules(NetlinkSocket socket) {
    this.socket = socket;
  }

  /** Adds a rule; EEXIST if there is one like it. */
  public void add(Rule rule) {
    socket.execute(
        "adding rule " + rule,
        request(RTM_NEWRULE, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, rule));
  }

  /** Removes a rule; ENOENT if there is none like it. */
  public void delete(Rule rule) {
    socket.execute("removing rule " + rule, request(RTM_DELRULE, 0, rule));
  }

  /** The rules of a family in their order. */
  public List<Rule> list(IpFamily family) {
    return Listing.ofFamily(
        socket,
        "listing rules",
        NetlinkRequest.of(RTM_GETRULE, 0).u8(family.number(), 0, 0, 0, 0, 0, 0, 0).u32(0),
        message -> decode(message, family));
  }

  private static NetlinkRequest request(int type, int flags, Rule rule) {
    NetlinkRequest request =
        NetlinkRequest.of(type, flags)
            .u8(rule.family().number(), 0, 0, 0, 0, 0, 0, FR_ACT_TO_TBL)
            .u32(rule.inverted() ? FIB_RULE_INVERT : 0)
            .attributeU32(FRA_TABLE, rule.table())
            .attributeU8(FRA_PROTOCOL, rule.protocol());
    if (rule.priority() != 0) {
      request.attributeU32(FRA_PRIORITY, rule.priority());
    }
    if (rule.mask() != 0) {
      request.attributeU32(FRA_FWMARK, rule.mark()).attributeU32(FRA_FWMASK, rule.mask());
    }
    if (rule.suppressPrefixLength() >= 0) {
      request.attributeU32(FRA_SUPPRESS_PREFIXLEN, rule.suppressPrefixLength());
    }
    return request;
  }

  static Optional<Rule> decode(NetlinkMessage message, IpFamily family)
      throws MalformedMessageException {
    if (message.type() != RTM_NEWRULE) {
      return Optional.empty();
    }
    ByteBuffer header = message.header(size(FIB_RULE_HDR));
    if (Byte.toUnsignedInt(header.get(0)) != family.number()) {
      return Optional.empty();
    }
    NetlinkAttributes attributes = message.attributes(size(FIB_RULE_HDR));
    int headerTable = Byte.toUnsignedInt(header.get(offset(FIB_RULE_HDR, "table")));
    int flags = header.getInt(offset(FIB_RULE_HDR, "flags"));
    boolean looksUp = header.get(offset(FIB_RULE_HDR, "action")) == FR_ACT_TO_TBL;
    return Optional.of(
        new Rule(
            family,
            attributes.u32(FRA_PRIORITY).orElse(0),
            looksUp ? attributes.u32(FRA_TABLE).orElse(headerTable) : 0,
            attributes.u8(FRA_PROTOCOL).orElse(0),
            attributes.u32(FRA_FWMARK).orElse(0),
            attributes.u32(FRA_FWMASK).orElse(0),
            (flags & FIB_RULE_INVERT) != 0,
            attributes.u32(FRA_SUPPRESS_PREFIXLEN).orElse(-1)));
  }
}
