// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * Writes the inner packets that this host sends itself: UDP datagrams, echo requests, and IP
 * headers in front of what is there. Addresses of one packet are of one version of IP.
 */
final class InnerPacketWriter {

  /**
   * Octets kept free before packets: for the tunnel's own header, and for the IPv6 and ICMPv6
   * headers of an error about the packet, which is then written in place.
   */
  static final int HEAD_ROOM =
      WireGuardDevice.HEAD_ROOM + Ipv6Layout.HEADER_LENGTH + IcmpLayout.BODY;

  /** RFC 1122 §3.2.1.7 and IANA recommend it. */
  private static final int HOPS = 64;

  private InnerPacketWriter() {}

  /** What UDP over IP adds to a payload. */
  static int udpOverhead(boolean ipv6) {
    return ipHeaderLength(ipv6) + UdpLayout.PAYLOAD;
  }

  static int ipHeaderLength(boolean ipv6) {
    return ipv6 ? Ipv6Layout.HEADER_LENGTH : Ipv4Layout.HEADER_LENGTH;
  }

  /** A UDP datagram in memory of its own; the payload's position stays. */
  static PacketBuffer udp(Endpoint source, Endpoint destination, ByteBuffer payload) {
    boolean ipv6 = source.isIpv6();
    int payloadLength = payload.remaining();
    int udpLength = UdpLayout.PAYLOAD + payloadLength;
    PacketBuffer packet = allocate(ipHeaderLength(ipv6) + udpLength);
    MemorySegment segment = packet.segment();
    long udp = packet.offset() + ipHeaderLength(ipv6);
    PacketOctets.putU16(segment, udp + UdpLayout.SOURCE_PORT, source.port());
    PacketOctets.putU16(segment, udp + UdpLayout.DESTINATION_PORT, destination.port());
    PacketOctets.putU16(segment, udp + UdpLayout.LENGTH, udpLength);
    PacketOctets.putU16(segment, udp + UdpLayout.CHECKSUM, 0);
    segment
        .asSlice(udp + UdpLayout.PAYLOAD, payloadLength)
        .copyFrom(MemorySegment.ofBuffer(payload));
    writeAddresses(packet, source.address(), destination.address());
    writeIpHeader(packet, ipv6, UdpLayout.PROTOCOL);
    long pseudo =
        InternetChecksum.pseudoHeader(
            segment,
            packet.offset() + sourceOffset(ipv6),
            addressLength(ipv6),
            udpLength,
            UdpLayout.PROTOCOL);
    int checksum = InternetChecksum.finish(InternetChecksum.add(pseudo, segment, udp, udpLength));
    // Zero would say that there is no checksum. RFC 768.
    PacketOctets.putU16(segment, udp + UdpLayout.CHECKSUM, checksum == 0 ? 0xffff : checksum);
    return packet;
  }

  /** An echo request in memory of its own. */
  static PacketBuffer echoRequest(
      InetAddress source, InetAddress destination, int identifier, int sequence, byte[] data) {
    boolean ipv6 = source instanceof Inet6Address;
    int icmpLength = IcmpLayout.BODY + data.length;
    PacketBuffer packet = allocate(ipHeaderLength(ipv6) + icmpLength);
    MemorySegment segment = packet.segment();
    long icmp = packet.offset() + ipHeaderLength(ipv6);
    PacketOctets.putU8(segment, icmp + IcmpLayout.TYPE, IcmpLayout.echoRequest(ipv6));
    PacketOctets.putU8(segment, icmp + IcmpLayout.CODE, 0);
    PacketOctets.putU16(segment, icmp + IcmpLayout.IDENTIFIER, identifier);
    PacketOctets.putU16(segment, icmp + IcmpLayout.SEQUENCE, sequence);
    PacketOctets.put(segment, icmp + IcmpLayout.BODY, data);
    writeAddresses(packet, source, destination);
    writeIpHeader(packet, ipv6, IcmpLayout.protocol(ipv6));
    writeIcmpChecksum(packet, ipv6);
    return packet;
  }

