// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.tun.IcmpErrorLimit;
import dev.weft.dataplane.userspace.tun.InternetSum;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Composes what an interface tells its host about a packet that leads nowhere: ICMP host
 * unreachable (RFC 792) or ICMPv6 address unreachable (RFC 4443 §3.1), so that applications fail at
 * once and not after a timeout. What RFC 1122 §3.2.2 and RFC 4443 §2.4 (e) forbid is not answered:
 * ICMP errors, fragments but the first, and packets to or from an address that is not one host's.
 * The rate is limited.
 *
 * <p>The answer comes from the address that the packet was for. An own address, as a host's errors
 * should have, is not possible: the kernel takes no IPv4 packet from an interface that comes from
 * an address of its own. A foreign one could fail its check of the reverse path, but the packet's
 * destination is routed to this interface, or the packet would not be here.
 *
 * <p>Owned by one worker.
 */
final class UnreachableAnswers {

  /** Octets of the longest answer: IPv6's least MTU, RFC 4443 §3.1. */
  static final int MAX_LENGTH = 1280;

  /** Octets of the longest answer of IPv4, RFC 1812 §4.3.2.3. */
  private static final int MAX_LENGTH_V4 = 576;

  private static final int HEADER_V4 = 20;
  private static final int HEADER_V6 = 40;
  private static final int ICMP_HEADER = 8;
  private static final int HOPS = 64;

  private static final int ICMP = 1;
  private static final int UNREACHABLE_V4 = 3;
  private static final int HOST_UNREACHABLE_V4 = 1;

  private static final int ICMPV6 = 58;
  private static final int UNREACHABLE_V6 = 1;
  private static final int ADDRESS_UNREACHABLE_V6 = 3;

  /** ICMPv6 types from here on are no errors, RFC 4443 §2.1. */
  private static final int FIRST_INFORMATIONAL_V6 = 128;

  // Extension headers of RFC 8200 §4, and how many are looked through.
  private static final int HOP_BY_HOP = 0;
  private static final int ROUTING = 43;
  private static final int FRAGMENT = 44;
  private static final int DESTINATION_OPTIONS = 60;
  private static final int MAX_EXTENSIONS = 8;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final IcmpErrorLimit limit;
  private long answers;

  UnreachableAnswers(long nowNanos) {
    limit = new IcmpErrorLimit(nowNanos);
  }

  /** Answers composed so far. */
  long answers() {
    return answers;
  }

  /**
   * Composes an answer, if there may be one.
   *
   * @param packet an IP packet whose header is complete
   * @param target where to write it; at least {@link #MAX_LENGTH}
   * @return octets of the answer; 0 for none
   */
  int compose(
      MemorySegment packet,
      long offset,
      int length,
      long nowNanos,
      MemorySegment target,
      long targetOffset) {
    boolean isIpv6 = length > 0 && u8(packet, offset) >> 4 == 6;
    boolean isAnswered =
        isIpv6 ? isAnsweredV6(packet, offset, length) : isAnsweredV4(packet, offset, length);
    if (!isAnswered || !limit.allow(nowNanos)) {
      return 0;
    }
    answers++;
    return isIpv6
        ? composeV6(packet, offset, length, target, targetOffset)
        : composeV4(packet, offset, length, target, targetOffset);
  }

  private static boolean isAnsweredV4(MemorySegment packet, long offset, int length) {
    if (length < HEADER_V4 || u8(packet, offset) >> 4 != 4) {
      return false;
    }
    int header = (u8(packet, offset) & 0xf) * 4;
    boolean isFirst = (u16(packet, offset + 6) & 0x1fff) == 0;
    if (header < HEADER_V4
        || header > length
        || !isFirst
        || !isHostV4(packet, offset + 12)
        || !isHostV4(packet, offset + 16)) {
      return false;
    }
    if (u8(packet, offset + 9) != ICMP) {
      return true;
    }
    // The queries and their answers of RFC 792 and RFC 950; of the rest it is not known.
    return length > header
        && switch (u8(packet, offset + header)) {
          case 0, 8, 13, 14, 15, 16, 17, 18 -> true;
          default -> false;
        };
  }

  /** Neither this network, nor loopback, nor multicast, nor reserved or broadcast. */
  private static boolean isHostV4(MemorySegment packet, long offset) {
    int first = u8(packet, offset);
    return first != 0 && first != 127 && first < 224;
  }

