// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The ones' complement sum of 16-bit words that IPv4, UDP, ICMP and ICMPv6 carry. Sources: RFC
 * 1071; pseudo-headers RFC 768 and RFC 8200 §8.1.
 */
final class InternetChecksum {

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private InternetChecksum() {}

  /**
   * Adds octets to a sum. Words of 32 bits are as good as words of 16, since the sum is taken
   * modulo 2^16 - 1 (RFC 1071 §2).
   *
   * @param length an odd octet at the end counts as if a zero followed
   */
  static long add(long sum, MemorySegment segment, long offset, int length) {
    int words = length & ~3;
    for (int i = 0; i < words; i += 4) {
      sum += Integer.toUnsignedLong(segment.get(U32, offset + i));
    }
    long rest = offset + words;
    int left = length & 3;
    if (left >= 2) {
      sum += PacketOctets.u16(segment, rest);
      rest += 2;
    }
    if ((left & 1) != 0) {
      sum += PacketOctets.u8(segment, rest) << 8;
    }
    return sum;
  }

  /**
   * The sum of the pseudo-header: both addresses, the length and the protocol.
   *
   * @param addresses where the source address starts; the destination address follows it in both
   *     versions of IP
   */
  static long pseudoHeader(
      MemorySegment segment, long addresses, int addressLength, int length, int protocol) {
    return add((long) length + protocol, segment, addresses, 2 * addressLength);
  }

  /** The checksum that goes into a packet: the complement of the folded sum. */
  static int finish(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) ~folded & 0xffff;
  }

  /** Whether a sum that includes the checksum field says that nothing was damaged. */
  static boolean isIntact(long sum) {
    return finish(sum) == 0;
  }
}
