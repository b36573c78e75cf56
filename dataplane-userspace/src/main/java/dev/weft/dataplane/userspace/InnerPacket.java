// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;

/**
 * Where the parts of an inner IP packet are: a view that is read anew for each packet, so that none
 * costs an object. Every octet is hostile; {@link #read} accepts only headers whose lengths fit,
 * and the accessors are valid only after it returned true and until the packet changes. Owned by
 * the overlay's queue.
 */
final class InnerPacket {

  private MemorySegment segment = MemorySegment.NULL;
  private long start;
  private int length;
  private boolean ipv6;
  private long payload;
  private int payloadLength;
  private int protocol;

  /**
   * Looks at a packet.
   *
   * @return false if it is no IPv4 or IPv6 packet whose header and total length fit into the buffer
   */
  boolean read(PacketBuffer packet) {
    segment = packet.segment();
    start = packet.offset();
    length = packet.length();
    if (length < Ipv4Layout.HEADER_LENGTH) {
      return false;
    }
    return switch (PacketOctets.u8(segment, start) >>> 4) {
      case 4 -> readIpv4();
      case 6 -> readIpv6();
      default -> false;
    };
  }

  private boolean readIpv4() {
    int headerLength = (PacketOctets.u8(segment, start + Ipv4Layout.VERSION_AND_LENGTH) & 0x0f) * 4;
    int totalLength = PacketOctets.u16(segment, start + Ipv4Layout.TOTAL_LENGTH);
    if (headerLength < Ipv4Layout.HEADER_LENGTH
        || totalLength < headerLength
        || totalLength > length) {
      return false;
    }
    ipv6 = false;
    length = totalLength;
    payload = start + headerLength;
    payloadLength = totalLength - headerLength;
    protocol = PacketOctets.u8(segment, start + Ipv4Layout.PROTOCOL);
    return true;
  }

  private boolean readIpv6() {
    if (length < Ipv6Layout.HEADER_LENGTH) {
      return false;
    }
    int declared = PacketOctets.u16(segment, start + Ipv6Layout.PAYLOAD_LENGTH);
    if (declared > length - Ipv6Layout.HEADER_LENGTH) {
      return false;
    }
    ipv6 = true;
    length = Ipv6Layout.HEADER_LENGTH + declared;
    payload = start + Ipv6Layout.HEADER_LENGTH;
    payloadLength = declared;
    protocol = PacketOctets.u8(segment, start + Ipv6Layout.NEXT_HEADER);
    return true;
  }

  MemorySegment segment() {
    return segment;
  }

  /** Where the IP header starts, in octets from the start of the segment, as all offsets here. */
  long start() {
    return start;
  }

  /** Octets of the packet by its own header; what follows in the buffer is padding. */
  int length() {
    return length;
  }

  boolean isIpv6() {
    return ipv6;
  }

  /** The IPv4 protocol, or the IPv6 next header, which may be an extension header. */
  int protocol() {
    return protocol;
  }

  /** Where the octets behind the IP header start. */
  long payload() {
    return payload;
  }

  int payloadLength() {
    return payloadLength;
  }

  int addressLength() {
    return ipv6 ? Ipv6Layout.ADDRESS_LENGTH : Ipv4Layout.ADDRESS_LENGTH;
  }

  /** Where the source address starts. */
  long source() {
    return start + (ipv6 ? Ipv6Layout.SOURCE : Ipv4Layout.SOURCE);
  }

  /** Where the destination address starts: right behind the source address. */
  long destination() {
    return source() + addressLength();
  }

  InetAddress sourceAddress() {
    return PacketOctets.address(segment, source(), addressLength());
  }

  /** Whether it is a fragment of an IPv4 packet; IPv6 says so in an extension header. */
  boolean isIpv4Fragment() {
    return !ipv6
        && (PacketOctets.u16(segment, start + Ipv4Layout.FRAGMENT)
                & Ipv4Layout.MORE_FRAGMENTS_AND_OFFSET)
            != 0;
  }

