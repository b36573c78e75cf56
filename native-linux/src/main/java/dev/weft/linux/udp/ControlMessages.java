// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * What the control messages of one received message say; used again for the next. Belongs to one
 * thread. Reads nothing outside the octets that it is given; what is cut short, contradicts itself
 * or is unknown, is passed over. Source: cmsg(3).
 */
final class ControlMessages {

  private static final long GRO_DATA = Integer.BYTES;
  private static final long SEGMENT_DATA = Short.BYTES;

  /** The room for what is asked for, of either family, and some more for what is not. */
  static final long RECEIVE_SPACE =
      SocketLayouts.controlSpace(GRO_DATA)
          + SocketLayouts.controlSpace(SocketLayouts.IN_PKTINFO.byteSize())
          + SocketLayouts.controlSpace(SocketLayouts.IN6_PKTINFO.byteSize())
          + 32;

  /** The room for a source and a segment size. */
  static final long SEND_SPACE =
      SocketLayouts.controlSpace(SEGMENT_DATA)
          + SocketLayouts.controlSpace(SocketLayouts.IN6_PKTINFO.byteSize());

  /** Octets of each datagram but the last; 0 if it was not said. */
  int segmentSize;

  /** Whether the address that it was sent to was said. */
  boolean local;

  long localHigh;
  long localLow;
  int interfaceIndex;

  /** Reads the control messages in that range. */
  void read(MemorySegment control, long offset, long length) {
    segmentSize = 0;
    local = false;
    localHigh = 0;
    localLow = 0;
    interfaceIndex = 0;
    long position = 0;
    while (length - position >= SocketLayouts.CMSG_DATA) {
      long at = offset + position;
      long stated = control.get(JAVA_LONG_UNALIGNED, at + SocketLayouts.CMSG_LEN);
      if (stated < SocketLayouts.CMSG_DATA || stated > length - position) {
        return;
      }
      readOne(control, at, stated - SocketLayouts.CMSG_DATA);
      position += SocketLayouts.align(stated);
    }
  }

  private void readOne(MemorySegment control, long at, long dataLength) {
    int level = control.get(JAVA_INT_UNALIGNED, at + SocketLayouts.CMSG_LEVEL);
    int type = control.get(JAVA_INT_UNALIGNED, at + SocketLayouts.CMSG_TYPE);
    long data = at + SocketLayouts.CMSG_DATA;
    if (level == SocketLayouts.SOL_UDP && type == SocketLayouts.UDP_GRO && dataLength >= GRO_DATA) {
      int size = control.get(JAVA_INT_UNALIGNED, data);
      segmentSize = size > 0 && size <= 0xffff ? size : 0;
    } else if (level == SocketLayouts.SOL_IP
        && type == SocketLayouts.IP_PKTINFO
        && dataLength >= SocketLayouts.IN_PKTINFO.byteSize()) {
      local = true;
      interfaceIndex = control.get(JAVA_INT_UNALIGNED, data + SocketLayouts.IPI_IFINDEX);
      // Not ipi_addr, which is a broadcast or multicast address if the datagram was sent to one.
      int address = control.get(SocketLayouts.NET_INT, data + SocketLayouts.IPI_SPEC_DST);
      localHigh = (long) address << 32;
      localLow = 0;
    } else if (level == SocketLayouts.SOL_IPV6
        && type == SocketLayouts.IPV6_PKTINFO
        && dataLength >= SocketLayouts.IN6_PKTINFO.byteSize()) {
      local = true;
      interfaceIndex = control.get(JAVA_INT_UNALIGNED, data + SocketLayouts.IPI6_IFINDEX);
      localHigh = control.get(SocketLayouts.NET_LONG, data + SocketLayouts.IPI6_ADDR);
      localLow = control.get(SocketLayouts.NET_LONG, data + SocketLayouts.IPI6_ADDR + Long.BYTES);
    }
  }

  /**
   * Writes what is to be said about a message.
   *
   * @param segmentSize 0: it is one datagram
   * @return the octets written; 0 if there is nothing to be said
   */
  static long write(
      MemorySegment control, long offset, int segmentSize, SocketAddress destination) {
    long length = 0;
    if (segmentSize > 0) {
      writeHeader(control, offset, SocketLayouts.SOL_UDP, SocketLayouts.UDP_SEGMENT, SEGMENT_DATA);
      control.set(JAVA_SHORT_UNALIGNED, offset + SocketLayouts.CMSG_DATA, (short) segmentSize);
      length = SocketLayouts.controlSpace(SEGMENT_DATA);
    }
    if (!destination.hasSource()) {
      return length;
    }
    long at = offset + length;
    long data = at + SocketLayouts.CMSG_DATA;
    if (destination.isIpv6()) {
      long size = SocketLayouts.IN6_PKTINFO.byteSize();
      writeHeader(control, at, SocketLayouts.SOL_IPV6, SocketLayouts.IPV6_PKTINFO, size);
      control.set(SocketLayouts.NET_LONG, data + SocketLayouts.IPI6_ADDR, destination.sourceHigh());
      control.set(
          SocketLayouts.NET_LONG,
          data + SocketLayouts.IPI6_ADDR + Long.BYTES,
          destination.sourceLow());
      control.set(
          JAVA_INT_UNALIGNED, data + SocketLayouts.IPI6_IFINDEX, destination.sourceInterface());
      return length + SocketLayouts.controlSpace(size);
    }
    long size = SocketLayouts.IN_PKTINFO.byteSize();
    writeHeader(control, at, SocketLayouts.SOL_IP, SocketLayouts.IP_PKTINFO, size);
    control.set(
        JAVA_INT_UNALIGNED, data + SocketLayouts.IPI_IFINDEX, destination.sourceInterface());
    control.set(
        SocketLayouts.NET_INT,
        data + SocketLayouts.IPI_SPEC_DST,
        (int) (destination.sourceHigh() >>> 32));
    control.set(JAVA_INT_UNALIGNED, data + size - Integer.BYTES, 0);
    return length + SocketLayouts.controlSpace(size);
  }

  private static void writeHeader(
      MemorySegment control, long at, int level, int type, long dataLength) {
    control.set(
        JAVA_LONG_UNALIGNED, at + SocketLayouts.CMSG_LEN, SocketLayouts.controlLength(dataLength));
    control.set(JAVA_INT_UNALIGNED, at + SocketLayouts.CMSG_LEVEL, level);
    control.set(JAVA_INT_UNALIGNED, at + SocketLayouts.CMSG_TYPE, type);
  }
}
