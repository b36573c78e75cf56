// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static dev.weft.linux.netlink.NetlinkLayouts.offset;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NetlinkLayoutsTest {

  @Test
  void structuresHaveTheSizesOfTheHeaders() {
    assertEquals(12, NetlinkLayouts.SOCKADDR_NL.byteSize());
    assertEquals(16, NetlinkLayouts.NLMSGHDR.byteSize());
    assertEquals(4, NetlinkLayouts.NLATTR.byteSize());
    assertEquals(20, NetlinkLayouts.NLMSGERR.byteSize());
    assertEquals(16, NetlinkLayouts.TIMEVAL.byteSize());
  }

  @Test
  void fieldsAreWhereTheHeadersHaveThem() {
    assertEquals(4, offset(NetlinkLayouts.SOCKADDR_NL, "nl_pid"));
    assertEquals(8, offset(NetlinkLayouts.SOCKADDR_NL, "nl_groups"));
    assertEquals(4, offset(NetlinkLayouts.NLMSGHDR, "nlmsg_type"));
    assertEquals(6, offset(NetlinkLayouts.NLMSGHDR, "nlmsg_flags"));
    assertEquals(8, offset(NetlinkLayouts.NLMSGHDR, "nlmsg_seq"));
    assertEquals(12, offset(NetlinkLayouts.NLMSGHDR, "nlmsg_pid"));
    assertEquals(2, offset(NetlinkLayouts.NLATTR, "nla_type"));
    assertEquals(4, offset(NetlinkLayouts.NLMSGERR, "msg"));
    assertEquals(8, offset(NetlinkLayouts.TIMEVAL, "tv_usec"));
  }

  @Test
  void lengthsAreRoundedUpToFour() {
    assertEquals(0, NetlinkLayouts.aligned(0));
    assertEquals(4, NetlinkLayouts.aligned(1));
    assertEquals(4, NetlinkLayouts.aligned(4));
    assertEquals(8, NetlinkLayouts.aligned(5));
  }
}
