// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.tun.IcmpErrorLimit;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;

/**
 * The host that an overlay is without a TUN device: answers echo requests to its own addresses and
 * refuses UDP that nobody claimed. It never forwards and never reassembles. Answers are written
 * over the packet they answer. Owned by the overlay's queue. Sources: RFC 1122 §3.2.2, RFC 4443
 * §2.4, §4.
 */
final class InProcessEndpoint {

  /** How long an IPv4 error may be, its headers included. RFC 1812 §4.3.2.3. */
  private static final int MAX_ERROR_V4 = 576;

  /** How long an IPv6 error may be: the least MTU. RFC 4443 §2.4 (c). */
  private static final int MAX_ERROR_V6 = 1280;

  private final int mtuOctets;
  private final InnerDropCounters drops;
  private final IcmpErrorLimit errorLimit;

  InProcessEndpoint(int mtuOctets, InnerDropCounters drops, long nowNanos) {
    this.mtuOctets = mtuOctets;
    this.drops = drops;
    errorLimit = new IcmpErrorLimit(nowNanos);
  }

  /**
   * Takes a packet that no socket claimed.
   *
   * @param packet has {@link InnerPacketWriter#HEAD_ROOM} octets before it
   * @param view the same packet, read
   * @return whether the buffer now holds an answer to be sent; else the drop was counted
   */
  boolean answer(PacketBuffer packet, InnerPacket view, OwnAddresses own, long nowNanos) {
    if (!own.contains(view.segment(), view.destination(), view.addressLength())) {
      return dropped(InnerDrop.NOT_LOCAL);
    }
    if (view.isIpv4Fragment()) {
      return dropped(InnerDrop.FRAGMENT);
    }
    if (view.hasIpv4Options()) {
      return dropped(InnerDrop.IPV4_OPTIONS);
    }
    if (view.hasExtensionHeader()) {
      return dropped(InnerDrop.EXTENSION_HEADER);
    }
    if (!view.hasIntactHeader()) {
      return dropped(InnerDrop.BAD_CHECKSUM);
    }
    if (view.protocol() == IcmpLayout.protocol(view.isIpv6())) {
      return answerIcmp(packet, view);
    }
    if (view.protocol() == UdpLayout.PROTOCOL) {
      return refuseUdp(packet, view, nowNanos);
    }
    return dropped(InnerDrop.UNSUPPORTED_PROTOCOL);
  }

  private boolean answerIcmp(PacketBuffer packet, InnerPacket view) {
    if (!view.isWholeIcmp()) {
      return dropped(InnerDrop.INNER_MALFORMED);
    }
    if (!view.hasIntactIcmp()) {
      return dropped(InnerDrop.BAD_CHECKSUM);
    }
    if (view.icmpType() != IcmpLayout.echoRequest(view.isIpv6()) || view.icmpCode() != 0) {
      return dropped(InnerDrop.ICMP_IGNORED);
    }
    if (!view.hasUnicastSource()) {
      return dropped(InnerDrop.BAD_SOURCE);
    }
    if (view.length() > mtuOctets) {
      return dropped(InnerDrop.TOO_LONG);
    }
    packet.setLength(view.length());
    MemorySegment segment = view.segment();
    swap(segment, view.source(), view.destination(), view.addressLength());
    PacketOctets.putU8(
        segment, view.payload() + IcmpLayout.TYPE, IcmpLayout.echoReply(view.isIpv6()));
    InnerPacketWriter.writeHops(packet, view.isIpv6());
    InnerPacketWriter.writeIcmpChecksum(packet, view.isIpv6());
    return true;
  }

  private boolean refuseUdp(PacketBuffer packet, InnerPacket view, long nowNanos) {
    if (!view.isWholeUdp()) {
      return dropped(InnerDrop.INNER_MALFORMED);
    }
    if (!view.hasIntactUdp()) {
      return dropped(InnerDrop.BAD_CHECKSUM);
    }
    if (!view.hasUnicastSource()) {
      return dropped(InnerDrop.BAD_SOURCE);
    }
    drops.count(InnerDrop.PORT_UNREACHABLE);
    if (packet.headRoom() < InnerPacketWriter.HEAD_ROOM || !errorLimit.allow(nowNanos)) {
      return false;
    }
    writePortUnreachable(packet, view);
    return true;
  }

  /** Puts headers before the packet, which becomes the quotation that the error ends with. */
  private void writePortUnreachable(PacketBuffer packet, InnerPacket view) {
    boolean ipv6 = view.isIpv6();
    int headers = InnerPacketWriter.ipHeaderLength(ipv6) + IcmpLayout.BODY;
    int limit = Math.min(ipv6 ? MAX_ERROR_V6 : MAX_ERROR_V4, mtuOctets);
    MemorySegment segment = view.segment();
    int addressLength = view.addressLength();
    packet.set(view.start() - headers, Math.min(headers + view.length(), limit));
    long source = packet.offset() + (ipv6 ? Ipv6Layout.SOURCE : Ipv4Layout.SOURCE);
    MemorySegment.copy(segment, view.destination(), segment, source, addressLength);
    MemorySegment.copy(segment, view.source(), segment, source + addressLength, addressLength);
    long icmp = packet.offset() + InnerPacketWriter.ipHeaderLength(ipv6);
    PacketOctets.putU8(segment, icmp + IcmpLayout.TYPE, IcmpLayout.unreachable(ipv6));
    PacketOctets.putU8(segment, icmp + IcmpLayout.CODE, IcmpLayout.portUnreachableCode(ipv6));
    PacketOctets.putU16(segment, icmp + IcmpLayout.IDENTIFIER, 0);
    PacketOctets.putU16(segment, icmp + IcmpLayout.SEQUENCE, 0);
    InnerPacketWriter.writeIpHeader(packet, ipv6, IcmpLayout.protocol(ipv6));
    InnerPacketWriter.writeIcmpChecksum(packet, ipv6);
  }

  private static void swap(MemorySegment segment, long a, long b, int length) {
    for (int i = 0; i < length; i++) {
      int octet = PacketOctets.u8(segment, a + i);
      PacketOctets.putU8(segment, a + i, PacketOctets.u8(segment, b + i));
      PacketOctets.putU8(segment, b + i, octet);
    }
  }

  private boolean dropped(InnerDrop reason) {
    drops.count(reason);
    return false;
  }
}
