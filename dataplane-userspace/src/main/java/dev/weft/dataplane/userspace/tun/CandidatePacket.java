// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;

/**
 * What merging looks at in a packet: which flow it belongs to, whether it may join others, and the
 * numbers that have to be equal or to follow each other. One object is filled again for each
 * packet.
 */
final class CandidatePacket {

  private static final int DONT_FRAGMENT_OR_NOTHING = Headers.IPV4_DONT_FRAGMENT;
  private static final int CONTROL_WITHOUT_PUSH = ~(Headers.TCP_PUSH << 16);

  /** Header words 5, no reserved bit, only the flag ACK; without the window. */
  private static final int RESERVED_AND_FLAGS = 0x0fff_0000;

  private static final int ONLY_ACK = Headers.TCP_ACK << 16;

  boolean ipv6;
  boolean tcp;
  int ipHeaderLength;

  // The flow, if it has ports.
  boolean hasPorts;
  int ports;
  long addresses0;
  long addresses1;
  long addresses2;
  long addresses3;

  // The rest only if it may be merged.
  boolean mayMerge;

  /** What closes a flow whatever follows: PSH. */
  boolean pushes;

  int headerLength;
  int payloadLength;

  /** What must be equal in IP headers: version, class and label, don't-fragment, lifetime. */
  long network;

  boolean identified;
  int identification;
  int sequence;
  int acknowledgment;

  /** Header length and window; the flag PSH is left out. */
  int control;

  int urgent;

  /**
   * Looks at a packet whose IP header is sound.
   *
   * @param length as the IP header says
   */
  void read(MemorySegment memory, long packet, int length, boolean mergeTcp, boolean mergeUdp) {
    hasPorts = false;
    mayMerge = false;
    int first = Headers.u8(memory, packet);
    ipv6 = first >> 4 == 6;
    int protocol = ipv6 ? readIpv6(memory, packet) : readIpv4(memory, packet, first);
    long transport = packet + ipHeaderLength;
    int left = length - ipHeaderLength;
    if (protocol == Headers.TCP && left >= Headers.TCP_LENGTH) {
      tcp = true;
      hasPorts = true;
      ports = Headers.u32(memory, transport);
      if (mergeTcp) {
        readTcp(memory, transport, left);
      }
    } else if (protocol == Headers.UDP && left >= Headers.UDP_LENGTH) {
      tcp = false;
      hasPorts = true;
      ports = Headers.u32(memory, transport);
      if (mergeUdp) {
        readUdp(memory, transport, left);
      }
    }
  }

  /** The protocol, or -1 of what has no ports at the usual place: a fragment, options. */
  private int readIpv4(MemorySegment memory, long packet, int first) {
    ipHeaderLength = Headers.IPV4_LENGTH;
    addresses0 = Headers.u64(memory, packet + Headers.IPV4_SOURCE);
    addresses1 = 0;
    addresses2 = 0;
    addresses3 = 0;
    int fragment = Headers.u16(memory, packet + Headers.IPV4_FRAGMENT);
    if (first != 0x45 || (fragment & ~DONT_FRAGMENT_OR_NOTHING) != 0) {
      return -1;
    }
    identified = fragment == 0;
    identification = Headers.u16(memory, packet + Headers.IPV4_IDENTIFICATION);
    network =
        (long) Headers.u8(memory, packet + Headers.IPV4_TYPE_OF_SERVICE) << 32
            | (long) fragment << 8
            | Headers.u8(memory, packet + Headers.IPV4_TIME_TO_LIVE);
    return Headers.u8(memory, packet + Headers.IPV4_PROTOCOL);
  }

  private int readIpv6(MemorySegment memory, long packet) {
    ipHeaderLength = Headers.IPV6_LENGTH;
    addresses0 = Headers.u64(memory, packet + Headers.IPV6_SOURCE);
    addresses1 = Headers.u64(memory, packet + Headers.IPV6_SOURCE + 8);
    addresses2 = Headers.u64(memory, packet + Headers.IPV6_DESTINATION);
    addresses3 = Headers.u64(memory, packet + Headers.IPV6_DESTINATION + 8);
    identified = false;
    int nextHeaderAndHopLimit = Headers.u16(memory, packet + Headers.IPV6_NEXT_HEADER);
    network = (long) Headers.u32(memory, packet) << 32 | nextHeaderAndHopLimit;
    return nextHeaderAndHopLimit >> 8;
  }

  private void readTcp(MemorySegment memory, long transport, int left) {
    int word = Headers.u32(memory, transport + Headers.TCP_CONTROL);
    int tcpHeader = word >>> 28 << 2;
    headerLength = ipHeaderLength + tcpHeader;
    payloadLength = left - tcpHeader;
    control = word & CONTROL_WITHOUT_PUSH;
    pushes = word != control;
    sequence = Headers.u32(memory, transport + Headers.TCP_SEQUENCE);
    acknowledgment = Headers.u32(memory, transport + Headers.TCP_ACKNOWLEDGMENT);
    urgent = Headers.u16(memory, transport + Headers.TCP_URGENT);
    mayMerge =
        tcpHeader >= Headers.TCP_LENGTH
            && payloadLength > 0
            && (control & RESERVED_AND_FLAGS) == ONLY_ACK;
  }

  private void readUdp(MemorySegment memory, long transport, int left) {
    headerLength = ipHeaderLength + Headers.UDP_LENGTH;
    payloadLength = left - Headers.UDP_LENGTH;
    pushes = false;
    mayMerge =
        payloadLength > 0
            && Headers.u16(memory, transport + Headers.UDP_TOTAL_LENGTH) == left
            && Headers.u16(memory, transport + Headers.UDP_CHECKSUM) != 0;
  }

  /** Whether the checksums of a packet that may be merged are right. */
  boolean isIntact(MemorySegment memory, long packet) {
    if (!ipv6 && InternetSum.fold(InternetSum.ofIpv4Header(memory, packet)) != 0xffff) {
      return false;
    }
    int transportLength = headerLength + payloadLength - ipHeaderLength;
    long sum =
        Headers.pseudoHeader(memory, packet, ipv6, tcp ? Headers.TCP : Headers.UDP)
            + InternetSum.ofNumber(transportLength);
    sum = InternetSum.add(sum, memory, packet + ipHeaderLength, transportLength);
    return InternetSum.fold(sum) == 0xffff;
  }
}
