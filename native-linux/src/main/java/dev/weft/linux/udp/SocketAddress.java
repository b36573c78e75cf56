// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Where a datagram goes, and the own address that it is sent from if that is not left to the
 * kernel. Addresses are two {@code long}s in network order; an IPv4 address is the upper half of
 * the first. Immutable, thread-safe.
 */
public final class SocketAddress {

  private static final long IPV4_BITS = 0xffff_ffff_0000_0000L;

  private final boolean ipv6;
  private final long high;
  private final long low;
  private final int port;
  private final int scope;
  private final boolean source;
  private final long sourceHigh;
  private final long sourceLow;
  private final int sourceInterface;

  private SocketAddress(
      boolean ipv6,
      long high,
      long low,
      int port,
      int scope,
      boolean source,
      long sourceHigh,
      long sourceLow,
      int sourceInterface) {
    this.ipv6 = ipv6;
    this.high = ipv6 ? high : high & IPV4_BITS;
    this.low = ipv6 ? low : 0;
    this.port = port;
    this.scope = ipv6 ? scope : 0;
    this.source = source;
    this.sourceHigh = ipv6 ? sourceHigh : sourceHigh & IPV4_BITS;
    this.sourceLow = ipv6 ? sourceLow : 0;
    this.sourceInterface = sourceInterface;
  }

  /** A destination without a source; it must be resolved. */
  public static SocketAddress of(InetSocketAddress destination) {
    InetAddress address = destination.getAddress();
    if (address == null) {
      throw new IllegalArgumentException("destination: " + destination + " is not resolved");
    }
    return of(address, destination.getPort());
  }

  static SocketAddress of(InetAddress address, int port) {
    ByteBuffer octets = ByteBuffer.wrap(address.getAddress());
    if (address instanceof Inet6Address ipv6) {
      return of(true, octets.getLong(), octets.getLong(), port, ipv6.getScopeId());
    }
    return of(false, (long) octets.getInt() << 32, 0, port, 0);
  }

  /**
   * A destination without a source.
   *
   * @param high the first 8 octets of the address; of an IPv4 address the lower half is ignored
   * @param low the last 8 octets; ignored for IPv4
   * @param port 0 to 65535
   * @param scope the index of the interface of a link-local IPv6 address, otherwise 0
   */
  public static SocketAddress of(boolean ipv6, long high, long low, int port, int scope) {
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("port: " + port + " is not within 0 to 65535");
    }
    return new SocketAddress(ipv6, high, low, port, scope, false, 0, 0, 0);
  }

  /**
   * The same destination, sent to from an own address. The kernel refuses an address that is not
   * its own (EINVAL, ENETUNREACH).
   *
   * @param high the first 8 octets of an address of the same family
   * @param interfaceIndex the interface to leave by; 0: the routes decide
   */
  public SocketAddress withSource(long high, long low, int interfaceIndex) {
    return new SocketAddress(
        ipv6, this.high, this.low, port, scope, true, high, low, interfaceIndex);
  }

  /** The same destination, the source left to the kernel. */
  public SocketAddress withoutSource() {
    return source ? of(ipv6, high, low, port, scope) : this;
  }

  /** The family. */
  public boolean isIpv6() {
    return ipv6;
  }

  /** The first 8 octets of the destination. */
  public long high() {
    return high;
  }

  /** The last 8 octets of the destination; 0 for IPv4. */
  public long low() {
    return low;
  }

  /** The port of the destination. */
  public int port() {
    return port;
  }

  /** The interface of a link-local destination; otherwise 0. */
  public int scope() {
    return scope;
  }

  /** Whether it says where to send from. */
  public boolean hasSource() {
    return source;
  }

  /** The first 8 octets of the own address; 0 without. */
  public long sourceHigh() {
    return sourceHigh;
  }

  /** The last 8 octets of the own address; 0 without, or for IPv4. */
  public long sourceLow() {
    return sourceLow;
  }

  /** The interface to leave by; 0: the routes decide. */
  public int sourceInterface() {
    return sourceInterface;
  }

  /** The destination. */
  public InetSocketAddress toInetSocketAddress() {
    return new InetSocketAddress(address(ipv6, high, low, scope), port);
  }

  static InetAddress address(boolean ipv6, long high, long low, int scope) {
    try {
      if (ipv6) {
        byte[] octets = new byte[16];
        ByteBuffer.wrap(octets).putLong(high).putLong(low);
        // A scope of 0 would be printed.
        return scope == 0
            ? Inet6Address.getByAddress(null, octets, -1)
            : Inet6Address.getByAddress(null, octets, scope);
      }
      byte[] octets = new byte[4];
      ByteBuffer.wrap(octets).putInt((int) (high >>> 32));
      return InetAddress.getByAddress(octets);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes a {@code sockaddr_in} or {@code sockaddr_in6} and returns its length. */
  int write(MemorySegment target, long offset) {
    target.set(SocketLayouts.NET_SHORT, offset + SocketLayouts.PORT, (short) port);
    if (ipv6) {
      target.set(JAVA_SHORT, offset + SocketLayouts.FAMILY, (short) SocketLayouts.AF_INET6);
      target.set(JAVA_INT, offset + SocketLayouts.FLOW_INFO, 0);
      target.set(SocketLayouts.NET_LONG, offset + SocketLayouts.ADDRESS6, high);
      target.set(SocketLayouts.NET_LONG, offset + SocketLayouts.ADDRESS6 + Long.BYTES, low);
      target.set(JAVA_INT, offset + SocketLayouts.SCOPE, scope);
      return (int) SocketLayouts.SOCKADDR_IN6.byteSize();
    }
    target.set(JAVA_SHORT, offset + SocketLayouts.FAMILY, (short) SocketLayouts.AF_INET);
    target.set(SocketLayouts.NET_INT, offset + SocketLayouts.ADDRESS4, (int) (high >>> 32));
    target.set(SocketLayouts.NET_LONG, offset + SocketLayouts.ADDRESS4 + Integer.BYTES, 0);
    return (int) SocketLayouts.SOCKADDR_IN.byteSize();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SocketAddress that
        && ipv6 == that.ipv6
        && high == that.high
        && low == that.low
        && port == that.port
        && scope == that.scope
        && source == that.source
        && sourceHigh == that.sourceHigh
        && sourceLow == that.sourceLow
        && sourceInterface == that.sourceInterface;
  }

  @Override
  public int hashCode() {
    return Objects.hash(ipv6, high, low, port, scope, source, sourceHigh, sourceLow);
  }

  @Override
  public String toString() {
    String destination = toInetSocketAddress().toString();
    if (!source) {
      return destination;
    }
    String own = address(ipv6, sourceHigh, sourceLow, 0).getHostAddress();
    return destination + " from " + own + (sourceInterface == 0 ? "" : "%" + sourceInterface);
  }
}
