// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The ones' complement sum of IPv4, TCP and UDP, in the byte order of the host: the sum of swapped
 * words is the swapped sum, so that nothing has to be swapped until a number joins it (RFC 1071
 * §2). A sum in the making is a {@code long} that stays below 2^62 for any packet.
 */
public final class InternetSum {

  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;

  private static final long LOW_HALF = 0xffff_ffffL;

  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private InternetSum() {}

  /**
   * Adds octets to a sum.
   *
   * @param length an odd octet at the end counts as if a zero followed
   */
  public static long add(long sum, MemorySegment memory, long offset, int length) {
    // A loop of this shape, halves apart and not unrolled by hand, is what C2 makes vectors of.
    long low = 0;
    long high = 0;
    int words = length >> 3;
    for (int i = 0; i < words; i++) {
      long word = memory.get(U64, offset + 8L * i);
      low += word & LOW_HALF;
      high += word >>> 32;
    }
    long result = sum + low + high;
    long at = offset + 8L * words;
    if ((length & 4) != 0) {
      result += Integer.toUnsignedLong(memory.get(U32, at));
      at += 4;
    }
    if ((length & 2) != 0) {
      result += Short.toUnsignedLong(memory.get(U16, at));
      at += 2;
    }
    if ((length & 1) != 0) {
      long last = Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at));
      result += LITTLE_ENDIAN ? last : last << 8;
    }
    return result;
  }

  /** The sum of 8 octets. */
  static long ofWord(MemorySegment memory, long offset) {
    long word = memory.get(U64, offset);
    return (word & LOW_HALF) + (word >>> 32);
  }

  /** The sum of an IPv4 header without options, which is too short for a loop. */
  static long ofIpv4Header(MemorySegment memory, long packet) {
    return ofWord(memory, packet)
        + ofWord(memory, packet + 8)
        + Integer.toUnsignedLong(memory.get(U32, packet + 16));
  }

  /** A number of 16 bits as it counts in a sum: as if it were read from a packet. */
  public static long ofNumber(int number) {
    short value = (short) number;
    return Short.toUnsignedLong(LITTLE_ENDIAN ? Short.reverseBytes(value) : value);
  }

  /** The sum in 16 bits, in the byte order of the host; 0xffff over intact octets. */
  public static int fold(long sum) {
    long folded = (sum & 0xffff_ffffL) + (sum >>> 32);
    folded = (folded & 0xffff) + (folded >>> 16 & 0xffff) + (folded >>> 32);
    folded = (folded & 0xffff) + (folded >>> 16);
    return (int) ((folded & 0xffff) + (folded >>> 16));
  }

  /** Writes a sum into a field of a packet as it is, not complemented. */
  static void put(MemorySegment memory, long field, long sum) {
    memory.set(U16, field, (short) fold(sum));
  }

  /** Writes a checksum, the complement of a sum, into a field of a packet. */
  static void putChecksum(MemorySegment memory, long field, long sum) {
    memory.set(U16, field, (short) ~fold(sum));
  }
}