  boolean hasIpv4Options() {
    return !ipv6 && payload - start > Ipv4Layout.HEADER_LENGTH;
  }

  boolean hasExtensionHeader() {
    return ipv6 && Ipv6Layout.isExtensionHeader(protocol);
  }

  /** Whether the IPv4 header checksum is right; IPv6 has none. */
  boolean hasIntactHeader() {
    return ipv6
        || InternetChecksum.isIntact(
            InternetChecksum.add(0, segment, start, (int) (payload - start)));
  }

  /** Whether it is a complete UDP datagram without options or extension headers. */
  boolean isWholeUdp() {
    return protocol == UdpLayout.PROTOCOL
        && !isIpv4Fragment()
        && !hasIpv4Options()
        && payloadLength >= UdpLayout.PAYLOAD;
  }

  /** Whether it is a complete ICMP or ICMPv6 message without options or extension headers. */
  boolean isWholeIcmp() {
    return protocol == IcmpLayout.protocol(ipv6)
        && !isIpv4Fragment()
        && !hasIpv4Options()
        && payloadLength >= IcmpLayout.BODY;
  }

  int udpSourcePort() {
    return PacketOctets.u16(segment, payload + UdpLayout.SOURCE_PORT);
  }

  int udpDestinationPort() {
    return PacketOctets.u16(segment, payload + UdpLayout.DESTINATION_PORT);
  }

  /** The length field of the UDP header; intact datagrams have one that fits. */
  int udpLength() {
    return PacketOctets.u16(segment, payload + UdpLayout.LENGTH);
  }

  /**
   * Whether length and checksum of a UDP datagram are right. A checksum of zero means none: allowed
   * over IPv4 (RFC 768), forbidden over IPv6 (RFC 8200 §8.1).
   */
  boolean hasIntactUdp() {
    int udpLength = udpLength();
    if (udpLength < UdpLayout.PAYLOAD || udpLength > payloadLength) {
      return false;
    }
    if (PacketOctets.u16(segment, payload + UdpLayout.CHECKSUM) == 0) {
      return !ipv6;
    }
    long pseudo =
        InternetChecksum.pseudoHeader(
            segment, source(), addressLength(), udpLength, UdpLayout.PROTOCOL);
    return InternetChecksum.isIntact(InternetChecksum.add(pseudo, segment, payload, udpLength));
  }

  /** Whether the checksum of an ICMP or ICMPv6 message is right. */
  boolean hasIntactIcmp() {
    long pseudo =
        ipv6
            ? InternetChecksum.pseudoHeader(
                segment, source(), addressLength(), payloadLength, IcmpLayout.PROTOCOL_V6)
            : 0;
    return InternetChecksum.isIntact(InternetChecksum.add(pseudo, segment, payload, payloadLength));
  }

  int icmpType() {
    return PacketOctets.u8(segment, payload + IcmpLayout.TYPE);
  }

  int icmpCode() {
    return PacketOctets.u8(segment, payload + IcmpLayout.CODE);
  }

  /**
   * Whether the source is one host that may be answered: not unspecified, not multicast, not
   * broadcast, not loopback. RFC 1122 §3.2.2, RFC 4443 §2.4 (e).
   */
  boolean hasUnicastSource() {
    long source = source();
    int first = PacketOctets.u8(segment, source);
    if (!ipv6) {
      return first != 0 && first != 127 && first < 224;
    }
    if (first == 0xff) {
      return false;
    }
    for (int i = 0; i < Ipv6Layout.ADDRESS_LENGTH - 1; i++) {
      if (PacketOctets.u8(segment, source + i) != 0) {
        return true;
      }
    }
    return PacketOctets.u8(segment, source + Ipv6Layout.ADDRESS_LENGTH - 1) > 1;
  }
}
