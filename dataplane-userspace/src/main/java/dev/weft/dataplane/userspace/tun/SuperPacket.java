// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import java.lang.foreign.MemorySegment;

/**
 * Takes apart what a TUN device with a vnet header gives: one packet whose checksum may be
 * unfinished, or a TCP (TSO) or UDP (USO) super-packet.
 *
 * <pre>{@code
 * if (packets.begin(memory, offset, length)) {
 *   while (packets.next()) { … packets.packetOffset(), packets.packetLength() … }
 * }
 * }</pre>
 *
 * <p>Nothing is copied but headers: that of each packet is written just before its payload inside
 * the given memory, over the tail of the packet before, which the caller has encrypted by then.
 * Right behind a packet the payload of the next begins: who pads a packet in place has to put back
 * what was there. For one thread; the memory stays the caller's.
 */
public final class SuperPacket {

  /** More than IP and TCP have, options included; IPv6 extension headers are copied too. */
  private static final int MAX_HEADER_LENGTH = 256;

  private static final MemorySegment NOTHING = MemorySegment.NULL;

  private final long[] header = new long[MAX_HEADER_LENGTH / Long.BYTES];

  private MemorySegment memory = NOTHING;
  private long start;
  private int length;
  private boolean ipv6;
  private long destinationHigh;
  private long destinationLow;
  private int count;

  // Of a super-packet only.
  private boolean tcp;
  private int ipHeader;
  private int transport; // where the TCP or UDP header starts, from the start of the packet
  private int headerLength;
  private int segmentOctets;
  private int identification;
  private int sequence;
  private int flags;
  private boolean hasChecksum;
  private long networkSum; // of the IPv4 header, without what differs between packets
  private long transportSum; // of pseudo-header and header, likewise

  private int index;
  private long packetOffset;
  private int packetLength;

  /** With nothing to take apart. */
  public SuperPacket() {}

  /**
   * Begins with what was read; {@link #next} moves to its first packet, whose header is complete
   * only then.
   *
   * @param offset of the vnet header
   * @param length of the vnet header and the packet
   * @return false if the vnet header or the packet is not sound; then there are no packets. Nothing
   *     is read or written outside of the given range
   */
  public boolean begin(MemorySegment memory, long offset, int length) {
    this.memory = memory;
    start = offset + VnetHeaderLayout.LENGTH;
    this.length = length - VnetHeaderLayout.LENGTH;
    count = 0;
    index = 0;
    if (length < VnetHeaderLayout.LENGTH + Headers.IPV4_LENGTH || !readAddresses()) {
      return false;
    }
    int vnetFlags = VnetHeaderLayout.u8(memory, offset, VnetHeaderLayout.FLAGS);
    boolean needsChecksum = (vnetFlags & VnetHeaderLayout.NEEDS_CHECKSUM) != 0;
    int checksumStart = VnetHeaderLayout.u16(memory, offset, VnetHeaderLayout.CHECKSUM_START);
    int gsoType =
        VnetHeaderLayout.u8(memory, offset, VnetHeaderLayout.GSO_TYPE) & ~VnetHeaderLayout.GSO_ECN;
    if (gsoType == VnetHeaderLayout.GSO_NONE) {
      return beginOne(
          needsChecksum,
          checksumStart,
          VnetHeaderLayout.u16(memory, offset, VnetHeaderLayout.CHECKSUM_OFFSET));
    }
    segmentOctets = VnetHeaderLayout.u16(memory, offset, VnetHeaderLayout.GSO_SIZE);
    return beginMany(gsoType, needsChecksum, checksumStart);
  }

  private boolean readAddresses() {
    int version = Headers.u8(memory, start) >> 4;
    ipv6 = version == 6;
    if (ipv6) {
      if (length < Headers.IPV6_LENGTH) {
        return false;
      }
      destinationHigh = Headers.u64(memory, start + Headers.IPV6_DESTINATION);
      destinationLow = Headers.u64(memory, start + Headers.IPV6_DESTINATION + Long.BYTES);
      return true;
    }
    destinationHigh = (long) Headers.u32(memory, start + Headers.IPV4_DESTINATION) << 32;
    destinationLow = 0;
    return version == 4;
  }

