// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * {@code struct virtio_net_hdr} as a TUN device with {@code IFF_VNET_HDR} puts it in front of each
 * packet: in the byte order of the host, offsets in octets from its start. Source: virtio 1.2
 * §5.1.6, without the field {@code num_buffers}.
 */
public final class VnetHeaderLayout {

  /** Octets of the header. */
  public static final int LENGTH = 10;

  static final int FLAGS = 0; // u8
  static final int GSO_TYPE = FLAGS + 1; // u8
  static final int HEADER_LENGTH = GSO_TYPE + 1; // u16, of the packet's headers
  static final int GSO_SIZE = HEADER_LENGTH + 2; // u16, payload of each packet but the last
  static final int CHECKSUM_START = GSO_SIZE + 2; // u16, from the start of the packet
  static final int CHECKSUM_OFFSET = CHECKSUM_START + 2; // u16, of the field, from there

  /** A flag: the checksum field holds the sum of the pseudo-header and is to be finished. */
  static final int NEEDS_CHECKSUM = 1;

  static final int GSO_NONE = 0;
  static final int GSO_TCP_IPV4 = 1;
  static final int GSO_TCP_IPV6 = 4;
  static final int GSO_UDP = 5;

  /** A bit beside the type: the first packet says that congestion was met. */
  static final int GSO_ECN = 0x80;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.nativeOrder());
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private VnetHeaderLayout() {}

  static int u8(MemorySegment memory, long header, int field) {
    return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, header + field));
  }

  static int u16(MemorySegment memory, long header, int field) {
    return Short.toUnsignedInt(memory.get(U16, header + field));
  }

  /** Writes a header that asks for nothing. */
  static void writeNone(MemorySegment memory, long header) {
    memory.set(U64, header, 0);
    memory.set(U16, header + CHECKSUM_OFFSET, (short) 0);
  }

  /** Writes the header of a super-packet. */
  static void write(
      MemorySegment memory,
      long header,
      int gsoType,
      int headerLength,
      int gsoSize,
      int checksumStart,
      int checksumOffset) {
    memory.set(ValueLayout.JAVA_BYTE, header + FLAGS, (byte) NEEDS_CHECKSUM);
    memory.set(ValueLayout.JAVA_BYTE, header + GSO_TYPE, (byte) gsoType);
    memory.set(U16, header + HEADER_LENGTH, (short) headerLength);
    memory.set(U16, header + GSO_SIZE, (short) gsoSize);
    memory.set(U16, header + CHECKSUM_START, (short) checksumStart);
    memory.set(U16, header + CHECKSUM_OFFSET, (short) checksumOffset);
  }
}
