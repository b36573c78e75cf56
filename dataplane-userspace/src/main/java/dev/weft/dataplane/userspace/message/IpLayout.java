// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What cryptokey routing needs of an inner packet: its version, length and addresses; big-endian;
 * offsets in octets from the start of the packet. An address is given as 128 bits in two halves, an
 * IPv4 address in the top 32 bits of the first. Sources: RFC 791 §3.1, RFC 8200 §3, WG §2.
 */
public final class IpLayout {

  private static final int IPV4_MIN_LENGTH = 20;
  private static final int IPV4_TOTAL_LENGTH = 2;
  private static final int IPV4_SOURCE = 12;
  private static final int IPV4_DESTINATION = 16;

  private static final int IPV6_HEADER_LENGTH = 40;
  private static final int IPV6_PAYLOAD_LENGTH = 4;
  private static final int IPV6_SOURCE = 8;
  private static final int IPV6_DESTINATION = 24;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private IpLayout() {}

  /**
   * Octets of the packet as its header says; 0 if it is no IP packet, its header is cut off, or its
   * length is less than its header or more than the buffer.
   */
  public static int totalLength(PacketBuffer packet) {
    int length = packet.length();
    if (length < IPV4_MIN_LENGTH) {
      return 0;
    }
    MemorySegment segment = packet.segment();
    long offset = packet.offset();
    int first = Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset));
    int total;
    switch (first >> 4) {
      case 4 -> {
        int header = (first & 0xf) * 4;
        total = Short.toUnsignedInt(segment.get(U16, offset + IPV4_TOTAL_LENGTH));
        if (header < IPV4_MIN_LENGTH || total < header) {
          return 0;
        }
      }
      case 6 -> {
        if (length < IPV6_HEADER_LENGTH) {
          return 0;
        }
        total =
            IPV6_HEADER_LENGTH
                + Short.toUnsignedInt(segment.get(U16, offset + IPV6_PAYLOAD_LENGTH));
      }
      default -> {
        return 0;
      }
    }
    return total <= length ? total : 0;
  }

  /** Whether a packet with a valid {@link #totalLength} is IPv6, not IPv4. */
  public static boolean isIpv6(PacketBuffer packet) {
    return packet.segment().get(ValueLayout.JAVA_BYTE, packet.offset()) >> 4 == 6;
  }

  /** The first half of the source address. */
  public static long sourceHigh(PacketBuffer packet) {
    return isIpv6(packet)
        ? packet.segment().get(U64, packet.offset() + IPV6_SOURCE)
        : ipv4(packet, IPV4_SOURCE);
  }

  /** The second half of the source address. */
  public static long sourceLow(PacketBuffer packet) {
    return isIpv6(packet)
        ? packet.segment().get(U64, packet.offset() + IPV6_SOURCE + Long.BYTES)
        : 0;
  }

  /** The first half of the destination address. */
  public static long destinationHigh(PacketBuffer packet) {
    return isIpv6(packet)
        ? packet.segment().get(U64, packet.offset() + IPV6_DESTINATION)
        : ipv4(packet, IPV4_DESTINATION);
  }

  /** The second half of the destination address. */
  public static long destinationLow(PacketBuffer packet) {
    return isIpv6(packet)
        ? packet.segment().get(U64, packet.offset() + IPV6_DESTINATION + Long.BYTES)
        : 0;
  }

  private static long ipv4(PacketBuffer packet, int field) {
    return (long) packet.segment().get(U32, packet.offset() + field) << 32;
  }
}
