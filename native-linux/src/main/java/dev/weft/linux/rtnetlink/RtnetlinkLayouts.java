// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/** The structures that rtnetlink's messages start with. Sources: the headers of the package. */
final class RtnetlinkLayouts {

  static final StructLayout IFINFOMSG =
      MemoryLayout.structLayout(
          JAVA_BYTE.withName("ifi_family"),
          JAVA_BYTE.withName("__ifi_pad"),
          JAVA_SHORT.withName("ifi_type"),
          JAVA_INT.withName("ifi_index"),
          JAVA_INT.withName("ifi_flags"),
          JAVA_INT.withName("ifi_change"));

  static final StructLayout IFADDRMSG =
      MemoryLayout.structLayout(
          JAVA_BYTE.withName("ifa_family"),
          JAVA_BYTE.withName("ifa_prefixlen"),
          JAVA_BYTE.withName("ifa_flags"),
          JAVA_BYTE.withName("ifa_scope"),
          JAVA_INT.withName("ifa_index"));

  static final StructLayout RTMSG =
      MemoryLayout.structLayout(
          JAVA_BYTE.withName("rtm_family"),
          JAVA_BYTE.withName("rtm_dst_len"),
          JAVA_BYTE.withName("rtm_src_len"),
          JAVA_BYTE.withName("rtm_tos"),
          JAVA_BYTE.withName("rtm_table"),
          JAVA_BYTE.withName("rtm_protocol"),
          JAVA_BYTE.withName("rtm_scope"),
          JAVA_BYTE.withName("rtm_type"),
          JAVA_INT.withName("rtm_flags"));

  static final StructLayout FIB_RULE_HDR =
      MemoryLayout.structLayout(
          JAVA_BYTE.withName("family"),
          JAVA_BYTE.withName("dst_len"),
          JAVA_BYTE.withName("src_len"),
          JAVA_BYTE.withName("tos"),
          JAVA_BYTE.withName("table"),
          JAVA_BYTE.withName("res1"),
          JAVA_BYTE.withName("res2"),
          JAVA_BYTE.withName("action"),
          JAVA_INT.withName("flags"));

  private RtnetlinkLayouts() {}

  static int size(StructLayout struct) {
    return (int) struct.byteSize();
  }

  static int offset(StructLayout struct, String field) {
    return (int) struct.byteOffset(PathElement.groupElement(field));
  }
}
