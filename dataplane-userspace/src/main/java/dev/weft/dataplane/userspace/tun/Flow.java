// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;

/**
 * A place for one super-packet that grows: the packet that opened it, and the payloads of those
 * that followed. Its memory has room for a vnet header before, and for 65,535 octets.
 */
final class Flow {

  /** Before the packet, so that it starts where cache lines do if the memory does. */
  static final int HEAD_ROOM = 64;

  /** What the length of an IPv4 packet can say; IPv6 could say 40 more. */
  static final int MAX_LENGTH = 0xffff;

  /** A multiple of a cache line, and not of a page, lest all flows share the same sets of it. */
  static final int ROOM = HEAD_ROOM + 0x10000;

  /** UDP_MAX_SEGMENTS of Linux before 6.9; later ones take 128. */
  static final int MAX_DATAGRAMS = 64;

  final long start;

  boolean isOpen;
  int length;
  int headerLength;
  int count;

  /** When it was continued last, by the count of all packets. */
  long usedAt;

  /** The place that had the next packet after one of this, the last time. */
  Flow successor = this;

  private boolean ipv6;
  private boolean tcp;
  private int ipHeaderLength;
  private int ports;
  private long addresses0;
  private long addresses1;
  private long addresses2;
  private long addresses3;
  private long network;
  private boolean identified;
  private int identification;
  private int acknowledgment;
  private int control;
  private int urgent;
  private int segmentOctets;
  private int nextSequence;
  private boolean isFinished;

  Flow(long start) {
    this.start = start;
  }

  /** Where the payload of the next packet belongs. */
  long end() {
    return start + length;
  }

  /** Whether the packet is of this flow, whether or not it continues it. */
  boolean hasPacket(CandidatePacket packet) {
    return packet.ports == ports && packet.tcp == tcp && packet.hasPorts && hasAddresses(packet);
  }

  boolean hasAddresses(CandidatePacket packet) {
    return packet.addresses0 == addresses0
        && packet.addresses1 == addresses1
        && packet.addresses2 == addresses2
        && packet.addresses3 == addresses3
        && packet.ipv6 == ipv6;
  }

  /** Begins with a packet that may be merged and is at the start of this place. */
  void open(CandidatePacket packet) {
    isOpen = true;
    isFinished = false;
    count = 1;
    length = packet.headerLength + packet.payloadLength;
    headerLength = packet.headerLength;
    ipv6 = packet.ipv6;
    tcp = packet.tcp;
    ipHeaderLength = packet.ipHeaderLength;
    ports = packet.ports;
    addresses0 = packet.addresses0;
    addresses1 = packet.addresses1;
    addresses2 = packet.addresses2;
    addresses3 = packet.addresses3;
    network = packet.network;
    identified = packet.identified;
    identification = packet.identification;
    acknowledgment = packet.acknowledgment;
    control = packet.control;
    urgent = packet.urgent;
    segmentOctets = packet.payloadLength;
    nextSequence = packet.sequence + packet.payloadLength;
  }

  /**
   * Whether a packet of this flow that may be merged is the next one, and the kernel, taking the
   * super-packet apart, would write the same header.
   *
   * @param offset where the packet is
   */
  boolean isContinuedBy(CandidatePacket packet, MemorySegment memory, long offset) {
    if (packet.headerLength != headerLength
        || packet.payloadLength > segmentOctets
        || length + packet.payloadLength > MAX_LENGTH
        || packet.network != network) {
      return false;
    }
    // Without the promise that it is not fragmented the identification must stay what it is.
    if (identified && packet.identification != (identification + count & 0xffff)) {
      return false;
    }
    if (!tcp) {
      return true;
    }
    int options = ipHeaderLength + Headers.TCP_LENGTH;
    return packet.sequence == nextSequence
        && packet.acknowledgment == acknowledgment
        && packet.control == control
        && packet.urgent == urgent
        && Headers.same(memory, offset + options, start + options, headerLength - options);
  }

  /** Takes in a packet that continues this and whose payload is at the end already. */
  void append(CandidatePacket packet, MemorySegment memory) {
    length += packet.payloadLength;
    nextSequence += packet.payloadLength;
    count++;
    isFinished =
        packet.pushes
            || packet.payloadLength < segmentOctets
            || length + segmentOctets > MAX_LENGTH
            || (!tcp && count == MAX_DATAGRAMS);
    if (packet.pushes) {
      long flags = start + ipHeaderLength + Headers.TCP_FLAGS;
      Headers.putU8(memory, flags, Headers.u8(memory, flags) | Headers.TCP_PUSH);
    }
  }

  /** Whether nothing can follow any more. */
  boolean isFinished() {
    return isFinished;
  }

  /**
   * Writes the vnet header, and what it needs into the packet. Where packets were merged, the
   * kernel is told to finish the checksum: its field gets the sum of the pseudo-header.
   */
  void writeHeaders(MemorySegment memory) {
    long vnet = start - VnetHeaderLayout.LENGTH;
    if (count == 1) {
      VnetHeaderLayout.writeNone(memory, vnet);
      return;
    }
    if (ipv6) {
      Headers.putU16(memory, start + Headers.IPV6_PAYLOAD_LENGTH, length - Headers.IPV6_LENGTH);
    } else {
      Headers.putU16(memory, start + Headers.IPV4_TOTAL_LENGTH, length);
      Headers.finishIpv4(memory, start);
    }
    int transportLength = length - ipHeaderLength;
    long transport = start + ipHeaderLength;
    int field = tcp ? Headers.TCP_CHECKSUM : Headers.UDP_CHECKSUM;
    if (!tcp) {
      Headers.putU16(memory, transport + Headers.UDP_TOTAL_LENGTH, transportLength);
    }
    InternetSum.put(
        memory,
        transport + field,
        Headers.pseudoHeader(memory, start, ipv6, tcp ? Headers.TCP : Headers.UDP)
            + InternetSum.ofNumber(transportLength));
    VnetHeaderLayout.write(
        memory, vnet, gsoType(), headerLength, segmentOctets, ipHeaderLength, field);
  }

  private int gsoType() {
    if (!tcp) {
      return VnetHeaderLayout.GSO_UDP;
    }
    return ipv6 ? VnetHeaderLayout.GSO_TCP_IPV6 : VnetHeaderLayout.GSO_TCP_IPV4;
  }
}
