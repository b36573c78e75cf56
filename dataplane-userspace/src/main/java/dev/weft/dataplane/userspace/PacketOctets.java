// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;

/** Unsigned big-endian fields and addresses in packet memory. */
final class PacketOctets {

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private PacketOctets() {}

  static int u8(MemorySegment segment, long offset) {
    return Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset));
  }

  static int u16(MemorySegment segment, long offset) {
    return Short.toUnsignedInt(segment.get(U16, offset));
  }

  static void putU8(MemorySegment segment, long offset, int value) {
    segment.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
  }

  static void putU16(MemorySegment segment, long offset, int value) {
    segment.set(U16, offset, (short) value);
  }

  static void put(MemorySegment segment, long offset, byte[] octets) {
    MemorySegment.copy(octets, 0, segment, ValueLayout.JAVA_BYTE, offset, octets.length);
  }

  /** Whether the segment holds these octets at the offset. */
  static boolean equal(MemorySegment segment, long offset, byte[] octets) {
    for (int i = 0; i < octets.length; i++) {
      if (segment.get(ValueLayout.JAVA_BYTE, offset + i) != octets[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * The address at the offset.
   *
   * @param length 4 or 16
   */
  static InetAddress address(MemorySegment segment, long offset, int length) {
    byte[] octets = new byte[length];
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, octets, 0, length);
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
