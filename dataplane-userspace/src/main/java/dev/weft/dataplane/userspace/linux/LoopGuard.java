// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.transport.Endpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Tells this interface's own datagrams that a route led back into it. Encrypted again they would
 * come back longer, be fragmented and become ever more. Their destination is the endpoint of the
 * peer that they would be encrypted for, so that others need not be looked at. Owned by one worker.
 */
final class LoopGuard {

  private static final int UDP = 17;
  private static final int PORTS = 4;
  private static final int HEADER_V6 = 40;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private @Nullable Endpoint endpoint;
  private boolean isIpv6;
  private long high;
  private long low;

  /** Whether an inner address is that of the endpoint that its packets are sent to. */
  boolean isEndpoint(Endpoint of, boolean isAddressIpv6, long addressHigh, long addressLow) {
    if (!of.equals(endpoint)) {
      remember(of);
    }
    return isIpv6 == isAddressIpv6 && high == addressHigh && low == addressLow;
  }

  private void remember(Endpoint of) {
    InetAddress address = of.address();
    ByteBuffer octets = ByteBuffer.wrap(address.getAddress());
    endpoint = of;
    isIpv6 = of.isIpv6();
    high = isIpv6 ? octets.getLong() : (long) octets.getInt() << 32;
    low = isIpv6 ? octets.getLong() : 0;
  }

  /**
   * Whether a packet to an endpoint's address is a UDP datagram between these ports, or its first
   * fragment. IPv6 packets with extension headers are not: fragments are small enough the next
   * time.
   */
  static boolean isDatagram(
      MemorySegment packet, long offset, int length, int sourcePort, int destinationPort) {
    int first = u8(packet, offset);
    int header = HEADER_V6;
    int protocol;
    if (first >> 4 == 6) {
      protocol = length < HEADER_V6 ? 0 : u8(packet, offset + 6);
    } else {
      header = (first & 0xf) * 4;
      boolean isFirst = length >= 20 && (u16(packet, offset + 6) & 0x1fff) == 0;
      protocol = isFirst ? u8(packet, offset + 9) : 0;
    }
    return protocol == UDP
        && length >= header + PORTS
        && u16(packet, offset + header) == sourcePort
        && u16(packet, offset + header + 2) == destinationPort;
  }

  private static int u8(MemorySegment segment, long offset) {
    return Byte.toUnsignedInt(segment.get(ValueLayout.JAVA_BYTE, offset));
  }

  private static int u16(MemorySegment segment, long offset) {
    return Short.toUnsignedInt(segment.get(U16, offset));
  }
}
