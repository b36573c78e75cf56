// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Makes and reads IP packets with valid headers and checksums, without options or extension
 * headers. Sources: RFC 791, RFC 8200, RFC 768, RFC 792, RFC 4443, RFC 1071.
 */
public final class IpPackets {

  /** Protocol number of ICMP. */
  public static final int ICMP = 1;

  /** Protocol number of UDP. */
  public static final int UDP = 17;

  /** Protocol number of ICMPv6. */
  public static final int ICMPV6 = 58;

  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int UDP_HEADER = 8;
  private static final int ICMP_HEADER = 8;
  private static final int HOP_LIMIT = 64;

  private IpPackets() {}

  /**
   * A packet with any payload.
   *
   * @throws IllegalArgumentException if the addresses are of different families
   */
  public static byte[] packet(
      InetAddress source, InetAddress destination, int protocol, byte[] payload) {
    byte[] from = source.getAddress();
    byte[] to = destination.getAddress();
    if (from.length != to.length) {
      throw new IllegalArgumentException(source + " and " + destination + " differ in family");
    }
    ByteBuffer packet;
    if (source instanceof Inet6Address) {
      packet = ByteBuffer.allocate(IPV6_HEADER + payload.length);
      packet.putInt(6 << 28).putShort((short) payload.length);
      packet.put((byte) protocol).put((byte) HOP_LIMIT).put(from).put(to);
    } else {
      packet = ByteBuffer.allocate(IPV4_HEADER + payload.length);
      packet.put((byte) 0x45).put((byte) 0).putShort((short) packet.capacity());
      packet.putShort((short) 0).putShort((short) 0x4000);
      packet.put((byte) HOP_LIMIT).put((byte) protocol).putShort((short) 0).put(from).put(to);
      packet.putShort(10, (short) checksum(packet.array(), 0, IPV4_HEADER, 0));
    }
    return packet.put(payload).array();
  }

  /** A UDP datagram. */
  public static byte[] udp(
      InetAddress source, int sourcePort, InetAddress destination, int port, byte[] payload) {
    ByteBuffer datagram = ByteBuffer.allocate(UDP_HEADER + payload.length);
    datagram.putShort((short) sourcePort).putShort((short) port);
    datagram.putShort((short) datagram.capacity()).putShort((short) 0).put(payload);
    int sum =
        checksum(
            datagram.array(),
            0,
            datagram.capacity(),
            pseudoHeader(source, destination, UDP, datagram.capacity()));
    // Zero would mean that there is none, RFC 768.
    datagram.putShort(6, (short) (sum == 0 ? 0xffff : sum));
    return packet(source, destination, UDP, datagram.array());
  }

  /** An ICMP or ICMPv6 echo request. */
  public static byte[] echoRequest(
      InetAddress source, InetAddress destination, int identifier, int sequence, byte[] data) {
    return echo(
        source, destination, source instanceof Inet6Address ? 128 : 8, identifier, sequence, data);
  }

  /** An ICMP or ICMPv6 echo reply. */
  public static byte[] echoReply(
      InetAddress source, InetAddress destination, int identifier, int sequence, byte[] data) {
    return echo(
        source, destination, source instanceof Inet6Address ? 129 : 0, identifier, sequence, data);
  }

  private static byte[] echo(
      InetAddress source,
      InetAddress destination,
      int type,
      int identifier,
      int sequence,
      byte[] data) {
    boolean ipv6 = source instanceof Inet6Address;
    int protocol = ipv6 ? ICMPV6 : ICMP;
    ByteBuffer message = ByteBuffer.allocate(ICMP_HEADER + data.length);
    message.put((byte) type).put((byte) 0).putShort((short) 0);
    message.putShort((short) identifier).putShort((short) sequence).put(data);
    int start = ipv6 ? pseudoHeader(source, destination, protocol, message.capacity()) : 0;
    message.putShort(2, (short) checksum(message.array(), 0, message.capacity(), start));
    return packet(source, destination, protocol, message.array());
  }

  /** The source address. */
  public static InetAddress source(byte[] packet) {
    return isIpv6(packet) ? address(packet, 8, 16) : address(packet, 12, 4);
  }

  /** The destination address. */
  public static InetAddress destination(byte[] packet) {
    return isIpv6(packet) ? address(packet, 24, 16) : address(packet, 16, 4);
  }

  /** The protocol number. */
  public static int protocol(byte[] packet) {
    return Byte.toUnsignedInt(packet[isIpv6(packet) ? 6 : 9]);
  }

  /** What follows the IP header. */
  public static byte[] payload(byte[] packet) {
    return Arrays.copyOfRange(packet, isIpv6(packet) ? IPV6_HEADER : IPV4_HEADER, packet.length);
  }

  /**
   * Whether the lengths and all checksums of a packet that this class could have made are right.
   */
  public static boolean isValid(byte[] packet) {
    boolean ipv6 = packet.length > 0 && isIpv6(packet);
    if (packet.length < (ipv6 ? IPV6_HEADER : IPV4_HEADER)) {
      return false;
    }
    ByteBuffer header = ByteBuffer.wrap(packet);
    boolean headerValid =
        ipv6
            ? Short.toUnsignedInt(header.getShort(4)) == packet.length - IPV6_HEADER
            : packet[0] == 0x45
                && Short.toUnsignedInt(header.getShort(2)) == packet.length
                && checksum(packet, 0, IPV4_HEADER, 0) == 0;
    byte[] payload = payload(packet);
    int pseudoHeader =
        pseudoHeader(source(packet), destination(packet), protocol(packet), payload.length);
    return headerValid
        && switch (protocol(packet)) {
          case UDP ->
              payload.length >= UDP_HEADER
                  && Short.toUnsignedInt(ByteBuffer.wrap(payload).getShort(4)) == payload.length
                  && checksum(payload, 0, payload.length, pseudoHeader) == 0;
          case ICMP -> checksum(payload, 0, payload.length, 0) == 0;
          case ICMPV6 -> checksum(payload, 0, payload.length, pseudoHeader) == 0;
          default -> true;
        };
  }

  private static boolean isIpv6(byte[] packet) {
    return (packet[0] & 0xf0) == 0x60;
  }

  private static InetAddress address(byte[] packet, int offset, int length) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(packet, offset, offset + length));
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static int pseudoHeader(
      InetAddress source, InetAddress destination, int protocol, int length) {
    return sum(source.getAddress(), 0, source.getAddress().length)
        + sum(destination.getAddress(), 0, destination.getAddress().length)
        + protocol
        + length;
  }

  /** RFC 1071: the ones' complement of the ones' complement sum. */
  private static int checksum(byte[] octets, int offset, int length, int start) {
    int sum = start + sum(octets, offset, length);
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return ~sum & 0xffff;
  }

  private static int sum(byte[] octets, int offset, int length) {
    int sum = 0;
    for (int i = 0; i < length; i++) {
      int octet = Byte.toUnsignedInt(octets[offset + i]);
      sum += i % 2 == 0 ? octet << 8 : octet;
    }
    return sum;
  }
}
