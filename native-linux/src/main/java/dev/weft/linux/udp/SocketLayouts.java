// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The structures of socket calls on 64-bit machines, in the host's order but for addresses and
 * ports, and where their fields are. Sources: ip(7), ipv6(7), recvmsg(2), recvmmsg(2), cmsg(3).
 */
final class SocketLayouts {

  /** Network order, at any address. */
  static final ValueLayout.OfShort NET_SHORT = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  static final ValueLayout.OfInt NET_INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  static final ValueLayout.OfLong NET_LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  static final StructLayout SOCKADDR_IN =
      MemoryLayout.structLayout(
          JAVA_SHORT.withName("sin_family"),
          NET_SHORT.withName("sin_port"),
          NET_INT.withName("sin_addr"),
          MemoryLayout.paddingLayout(8));

  static final long FAMILY = offset(SOCKADDR_IN, "sin_family");
  static final long PORT = offset(SOCKADDR_IN, "sin_port");
  static final long ADDRESS4 = offset(SOCKADDR_IN, "sin_addr");

  static final StructLayout SOCKADDR_IN6 =
      MemoryLayout.structLayout(
          JAVA_SHORT.withName("sin6_family"),
          NET_SHORT.withName("sin6_port"),
          NET_INT.withName("sin6_flowinfo"),
          MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("sin6_addr"),
          JAVA_INT.withName("sin6_scope_id"));

  static final long FLOW_INFO = offset(SOCKADDR_IN6, "sin6_flowinfo");
  static final long ADDRESS6 = offset(SOCKADDR_IN6, "sin6_addr");
  static final long SCOPE = offset(SOCKADDR_IN6, "sin6_scope_id");

  /** The room for either address. */
  static final long NAME_STRIDE = 32;

  static final StructLayout IOVEC =
      MemoryLayout.structLayout(JAVA_LONG.withName("iov_base"), JAVA_LONG.withName("iov_len"));

  static final long IOV_BASE = offset(IOVEC, "iov_base");
  static final long IOV_LEN = offset(IOVEC, "iov_len");
  static final long IOV_STRIDE = IOVEC.byteSize();

  static final StructLayout MSGHDR =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("msg_name"),
          JAVA_INT.withName("msg_namelen"),
          MemoryLayout.paddingLayout(4),
          JAVA_LONG.withName("msg_iov"),
          JAVA_LONG.withName("msg_iovlen"),
          JAVA_LONG.withName("msg_control"),
          JAVA_LONG.withName("msg_controllen"),
          JAVA_INT.withName("msg_flags"),
          MemoryLayout.paddingLayout(4));

  /** What recvmmsg and sendmmsg take: the header, then what became of it. */
  static final StructLayout MMSGHDR =
      MemoryLayout.structLayout(
          MSGHDR.withName("msg_hdr"), JAVA_INT.withName("msg_len"), MemoryLayout.paddingLayout(4));

  static final long MSG_NAME = offset(MSGHDR, "msg_name");
  static final long MSG_NAMELEN = offset(MSGHDR, "msg_namelen");
  static final long MSG_IOV = offset(MSGHDR, "msg_iov");
  static final long MSG_IOVLEN = offset(MSGHDR, "msg_iovlen");
  static final long MSG_CONTROL = offset(MSGHDR, "msg_control");
  static final long MSG_CONTROLLEN = offset(MSGHDR, "msg_controllen");
  static final long MSG_FLAGS = offset(MSGHDR, "msg_flags");
  static final long MSG_LEN = offset(MMSGHDR, "msg_len");
  static final long MSG_STRIDE = MMSGHDR.byteSize();

  /** Before the data of each control message; the next one begins at a multiple of 8. */
  static final StructLayout CMSGHDR =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("cmsg_len"),
          JAVA_INT.withName("cmsg_level"),
          JAVA_INT.withName("cmsg_type"));

  static final long CMSG_LEN = offset(CMSGHDR, "cmsg_len");
  static final long CMSG_LEVEL = offset(CMSGHDR, "cmsg_level");
  static final long CMSG_TYPE = offset(CMSGHDR, "cmsg_type");
  static final long CMSG_DATA = CMSGHDR.byteSize();

  static final StructLayout IN_PKTINFO =
      MemoryLayout.structLayout(
          JAVA_INT.withName("ipi_ifindex"),
          NET_INT.withName("ipi_spec_dst"),
          NET_INT.withName("ipi_addr"));

  static final long IPI_IFINDEX = offset(IN_PKTINFO, "ipi_ifindex");
  static final long IPI_SPEC_DST = offset(IN_PKTINFO, "ipi_spec_dst");

  static final StructLayout IN6_PKTINFO =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("ipi6_addr"),
          JAVA_INT.withName("ipi6_ifindex"));

  static final long IPI6_ADDR = offset(IN6_PKTINFO, "ipi6_addr");
  static final long IPI6_IFINDEX = offset(IN6_PKTINFO, "ipi6_ifindex");

  static final int AF_INET = 2;
  static final int AF_INET6 = 10;

  static final int SOL_IP = 0;
  static final int SOL_SOCKET = 1;
  static final int SOL_UDP = 17;
  static final int SOL_IPV6 = 41;

  static final int IP_PKTINFO = 8;
  static final int IPV6_PKTINFO = 50;
  static final int UDP_SEGMENT = 103;
  static final int UDP_GRO = 104;

  private SocketLayouts() {}

  /** CMSG_LEN: the length that a control message with that much data states. */
  static long controlLength(long data) {
    return CMSG_DATA + data;
  }

  /** CMSG_SPACE: the room that it takes. */
  static long controlSpace(long data) {
    return align(controlLength(data));
  }

  /** CMSG_ALIGN; no overflow below {@link Long#MAX_VALUE} - 7. */
  static long align(long length) {
    return (length + 7) & ~7L;
  }

  private static long offset(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }
}
