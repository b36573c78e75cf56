// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A UDP socket of one address family, not blocking, not inherited. Any thread may call it, with a
 * batch that is its own; none may do so while or after another closes it. Failures of options and
 * of {@link #bind} are {@link LinuxException}s, those of datagrams numbers.
 */
public final class UdpSocket implements AutoCloseable {

  private static final int SO_SNDBUF = 7;
  private static final int SO_RCVBUF = 8;
  private static final int SO_REUSEPORT = 15;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SO_MARK = 36;
  private static final int IPV6_V6ONLY = 26;
  private static final int IPV6_RECVPKTINFO = 49;

  private final FileDescriptor descriptor;
  private final boolean ipv6;

  private UdpSocket(FileDescriptor descriptor, boolean ipv6) {
    this.descriptor = descriptor;
    this.ipv6 = ipv6;
  }

  /** Why no such socket can be had here: native calls are not possible. Never throws. */
  public static Optional<String> unavailableReason() {
    try {
      int number = SocketCalls.socket(SocketLayouts.AF_INET);
      if (number < 0) {
        return Optional.of("opening a UDP socket failed: " + Errno.describe(-number));
      }
      new FileDescriptor(number).close();
      return Optional.empty();
    } catch (LinkageError | RuntimeException e) {
      // Native access that is denied, or another C library: initialising the bindings failed.
      return Optional.of(NativeAccess.reason(e));
    }
  }

  /** Whether the kernel has IPv6; it may be without addresses. */
  public static boolean isIpv6Supported() {
    int number = SocketCalls.socket(SocketLayouts.AF_INET6);
    if (number < 0) {
      return false;
    }
    new FileDescriptor(number).close();
    return true;
  }

  /**
   * Opens a socket that is bound to nothing.
   *
   * @param ipv6 IPv6 alone, otherwise IPv4
   */
  public static UdpSocket open(boolean ipv6) {
    int family = ipv6 ? SocketLayouts.AF_INET6 : SocketLayouts.AF_INET;
    int number =
        LinuxException.check(
            "opening a UDP socket for " + (ipv6 ? "IPv6" : "IPv4"), SocketCalls.socket(family));
    UdpSocket socket = new UdpSocket(new FileDescriptor(number), ipv6);
    try {
      if (ipv6) {
        socket.set("IPV6_V6ONLY", SocketLayouts.SOL_IPV6, IPV6_V6ONLY, 1);
      }
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Lets further sockets of this user bind to the same address and port: SO_REUSEPORT. */
  public void setReusePort() {
    set("SO_REUSEPORT", SocketLayouts.SOL_SOCKET, SO_REUSEPORT, 1);
  }

  /**
   * Gives what is sent that mark, for rules of routing: SO_MARK.
   *
   * @throws LinuxException without CAP_NET_ADMIN or CAP_NET_RAW
   */
  public void setMark(int mark) {
    set("SO_MARK", SocketLayouts.SOL_SOCKET, SO_MARK, mark);
  }

  /**
   * Sizes the receive buffer; beyond net.core.rmem_max only with CAP_NET_ADMIN.
   *
   * @return the octets granted
   */
  public int setReceiveBuffer(int octets) {
    return buffer("SO_RCVBUF", SO_RCVBUFFORCE, SO_RCVBUF, octets);
  }

  /**
   * Sizes the send buffer; beyond net.core.wmem_max only with CAP_NET_ADMIN.
   *
   * @return the octets granted
   */
  public int setSendBuffer(int octets) {
    return buffer("SO_SNDBUF", SO_SNDBUFFORCE, SO_SNDBUF, octets);
  }

  private int buffer(String name, int force, int plain, int octets) {
    if (!trySet(SocketLayouts.SOL_SOCKET, force, octets)) {
      set(name, SocketLayouts.SOL_SOCKET, plain, octets);
    }
    int granted = SocketCalls.getsockopt(descriptor.number(), SocketLayouts.SOL_SOCKET, plain);
    // The kernel doubles what it is asked for, for its own use: socket(7).
    return LinuxException.check("getting " + name, granted) / 2;
  }

  /** Has received messages tell their own address: IP_PKTINFO, IPV6_RECVPKTINFO. */
  public boolean enablePacketInfo() {
    return ipv6
        ? trySet(SocketLayouts.SOL_IPV6, IPV6_RECVPKTINFO, 1)
        : trySet(SocketLayouts.SOL_IP, SocketLayouts.IP_PKTINFO, 1);
  }

  /**
   * Lets the kernel join datagrams of one sender into one message: UDP_GRO. Buffers must have 65535
   * octets then.
   *
   * @return whether it does; not before Linux 5.12, where it joins what it should not
   */
  public boolean enableGro() {
    return KernelVersion.running().isAtLeast(5, 12)
        && trySet(SocketLayouts.SOL_UDP, SocketLayouts.UDP_GRO, 1);
  }

  /** Whether the kernel knows UDP_SEGMENT (Linux 4.18); the way to a destination may still not. */
  public boolean probeGso() {
    return SocketCalls.getsockopt(
            descriptor.number(), SocketLayouts.SOL_UDP, SocketLayouts.UDP_SEGMENT)
        >= 0;
  }

  private boolean trySet(int level, int option, int value) {
    return SocketCalls.setsockopt(descriptor.number(), level, option, value) >= 0;
  }

  private void set(String name, int level, int option, int value) {
    LinuxException.check(
        "setting " + name, SocketCalls.setsockopt(descriptor.number(), level, option, value));
  }

  /**
   * Binds it.
   *
   * @param addressOrWildcard an own address of the socket's family; any wildcard will do
   * @param port 0: the kernel chooses
   * @throws LinuxException such as EADDRINUSE, EADDRNOTAVAIL
   */
  public void bind(InetAddress addressOrWildcard, int port) {
    SocketAddress address =
        addressOrWildcard.isAnyLocalAddress()
            ? SocketAddress.of(ipv6, 0, 0, port, 0)
            : SocketAddress.of(addressOrWildcard, port);
    if (address.isIpv6() != ipv6) {
      throw new IllegalArgumentException(
          "address: " + addressOrWildcard + " is not one of " + (ipv6 ? "IPv6" : "IPv4"));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(SocketLayouts.NAME_STRIDE, 8);
      int length = address.write(name, 0);
      LinuxException.check(
          "binding to " + address, SocketCalls.bind(descriptor.number(), name, length));
    }
  }

  /** The port that it is bound to; 0 if it is not. */
  public int localPort() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(SocketLayouts.NAME_STRIDE, 8);
      LinuxException.check(
          "getting the own port", SocketCalls.getsockname(descriptor.number(), name));
      return Short.toUnsignedInt(name.get(SocketLayouts.NET_SHORT, SocketLayouts.PORT));
    }
  }

  /** The number of the descriptor, to be polled. */
  public int descriptor() {
    return descriptor.number();
  }

  /**
   * Receives what there is, without waiting.
   *
   * @return the number of messages; 0 if there is none; or {@code -errno}
   */
  public int receive(ReceiveBatch batch) {
    int result = batch.receive(descriptor.number());
    return result == -Errno.EAGAIN ? 0 : result;
  }

  /**
   * Sends messages without waiting, in their order.
   *
   * @param first the index of the first one to be sent
   * @return how many the kernel took: fewer than there are if a later one fails; or {@code -errno}
   *     of the first one: {@code -EAGAIN} if the send buffer is full
   */
  public int send(SendBatch batch, int first) {
    return batch.send(descriptor.number(), first);
  }

  /**
   * The own address that routes choose for a destination; sends nothing.
   *
   * @param mark as by {@link #setMark}; 0: none
   * @return empty if there is no route, or no such family
   * @throws LinuxException if there is a mark and no privilege for it
   */
  public static Optional<InetAddress> localAddressTowards(InetSocketAddress destination, int mark) {
    SocketAddress address = SocketAddress.of(destination);
    if (address.isIpv6() && !isIpv6Supported()) {
      return Optional.empty();
    }
    try (UdpSocket socket = open(address.isIpv6());
        Arena arena = Arena.ofConfined()) {
      if (mark != 0) {
        socket.setMark(mark);
      }
      MemorySegment name = arena.allocate(SocketLayouts.NAME_STRIDE, 8);
      int number = socket.descriptor.number();
      if (SocketCalls.connect(number, name, address.write(name, 0)) < 0
          || SocketCalls.getsockname(number, name) < 0) {
        return Optional.empty();
      }
      InetAddress own = read(name);
      return own.isAnyLocalAddress() ? Optional.empty() : Optional.of(own);
    }
  }

  private static InetAddress read(MemorySegment name) {
    boolean ipv6 = name.get(JAVA_SHORT, SocketLayouts.FAMILY) == SocketLayouts.AF_INET6;
    return ipv6
        ? SocketAddress.address(
            true,
            name.get(SocketLayouts.NET_LONG, SocketLayouts.ADDRESS6),
            name.get(SocketLayouts.NET_LONG, SocketLayouts.ADDRESS6 + Long.BYTES),
            name.get(JAVA_INT, SocketLayouts.SCOPE))
        : SocketAddress.address(
            false, (long) name.get(SocketLayouts.NET_INT, SocketLayouts.ADDRESS4) << 32, 0, 0);
  }

  /** Idempotent. */
  @Override
  public void close() {
    descriptor.close();
  }
}
