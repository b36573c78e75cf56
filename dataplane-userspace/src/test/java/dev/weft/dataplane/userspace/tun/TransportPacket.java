// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import dev.weft.dataplane.userspace.message.Octets;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * A TCP or UDP packet in the making, with all that can differ between two of a flow. Checksums are
 * right, computed here octet for octet, unless they are spoilt.
 */
record TransportPacket(
    boolean tcp,
    InetAddress source,
    InetAddress destination,
    int sourcePort,
    int destinationPort,
    int trafficClass,
    int timeToLive,
    boolean dontFragment,
    int identification,
    long sequence,
    long acknowledgment,
    int flags,
    int window,
    Octets options,
    Octets payload) {

  static final int ACK = 0x10;
  static final int PUSH = 0x08;

  static TransportPacket of(boolean ipv6, boolean tcp) {
    return new TransportPacket(
        tcp,
        InetAddress.ofLiteral(ipv6 ? "fd07::1" : "10.7.0.1"),
        InetAddress.ofLiteral(ipv6 ? "fd07::2" : "10.7.0.2"),
        4000,
        5000,
        0,
        64,
        true,
        7,
        0xffff_fff0L, // soon past the end of the numbers
        77,
        ACK,
        512,
        Octets.zeros(0),
        Octets.zeros(0));
  }

  boolean ipv6() {
    return source instanceof Inet6Address;
  }

  TransportPacket withAddresses(InetAddress from, InetAddress to) {
    return new TransportPacket(
        tcp,
        from,
        to,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withPorts(int from, int to) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        from,
        to,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withTrafficClass(int value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        value,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withTimeToLive(int value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        value,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withIdentification(boolean mayFragment, int value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        !mayFragment,
        value & 0xffff,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withSequence(long value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        value & 0xffff_ffffL,
        acknowledgment,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withAcknowledgment(long value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        value,
        flags,
        window,
        options,
        payload);
  }

  TransportPacket withFlags(int value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        value,
        window,
        options,
        payload);
  }

  TransportPacket withWindow(int value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        value,
        options,
        payload);
  }

  TransportPacket withOptions(byte... value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        Octets.of(value),
        payload);
  }

  TransportPacket withPayload(byte... value) {
    return new TransportPacket(
        tcp,
        source,
        destination,
        sourcePort,
        destinationPort,
        trafficClass,
        timeToLive,
        dontFragment,
        identification,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        Octets.of(value));
  }

  /** Octets that tell where in a stream they are. */
  TransportPacket withPayload(int length) {
    byte[] octets = new byte[length];
    for (int i = 0; i < length; i++) {
      octets[i] = (byte) ((sequence + i) * 31 + identification);
    }
    return withPayload(octets);
  }

  /** What follows this one, with as much payload. */
  TransportPacket next() {
    return next(payload.length());
  }

  TransportPacket next(int length) {
    return withSequence(sequence + payload.length())
        .withIdentification(!dontFragment, identification + 1)
        .withPayload(length);
  }

  int ipHeaderLength() {
    return ipv6() ? 40 : 20;
  }

  int headerLength() {
    return ipHeaderLength() + (tcp ? 20 + options.length() : 8);
  }

  byte[] octets() {
    int transportLength = headerLength() - ipHeaderLength() + payload.length();
    ByteBuffer buffer = ByteBuffer.allocate(ipHeaderLength() + transportLength);
    int protocol = tcp ? 6 : 17;
    if (ipv6()) {
      buffer.putInt((6 << 28) | (trafficClass << 20)).putShort((short) transportLength);
      buffer.put((byte) protocol).put((byte) timeToLive);
    } else {
      buffer.put((byte) 0x45).put((byte) trafficClass).putShort((short) buffer.capacity());
      buffer.putShort((short) identification).putShort((short) (dontFragment ? 0x4000 : 0));
      buffer.put((byte) timeToLive).put((byte) protocol).putShort((short) 0);
    }
    buffer.put(source.getAddress()).put(destination.getAddress());
    buffer.putShort((short) sourcePort).putShort((short) destinationPort);
    if (tcp) {
      buffer.putInt((int) sequence).putInt((int) acknowledgment);
      buffer.put((byte) (((20 + options.length()) / 4) << 4)).put((byte) flags);
      buffer.putShort((short) window).putInt(0).put(options.toByteArray());
    } else {
      buffer.putShort((short) transportLength).putShort((short) 0);
    }
    byte[] octets = buffer.put(payload.toByteArray()).array();
    rightChecksums(octets);
    return octets;
  }

  /** Writes the checksums of a TCP or UDP packet without IP options. */
  static void rightChecksums(byte[] octets) {
    boolean ipv6 = octets[0] >>> 4 == 6;
    int ipHeader = ipv6 ? 40 : 20;
    if (!ipv6) {
      put(octets, 10, 0);
      put(octets, 10, ~sum(0, octets, 0, 20));
    }
    boolean isTcp = octets[ipv6 ? 6 : 9] == 6;
    int field = ipHeader + (isTcp ? 16 : 6);
    put(octets, field, 0);
    int checksum = ~transportSum(octets) & 0xffff;
    put(octets, field, checksum == 0 ? 0xffff : checksum);
  }

  /** The ones' complement sum of pseudo-header, header and payload, without IP options. */
  static int transportSum(byte[] octets) {
    boolean ipv6 = octets[0] >>> 4 == 6;
    int ipHeader = ipv6 ? 40 : 20;
    int length = octets.length - ipHeader;
    int begun = (octets[ipv6 ? 6 : 9] & 0xff) + length;
    int addresses = ipv6 ? 8 : 12;
    return sum(sum(begun, octets, addresses, ipHeader), octets, ipHeader, octets.length);
  }

  /** The plainest way to sum. */
  static int sum(int begun, byte[] octets, int from, int to) {
    int sum = begun;
    for (int i = from; i < to; i++) {
      sum += (octets[i] & 0xff) << ((i - from) % 2 == 0 ? 8 : 0);
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return sum;
  }

  static void put(byte[] octets, int offset, int value) {
    octets[offset] = (byte) (value >>> 8);
    octets[offset + 1] = (byte) value;
  }
}
