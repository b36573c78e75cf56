// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Sizes and offsets as a C compiler gives them on 64-bit Linux. */
final class SocketLayoutsTest {

  @Test
  void addresses() {
    assertEquals(16, SocketLayouts.SOCKADDR_IN.byteSize());
    assertEquals(28, SocketLayouts.SOCKADDR_IN6.byteSize());
    assertEquals(0, SocketLayouts.FAMILY);
    assertEquals(2, SocketLayouts.PORT);
    assertEquals(4, SocketLayouts.ADDRESS4);
    assertEquals(4, SocketLayouts.FLOW_INFO);
    assertEquals(8, SocketLayouts.ADDRESS6);
    assertEquals(24, SocketLayouts.SCOPE);
  }

  @Test
  void messageHeaders() {
    assertEquals(16, SocketLayouts.IOVEC.byteSize());
    assertEquals(8, SocketLayouts.IOV_LEN);
    assertEquals(56, SocketLayouts.MSGHDR.byteSize());
    assertEquals(64, SocketLayouts.MMSGHDR.byteSize());
    assertEquals(0, SocketLayouts.MSG_NAME);
    assertEquals(8, SocketLayouts.MSG_NAMELEN);
    assertEquals(16, SocketLayouts.MSG_IOV);
    assertEquals(24, SocketLayouts.MSG_IOVLEN);
    assertEquals(32, SocketLayouts.MSG_CONTROL);
    assertEquals(40, SocketLayouts.MSG_CONTROLLEN);
    assertEquals(48, SocketLayouts.MSG_FLAGS);
    assertEquals(56, SocketLayouts.MSG_LEN);
  }

  @Test
  void controlMessages() {
    assertEquals(16, SocketLayouts.CMSGHDR.byteSize());
    assertEquals(8, SocketLayouts.CMSG_LEVEL);
    assertEquals(12, SocketLayouts.CMSG_TYPE);
    assertEquals(12, SocketLayouts.IN_PKTINFO.byteSize());
    assertEquals(4, SocketLayouts.IPI_SPEC_DST);
    assertEquals(20, SocketLayouts.IN6_PKTINFO.byteSize());
    assertEquals(16, SocketLayouts.IPI6_IFINDEX);
    assertEquals(18, SocketLayouts.controlLength(2));
    assertEquals(24, SocketLayouts.controlSpace(2));
    assertEquals(20, SocketLayouts.controlLength(4));
    assertEquals(32, SocketLayouts.controlSpace(12));
    assertEquals(40, SocketLayouts.controlSpace(20));
    assertEquals(16, SocketLayouts.controlSpace(0));
  }
}