  private boolean beginOne(boolean needsChecksum, int checksumStart, int checksumOffset) {
    int ipHeader = ipHeaderLength();
    int total =
        ipv6
            ? Headers.IPV6_LENGTH + Headers.u16(memory, start + Headers.IPV6_PAYLOAD_LENGTH)
            : Headers.u16(memory, start + Headers.IPV4_TOTAL_LENGTH);
    if (ipHeader < Headers.IPV4_LENGTH || total < ipHeader || total > length) {
      return false;
    }
    if (needsChecksum) {
      if (checksumStart < ipHeader || checksumStart + checksumOffset + 2 > total) {
        return false;
      }
      // The field holds the sum of the pseudo-header and is summed with the rest.
      long sum = InternetSum.add(0, memory, start + checksumStart, total - checksumStart);
      putTransportChecksum(start + checksumStart + checksumOffset, sum);
    }
    count = 1;
    headerLength = 0;
    packetOffset = start;
    packetLength = total;
    return true;
  }

  /**
   * The kernel's length of a super-packet counts, not that of its IP header, which cannot tell more
   * than 65,535; nor does {@code hdr_len}, which is only a hint.
   */
  private boolean beginMany(int gsoType, boolean needsChecksum, int checksumStart) {
    tcp = gsoType != VnetHeaderLayout.GSO_UDP;
    boolean fits =
        switch (gsoType) {
          case VnetHeaderLayout.GSO_TCP_IPV4 -> !ipv6;
          case VnetHeaderLayout.GSO_TCP_IPV6 -> ipv6;
          case VnetHeaderLayout.GSO_UDP -> true;
          default -> false;
        };
    if (!fits || segmentOctets == 0) {
      return false;
    }
    ipHeader = ipHeaderLength();
    // With IPv6 extension headers only the kernel's word tells where TCP starts.
    transport = ipv6 && needsChecksum ? checksumStart : ipHeader;
    int shortest = tcp ? Headers.TCP_LENGTH : Headers.UDP_LENGTH;
    if (ipHeader < Headers.IPV4_LENGTH
        || transport < ipHeader
        || (transport & 3) != 0
        || transport + shortest > length
        || (needsChecksum && checksumStart != transport)
        || !isProtocol(tcp ? Headers.TCP : Headers.UDP)) {
      return false;
    }
    long transportHeader = start + transport;
    if (tcp) {
      int words = Headers.u8(memory, transportHeader + Headers.TCP_CONTROL) >> 4;
      headerLength = transport + words * 4;
      if (words * 4 < Headers.TCP_LENGTH) {
        return false;
      }
      sequence = Headers.u32(memory, transportHeader + Headers.TCP_SEQUENCE);
      flags = Headers.u8(memory, transportHeader + Headers.TCP_FLAGS);
      hasChecksum = true;
    } else {
      headerLength = transport + Headers.UDP_LENGTH;
      hasChecksum =
          needsChecksum || Headers.u16(memory, transportHeader + Headers.UDP_CHECKSUM) != 0;
    }
    int payload = length - headerLength;
    if (headerLength > MAX_HEADER_LENGTH
        || payload < 0
        || headerLength - (ipv6 ? Headers.IPV6_LENGTH : 0) + Math.min(segmentOctets, payload)
            > 0xffff) {
      return false;
    }
    identification = ipv6 ? 0 : Headers.u16(memory, start + Headers.IPV4_IDENTIFICATION);
    clearWhatDiffers();
    Headers.save(memory, start, headerLength, header);
    count = Math.max(1, (payload + segmentOctets - 1) / segmentOctets);
    return true;
  }

  /**
   * Leaves zeros where packets will differ, and sums the rest once: to sum each header after
   * writing it would wait for the writes, since wide reads of narrow writes come from the cache.
   */
  private void clearWhatDiffers() {
    if (ipv6) {
      Headers.putU16(memory, start + Headers.IPV6_PAYLOAD_LENGTH, 0);
    } else {
      Headers.putU32(memory, start + Headers.IPV4_TOTAL_LENGTH, 0); // the identification too
      Headers.putU16(memory, start + Headers.IPV4_CHECKSUM, 0);
      networkSum = InternetSum.add(0, memory, start, ipHeader);
    }
    long transportHeader = start + transport;
    if (tcp) {
      Headers.putU32(memory, transportHeader + Headers.TCP_SEQUENCE, 0);
      Headers.putU8(memory, transportHeader + Headers.TCP_FLAGS, 0);
      Headers.putU16(memory, transportHeader + Headers.TCP_CHECKSUM, 0);
    } else {
      Headers.putU32(memory, transportHeader + Headers.UDP_TOTAL_LENGTH, 0); // the checksum too
    }
    transportSum =
        InternetSum.add(
            Headers.pseudoHeader(memory, start, ipv6, tcp ? Headers.TCP : Headers.UDP),
            memory,
            transportHeader,
            headerLength - transport);
  }