  /**
   * Writes an IP header without options over the start of the packet, all but the addresses, which
   * must be there already: the IPv4 header checksum covers them.
   */
  static void writeIpHeader(PacketBuffer packet, boolean ipv6, int protocol) {
    MemorySegment segment = packet.segment();
    long start = packet.offset();
    if (ipv6) {
      PacketOctets.putU16(segment, start + Ipv6Layout.VERSION, 0x6000);
      PacketOctets.putU16(segment, start + Ipv6Layout.VERSION + 2, 0);
      PacketOctets.putU16(
          segment, start + Ipv6Layout.PAYLOAD_LENGTH, packet.length() - Ipv6Layout.HEADER_LENGTH);
      PacketOctets.putU8(segment, start + Ipv6Layout.NEXT_HEADER, protocol);
      PacketOctets.putU8(segment, start + Ipv6Layout.HOP_LIMIT, HOPS);
      return;
    }
    PacketOctets.putU8(segment, start + Ipv4Layout.VERSION_AND_LENGTH, 0x45);
    PacketOctets.putU8(segment, start + Ipv4Layout.TYPE_OF_SERVICE, 0);
    PacketOctets.putU16(segment, start + Ipv4Layout.TOTAL_LENGTH, packet.length());
    // The identification of a packet that may not be fragmented has no meaning. RFC 6864 §4.1.
    PacketOctets.putU16(segment, start + Ipv4Layout.IDENTIFICATION, 0);
    PacketOctets.putU16(segment, start + Ipv4Layout.FRAGMENT, Ipv4Layout.DONT_FRAGMENT);
    PacketOctets.putU8(segment, start + Ipv4Layout.PROTOCOL, protocol);
    writeHops(packet, false);
  }

  /** Gives a packet without options a fresh hop count, and IPv4 its header checksum. */
  static void writeHops(PacketBuffer packet, boolean ipv6) {
    MemorySegment segment = packet.segment();
    long start = packet.offset();
    if (ipv6) {
      PacketOctets.putU8(segment, start + Ipv6Layout.HOP_LIMIT, HOPS);
      return;
    }
    PacketOctets.putU8(segment, start + Ipv4Layout.TIME_TO_LIVE, HOPS);
    PacketOctets.putU16(segment, start + Ipv4Layout.CHECKSUM, 0);
    long sum = InternetChecksum.add(0, segment, start, Ipv4Layout.HEADER_LENGTH);
    PacketOctets.putU16(segment, start + Ipv4Layout.CHECKSUM, InternetChecksum.finish(sum));
  }

  /**
   * Computes the checksum of the ICMP or ICMPv6 message that fills the packet behind its header.
   */
  static void writeIcmpChecksum(PacketBuffer packet, boolean ipv6) {
    MemorySegment segment = packet.segment();
    long icmp = packet.offset() + ipHeaderLength(ipv6);
    int icmpLength = packet.length() - ipHeaderLength(ipv6);
    PacketOctets.putU16(segment, icmp + IcmpLayout.CHECKSUM, 0);
    long pseudo =
        ipv6
            ? InternetChecksum.pseudoHeader(
                segment,
                packet.offset() + Ipv6Layout.SOURCE,
                Ipv6Layout.ADDRESS_LENGTH,
                icmpLength,
                IcmpLayout.PROTOCOL_V6)
            : 0;
    long sum = InternetChecksum.add(pseudo, segment, icmp, icmpLength);
    PacketOctets.putU16(segment, icmp + IcmpLayout.CHECKSUM, InternetChecksum.finish(sum));
  }

  private static PacketBuffer allocate(int length) {
    PacketBuffer packet = PacketBuffer.allocate(HEAD_ROOM, length + WireGuardDevice.TAIL_ROOM);
    packet.setLength(length);
    return packet;
  }

  private static void writeAddresses(
      PacketBuffer packet, InetAddress source, InetAddress destination) {
    boolean ipv6 = source instanceof Inet6Address;
    long offset = packet.offset() + sourceOffset(ipv6);
    PacketOctets.put(packet.segment(), offset, source.getAddress());
    PacketOctets.put(packet.segment(), offset + addressLength(ipv6), destination.getAddress());
  }

  private static int sourceOffset(boolean ipv6) {
    return ipv6 ? Ipv6Layout.SOURCE : Ipv4Layout.SOURCE;
  }

  private static int addressLength(boolean ipv6) {
    return ipv6 ? Ipv6Layout.ADDRESS_LENGTH : Ipv4Layout.ADDRESS_LENGTH;
  }
}
