// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** UDP datagrams of a pcap file (little-endian, microseconds; Ethernet or raw IP). */
final class Capture {

  private static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
  private static final int LINK_ETHERNET = 1;
  private static final int LINK_RAW_IP = 101;
  private static final int FILE_HEADER = 24;
  private static final int ETHERNET_HEADER = 14;
  private static final int PROTOCOL_UDP = 17;
  private static final int UDP_HEADER = 8;

  /** A datagram; the time is in nanoseconds since 1970. */
  record Datagram(long atNanos, Endpoint source, Endpoint destination, ByteBuffer payload) {

    /** The payload as WireGuard reads it. */
    ByteBuffer littleEndian() {
      return payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private Capture() {}

  /** All UDP datagrams of a resource, in order. */
  static List<Datagram> read(String resource) {
    ByteBuffer file = ByteBuffer.wrap(octets(resource)).order(ByteOrder.LITTLE_ENDIAN);
    if (file.getInt(0) != MAGIC_MICROSECONDS) {
      throw new IllegalArgumentException(resource + " is no pcap file of the known kind");
    }
    int linkHeader =
        switch (file.getInt(20)) {
          case LINK_ETHERNET -> ETHERNET_HEADER;
          case LINK_RAW_IP -> 0;
          default -> throw new IllegalArgumentException(resource + ": link type");
        };
    file.position(FILE_HEADER);
    List<Datagram> datagrams = new ArrayList<>();
    while (file.hasRemaining()) {
      long atNanos = TimeUnit.SECONDS.toNanos(Integer.toUnsignedLong(file.getInt()));
      atNanos += TimeUnit.MICROSECONDS.toNanos(file.getInt());
      int captured = file.getInt();
      file.getInt();
      ByteBuffer ip = file.slice(file.position(), captured).order(ByteOrder.BIG_ENDIAN);
      file.position(file.position() + captured);
      ip.position(linkHeader);
      addUdp(atNanos, ip.slice(), datagrams);
    }
    return datagrams;
  }

  private static void addUdp(long atNanos, ByteBuffer ip, List<Datagram> datagrams) {
    int version = ip.get(0) >> 4;
    int headerLength = version == 4 ? (ip.get(0) & 0xf) * 4 : 40;
    int protocol = ip.get(version == 4 ? 9 : 6);
    if ((version != 4 && version != 6) || protocol != PROTOCOL_UDP) {
      return;
    }
    InetAddress source = version == 4 ? address(ip, 12, 4) : address(ip, 8, 16);
    InetAddress destination = version == 4 ? address(ip, 16, 4) : address(ip, 24, 16);
    int sourcePort = Short.toUnsignedInt(ip.getShort(headerLength));
    int destinationPort = Short.toUnsignedInt(ip.getShort(headerLength + 2));
    byte[] payload = new byte[Short.toUnsignedInt(ip.getShort(headerLength + 4)) - UDP_HEADER];
    ip.get(headerLength + UDP_HEADER, payload);
    datagrams.add(
        new Datagram(
            atNanos,
            new Endpoint(source, sourcePort),
            new Endpoint(destination, destinationPort),
            ByteBuffer.wrap(payload).asReadOnlyBuffer()));
  }

  private static InetAddress address(ByteBuffer ip, int offset, int length) {
    byte[] octets = new byte[length];
    ip.get(offset, octets);
    try {
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] octets(String resource) {
    try (InputStream in =
        Objects.requireNonNull(Capture.class.getResourceAsStream(resource), resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
