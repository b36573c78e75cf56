// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.tun.InternetSum;
import java.lang.foreign.MemorySegment;

/**
 * The ones' complement sum of 16-bit words that IPv4, UDP, ICMP and ICMPv6 carry. Sources: RFC
 * 1071; pseudo-headers RFC 768 and RFC 8200 §8.1.
 */
final class InternetChecksum {

  private InternetChecksum() {}

  /**
   * Adds octets to a sum.
   *
   * @param length an odd octet at the end counts as if a zero followed
   */
  static long add(long sum, MemorySegment segment, long offset, int length) {
    return sum
        + InternetSum.ofNumber(InternetSum.fold(InternetSum.add(0, segment, offset, length)));
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
