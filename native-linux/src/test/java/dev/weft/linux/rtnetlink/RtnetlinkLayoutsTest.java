// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.FIB_RULE_HDR;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.IFADDRMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.IFINFOMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.RTMSG;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.offset;
import static dev.weft.linux.rtnetlink.RtnetlinkLayouts.size;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RtnetlinkLayoutsTest {

  @Test
  void structuresHaveTheSizesOfTheHeaders() {
    assertEquals(16, size(IFINFOMSG));
    assertEquals(8, size(IFADDRMSG));
    assertEquals(12, size(RTMSG));
    assertEquals(12, size(FIB_RULE_HDR));
  }

  @Test
  void fieldsAreWhereTheHeadersHaveThem() {
    assertEquals(2, offset(IFINFOMSG, "ifi_type"));
    assertEquals(4, offset(IFINFOMSG, "ifi_index"));
    assertEquals(8, offset(IFINFOMSG, "ifi_flags"));
    assertEquals(12, offset(IFINFOMSG, "ifi_change"));
    assertEquals(1, offset(IFADDRMSG, "ifa_prefixlen"));
    assertEquals(4, offset(IFADDRMSG, "ifa_index"));
    assertEquals(1, offset(RTMSG, "rtm_dst_len"));
    assertEquals(4, offset(RTMSG, "rtm_table"));
    assertEquals(5, offset(RTMSG, "rtm_protocol"));
    assertEquals(7, offset(RTMSG, "rtm_type"));
    assertEquals(8, offset(RTMSG, "rtm_flags"));
    assertEquals(4, offset(FIB_RULE_HDR, "table"));
    assertEquals(7, offset(FIB_RULE_HDR, "action"));
    assertEquals(8, offset(FIB_RULE_HDR, "flags"));
  }
}