  private int ipHeaderLength() {
    return ipv6 ? Headers.IPV6_LENGTH : (Headers.u8(memory, start) & 0xf) * 4;
  }

  private boolean isProtocol(int protocol) {
    return ipv6
        ? transport > Headers.IPV6_LENGTH
            || Headers.u8(memory, start + Headers.IPV6_NEXT_HEADER) == protocol
        : Headers.u8(memory, start + Headers.IPV4_PROTOCOL) == protocol;
  }

  /** How many packets there are in all: 1 or more after a {@link #begin} that was true. */
  public int count() {
    return count;
  }

  /** Moves to the first or the next packet; false after the last. */
  public boolean next() {
    if (index >= count) {
      return false;
    }
    if (headerLength > 0) {
      writePacket(index);
    }
    index++;
    return true;
  }

  private void writePacket(int number) {
    int payloadAt = number * segmentOctets;
    int payload = Math.min(segmentOctets, length - headerLength - payloadAt);
    long packet = start + payloadAt;
    packetOffset = packet;
    packetLength = headerLength + payload;
    if (number > 0) {
      Headers.restore(memory, packet, headerLength, header);
    }
    if (ipv6) {
      Headers.putU16(
          memory, packet + Headers.IPV6_PAYLOAD_LENGTH, packetLength - Headers.IPV6_LENGTH);
    } else {
      int id = identification + number;
      Headers.putU16(memory, packet + Headers.IPV4_TOTAL_LENGTH, packetLength);
      Headers.putU16(memory, packet + Headers.IPV4_IDENTIFICATION, id);
      long sum = networkSum + InternetSum.ofNumber(packetLength) + InternetSum.ofNumber(id);
      InternetSum.putChecksum(memory, packet + Headers.IPV4_CHECKSUM, sum);
    }
    long transportHeader = packet + transport;
    int transportLength = packetLength - transport;
    long sum = transportSum + InternetSum.ofNumber(transportLength);
    if (tcp) {
      int position = sequence + payloadAt;
      int bits = flagsOf(number);
      Headers.putU32(memory, transportHeader + Headers.TCP_SEQUENCE, position);
      Headers.putU8(memory, transportHeader + Headers.TCP_FLAGS, bits);
      sum +=
          InternetSum.ofNumber(position >>> 16)
              + InternetSum.ofNumber(position)
              + InternetSum.ofNumber(bits);
    } else {
      Headers.putU16(memory, transportHeader + Headers.UDP_TOTAL_LENGTH, transportLength);
      sum += InternetSum.ofNumber(transportLength);
    }
    if (hasChecksum) {
      putTransportChecksum(
          transportHeader + (tcp ? Headers.TCP_CHECKSUM : Headers.UDP_CHECKSUM),
          InternetSum.add(sum, memory, packet + headerLength, payload));
    }
  }

  /**
   * Only the last packet pushes or finishes, only the first tells of a window reduced: RFC 3168.
   */
  private int flagsOf(int number) {
    int result = flags;
    if (number < count - 1) {
      result &= ~(Headers.TCP_FIN | Headers.TCP_PUSH);
    }
    if (number > 0) {
      result &= ~Headers.TCP_WINDOW_REDUCED;
    }
    return result;
  }

  /** A UDP checksum of zero would say that there is none: RFC 768. For TCP both zeros are one. */
  private void putTransportChecksum(long field, long sum) {
    int folded = InternetSum.fold(sum);
    InternetSum.put(memory, field, folded == 0xffff ? folded : ~folded & 0xffff);
  }

  /** Where the packet starts, in the memory that was given. */
  public long packetOffset() {
    return packetOffset;
  }

  /** Octets of the packet. */
  public int packetLength() {
    return packetLength;
  }

  /** Whether the packets are IPv6, not IPv4. */
  public boolean isIpv6() {
    return ipv6;
  }

  /** The first half of the packets' destination; an IPv4 address is in its top 32 bits. */
  public long destinationHigh() {
    return destinationHigh;
  }

  /** The second half of the packets' destination; 0 for IPv4. */
  public long destinationLow() {
    return destinationLow;
  }
}
