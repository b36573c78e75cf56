// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/** The structures of {@code linux/netlink.h}, in the byte order of the machine. */
final class NetlinkLayouts {

  static final StructLayout SOCKADDR_NL =
      MemoryLayout.structLayout(
          JAVA_SHORT.withName("nl_family"),
          JAVA_SHORT.withName("nl_pad"),
          JAVA_INT.withName("nl_pid"),
          JAVA_INT.withName("nl_groups"));

  static final StructLayout NLMSGHDR =
      MemoryLayout.structLayout(
          JAVA_INT.withName("nlmsg_len"),
          JAVA_SHORT.withName("nlmsg_type"),
          JAVA_SHORT.withName("nlmsg_flags"),
          JAVA_INT.withName("nlmsg_seq"),
          JAVA_INT.withName("nlmsg_pid"));

  static final StructLayout NLATTR =
      MemoryLayout.structLayout(JAVA_SHORT.withName("nla_len"), JAVA_SHORT.withName("nla_type"));

  static final StructLayout NLMSGERR =
      MemoryLayout.structLayout(JAVA_INT.withName("error"), NLMSGHDR.withName("msg"));

  static final StructLayout TIMEVAL =
      MemoryLayout.structLayout(JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_usec"));

  static final int HEADER_LENGTH = (int) NLMSGHDR.byteSize();
  static final int ATTRIBUTE_HEADER_LENGTH = (int) NLATTR.byteSize();

  private NetlinkLayouts() {}

  static int offset(StructLayout struct, String field) {
    return (int) struct.byteOffset(PathElement.groupElement(field));
  }

  /** Messages and attributes start at multiples of four: {@code NLMSG_ALIGN}, {@code NLA_ALIGN}. */
  static int aligned(int length) {
    return (length + 3) & ~3;
  }
}
