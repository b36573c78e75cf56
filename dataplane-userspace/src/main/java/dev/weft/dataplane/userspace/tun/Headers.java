// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Fields of IP, TCP and UDP headers that offloads read and write; big-endian; offsets in octets
 * from the start of their header. Sources: RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1, RFC 768.
 */
final class Headers {

  static final int IPV4_LENGTH = 20; // without options
  static final int IPV4_TYPE_OF_SERVICE = 1; // u8
  static final int IPV4_TOTAL_LENGTH = 2; // u16
  static final int IPV4_IDENTIFICATION = 4; // u16
  static final int IPV4_FRAGMENT = 6; // u3 flags, u13 offset
  static final int IPV4_TIME_TO_LIVE = 8; // u8
  static final int IPV4_PROTOCOL = 9; // u8
  static final int IPV4_CHECKSUM = 10; // u16
  static final int IPV4_SOURCE = 12; // 4 octets, then as many of the destination
  static final int IPV4_DESTINATION = 16;
  static final int IPV4_DONT_FRAGMENT = 0x4000;

  static final int IPV6_LENGTH = 40;
  static final int IPV6_PAYLOAD_LENGTH = 4; // u16
  static final int IPV6_NEXT_HEADER = 6; // u8, then the hop limit
  static final int IPV6_SOURCE = 8; // 16 octets, then as many of the destination
  static final int IPV6_DESTINATION = 24;

  static final int TCP = 6;
  static final int TCP_LENGTH = 20; // without options
  static final int TCP_SEQUENCE = 4; // u32
  static final int TCP_ACKNOWLEDGMENT = 8; // u32
  static final int TCP_CONTROL = 12; // u4 words of header, u4 reserved, u8 flags, u16 window
  static final int TCP_FLAGS = 13; // u8
  static final int TCP_CHECKSUM = 16; // u16
  static final int TCP_URGENT = 18; // u16
  static final int TCP_FIN = 0x01;
  static final int TCP_PUSH = 0x08;
  static final int TCP_ACK = 0x10;
  static final int TCP_WINDOW_REDUCED = 0x80;

  static final int UDP = 17;
  static final int UDP_LENGTH = 8;
  static final int UDP_TOTAL_LENGTH = 4; // u16, of header and payload
  static final int UDP_CHECKSUM = 6; // u16

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt HALF_WORD = ValueLayout.JAVA_INT_UNALIGNED;

  private Headers() {}

  static int u8(MemorySegment memory, long offset) {
    return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, offset));
  }

  static int u16(MemorySegment memory, long offset) {
    return Short.toUnsignedInt(memory.get(U16, offset));
  }

  static int u32(MemorySegment memory, long offset) {
    return memory.get(U32, offset);
  }

  static long u64(MemorySegment memory, long offset) {
    return memory.get(U64, offset);
  }

  static void putU8(MemorySegment memory, long offset, int value) {
    memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
  }

  static void putU16(MemorySegment memory, long offset, int value) {
    memory.set(U16, offset, (short) value);
  }

  static void putU32(MemorySegment memory, long offset, int value) {
    memory.set(U32, offset, value);
  }

  /** Keeps octets, a multiple of 4, in words. */
  static void save(MemorySegment memory, long offset, int length, long[] words) {
    int at = 0;
    for (; at <= length - 8; at += 8) {
      words[at >> 3] = memory.get(WORD, offset + at);
    }
    if (at < length) {
      words[at >> 3] = memory.get(HALF_WORD, offset + at);
    }
  }

  /** Writes octets that were kept. */
  static void restore(MemorySegment memory, long offset, int length, long[] words) {
    int at = 0;
    for (; at <= length - 8; at += 8) {
      memory.set(WORD, offset + at, words[at >> 3]);
    }
    if (at < length) {
      memory.set(HALF_WORD, offset + at, (int) words[at >> 3]);
    }
  }

  /** Whether octets, a multiple of 4, are the same in two places. */
  static boolean same(MemorySegment memory, long one, long other, int length) {
    int at = 0;
    for (; at <= length - 8; at += 8) {
      if (memory.get(WORD, one + at) != memory.get(WORD, other + at)) {
        return false;
      }
    }
    return at >= length || memory.get(HALF_WORD, one + at) == memory.get(HALF_WORD, other + at);
  }

  /**
   * The sum of the pseudo-header without the length. RFC 9293 §3.1, RFC 8200 §8.1.
   *
   * @param packet an IP packet whose addresses are those at its start, not of a routing header
   */
  static long pseudoHeader(MemorySegment memory, long packet, boolean ipv6, int protocol) {
    long sum = InternetSum.ofNumber(protocol);
    if (!ipv6) {
      return sum + InternetSum.ofWord(memory, packet + IPV4_SOURCE);
    }
    return sum
        + InternetSum.ofWord(memory, packet + IPV6_SOURCE)
        + InternetSum.ofWord(memory, packet + IPV6_SOURCE + 8)
        + InternetSum.ofWord(memory, packet + IPV6_DESTINATION)
        + InternetSum.ofWord(memory, packet + IPV6_DESTINATION + 8);
  }

  /** Writes the checksum of an IPv4 header without options. */
  static void finishIpv4(MemorySegment memory, long packet) {
    putU16(memory, packet + IPV4_CHECKSUM, 0);
    InternetSum.putChecksum(
        memory, packet + IPV4_CHECKSUM, InternetSum.ofIpv4Header(memory, packet));
  }
}