  private static boolean isAnsweredV6(MemorySegment packet, long offset, int length) {
    if (length < HEADER_V6
        || !isHostV6(packet, offset + 8)
        || !isHostV6(packet, offset + HEADER_V6 - 16)) {
      return false;
    }
    int next = u8(packet, offset + 6);
    int position = HEADER_V6;
    for (int i = 0; i < MAX_EXTENSIONS; i++) {
      switch (next) {
        case HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS, FRAGMENT -> {
          if (position + 8 > length) {
            return false;
          }
          boolean isFragment = next == FRAGMENT;
          if (isFragment && (u16(packet, offset + position + 2) & 0xfff8) != 0) {
            return false;
          }
          next = u8(packet, offset + position);
          position += isFragment ? 8 : (u8(packet, offset + position + 1) + 1) * 8;
        }
        case ICMPV6 -> {
          return position < length && u8(packet, offset + position) >= FIRST_INFORMATIONAL_V6;
        }
        default -> {
          return true;
        }
      }
    }
    return false;
  }

  /** Neither unspecified, nor loopback, nor multicast. */
  private static boolean isHostV6(MemorySegment packet, long offset) {
    long high = packet.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    int lowest = 0;
    for (int i = 8; i < 15; i++) {
      lowest |= u8(packet, offset + i);
    }
    boolean isNearZero = high == 0 && lowest == 0 && u8(packet, offset + 15) <= 1;
    return !isNearZero && u8(packet, offset) != 0xff;
  }

  private static int composeV4(
      MemorySegment packet, long offset, int length, MemorySegment target, long start) {
    int quoted = Math.min(length, MAX_LENGTH_V4 - HEADER_V4 - ICMP_HEADER);
    int total = HEADER_V4 + ICMP_HEADER + quoted;
    target.asSlice(start, HEADER_V4 + ICMP_HEADER).fill((byte) 0);
    putU8(target, start, 0x45);
    // Precedence 6, RFC 1812 §4.3.2.5.
    putU8(target, start + 1, 0xc0);
    putU16(target, start + 2, total);
    // Not to be fragmented, and so without identification: RFC 6864 §4.1.
    putU16(target, start + 6, 0x4000);
    putU8(target, start + 8, HOPS);
    putU8(target, start + 9, ICMP);
    MemorySegment.copy(packet, offset + 16, target, start + 12, 4);
    MemorySegment.copy(packet, offset + 12, target, start + 16, 4);
    putU16(target, start + 10, checksum(target, start, HEADER_V4, 0));
    long icmp = start + HEADER_V4;
    putU8(target, icmp, UNREACHABLE_V4);
    putU8(target, icmp + 1, HOST_UNREACHABLE_V4);
    MemorySegment.copy(packet, offset, target, icmp + ICMP_HEADER, quoted);
    putU16(target, icmp + 2, checksum(target, icmp, ICMP_HEADER + quoted, 0));
    return total;
  }

  private static int composeV6(
      MemorySegment packet, long offset, int length, MemorySegment target, long start) {
    int quoted = Math.min(length, MAX_LENGTH - HEADER_V6 - ICMP_HEADER);
    int payload = ICMP_HEADER + quoted;
    target.asSlice(start, HEADER_V6 + ICMP_HEADER).fill((byte) 0);
    putU8(target, start, 0x60);
    putU16(target, start + 4, payload);
    putU8(target, start + 6, ICMPV6);
    putU8(target, start + 7, HOPS);
    MemorySegment.copy(packet, offset + 24, target, start + 8, 16);
    MemorySegment.copy(packet, offset + 8, target, start + 24, 16);
    long icmp = start + HEADER_V6;
    putU8(target, icmp, UNREACHABLE_V6);
    putU8(target, icmp + 1, ADDRESS_UNREACHABLE_V6);
    MemorySegment.copy(packet, offset, target, icmp + ICMP_HEADER, quoted);
    // The pseudo-header of RFC 8200 §8.1: both addresses, the length, the protocol.
    long pseudo = InternetSum.ofNumber(InternetSum.fold(InternetSum.add(0, target, start + 8, 32)));
    putU16(target, icmp + 2, checksum(target, icmp, payload, pseudo + payload + ICMPV6));
    return HEADER_V6 + payload;
  }

  private static int checksum(MemorySegment segment, long offset, int length, long sum) {
    long total =
        sum + InternetSum.ofNumber(InternetSum.fold(InternetSum.add(0, segment, offset, length)));
    while (total >>> 16 != 0) {
      total = (total & 0xffff) + (total >>> 16);
    }
    return (int) ~total & 0xffff;
  }

  private static int u8(MemorySegment segment, long offset) {
    return Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset));
  }

  private static int u16(MemorySegment segment, long offset) {
    return Short.toUnsignedInt(segment.get(U16, offset));
  }

  private static void putU8(MemorySegment segment, long offset, int value) {
    segment.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
  }

  private static void putU16(MemorySegment segment, long offset, int value) {
    segment.set(U16, offset, (short) value);
  }
}
