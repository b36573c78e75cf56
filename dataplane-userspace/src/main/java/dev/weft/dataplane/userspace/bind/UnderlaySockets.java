// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.bind;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.udp.UdpSocket;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of one listen port: for each worker one of IPv4 and one of IPv6, as far as the host
 * has them, sharing the port. Not changed after opening, but for what fails later; thread-safe.
 */
public final class UnderlaySockets implements AutoCloseable {

  /** How often another free port is tried when the other version of IP has taken one. */
  private static final int ATTEMPTS = 64;

  /**
   * What to open.
   *
   * @param bindAddress the own address; absent for all, IPv4 and IPv6
   * @param port 0 for any
   * @param mark SO_MARK; 0 for none
   * @param bufferOctets how much receive and send buffer to ask for
   * @param workers how many share the port
   * @param offloads whether to use segmentation offload, if the kernel has it
   */
  public record Spec(
      Optional<InetAddress> bindAddress,
      int port,
      int mark,
      int bufferOctets,
      int workers,
      boolean offloads) {

    /** The same on another port. */
    public Spec withPort(int newPort) {
      return new Spec(bindAddress, newPort, mark, bufferOctets, workers, offloads);
    }

    /** The same with another mark. */
    public Spec withMark(int newMark) {
      return new Spec(bindAddress, port, newMark, bufferOctets, workers, offloads);
    }
  }

  /** A worker's sockets; at least one is there. */
  private record Pair(@Nullable UdpSocket ipv4, @Nullable UdpSocket ipv6) {}

  private final Spec spec;
  private final int port;
  private final List<Pair> pairs;
  private final int receiveBufferOctets;
  private final int sendBufferOctets;
  private final boolean gro;
  private volatile boolean gso;
  private volatile int mark;

  private UnderlaySockets(Spec spec, int port, List<Pair> pairs, Granted granted) {
    this.spec = spec;
    this.port = port;
    this.pairs = List.copyOf(pairs);
    receiveBufferOctets = granted.receive;
    sendBufferOctets = granted.send;
    gro = granted.gro;
    gso = granted.gso;
    mark = spec.mark();
  }

  /** What the kernel granted to all sockets alike. */
  private static final class Granted {
    private int receive = Integer.MAX_VALUE;
    private int send = Integer.MAX_VALUE;
    private boolean gro = true;
    private boolean gso = true;
  }

  /**
   * Opens and binds.
   *
   * @throws LinuxException if the port or address cannot be had, or the mark may not be set
   */
  public static UnderlaySockets open(Spec spec) {
    for (int attempt = 1; ; attempt++) {
      try {
        return openOnce(spec);
      } catch (LinuxException e) {
        // A free port of one version of IP may be taken in the other.
        if (e.errno() != Errno.EADDRINUSE || spec.port() != 0 || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static UnderlaySockets openOnce(Spec spec) {
    boolean wantIpv4 = spec.bindAddress().map(a -> a instanceof Inet4Address).orElse(true);
    boolean wantIpv6 = spec.bindAddress().map(a -> a instanceof Inet6Address).orElse(true);
    boolean haveIpv6 = wantIpv6 && (!wantIpv4 || UdpSocket.isIpv6Supported());
    List<Pair> pairs = new ArrayList<>();
    Granted granted = new Granted();
    int port = spec.port();
    try {
      for (int i = 0; i < spec.workers(); i++) {
        UdpSocket ipv4 = wantIpv4 ? bound(spec, false, port, granted) : null;
        pairs.add(new Pair(ipv4, null));
        port = ipv4 == null ? port : ipv4.localPort();
        if (haveIpv6) {
          UdpSocket ipv6 = bound(spec, true, port, granted);
          pairs.set(i, new Pair(ipv4, ipv6));
          port = ipv6.localPort();
        }
      }
      return new UnderlaySockets(spec, port, pairs, granted);
    } catch (RuntimeException e) {
      close(pairs);
      throw e;
    }
  }

  private static UdpSocket bound(Spec spec, boolean isIpv6, int port, Granted granted) {
    UdpSocket socket = UdpSocket.open(isIpv6);
    try {
      if (spec.workers() > 1) {
        socket.setReusePort();
      }
      if (spec.mark() != 0) {
        socket.setMark(spec.mark());
      }
      granted.receive = Math.min(granted.receive, socket.setReceiveBuffer(spec.bufferOctets()));
      granted.send = Math.min(granted.send, socket.setSendBuffer(spec.bufferOctets()));
      socket.enablePacketInfo();
      granted.gro &= spec.offloads() && socket.enableGro();
      granted.gso &= spec.offloads() && socket.probeGso();
      socket.bind(spec.bindAddress().orElseGet(() -> wildcard(isIpv6)), port);
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static InetAddress wildcard(boolean isIpv6) {
    try {
      return InetAddress.getByAddress(new byte[isIpv6 ? 16 : 4]);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What was asked for. */
  public Spec spec() {
    return spec;
  }

  /** The port of all sockets. */
  public int port() {
    return port;
  }

  /** The mark of outgoing datagrams; 0 if there is none. */
  public int mark() {
    return mark;
  }

  /**
   * Marks outgoing datagrams from now on; 0 removes the mark.
   *
   * @throws LinuxException without privilege
   */
  public void setMark(int newMark) {
    for (Pair pair : pairs) {
      if (pair.ipv4() != null) {
        pair.ipv4().setMark(newMark);
      }
      if (pair.ipv6() != null) {
        pair.ipv6().setMark(newMark);
      }
    }
    mark = newMark;
  }

  /** The worker's IPv4 socket; null if there is none. */
  public @Nullable UdpSocket ipv4(int worker) {
    return pairs.get(worker).ipv4();
  }

  /** The worker's IPv6 socket; null if there is none. */
  public @Nullable UdpSocket ipv6(int worker) {
    return pairs.get(worker).ipv6();
  }

  /** Octets of receive buffer that each socket has. */
  public int receiveBufferOctets() {
    return receiveBufferOctets;
  }

  /** Octets of send buffer that each socket has. */
  public int sendBufferOctets() {
    return sendBufferOctets;
  }

  /** Whether datagrams of one sender arrive together (UDP_GRO). */
  public boolean hasGro() {
    return gro;
  }

  /** Whether datagrams of equal length leave together (UDP_SEGMENT). */
  public boolean hasGso() {
    return gso;
  }

  /** The interface cannot do it: never again on these sockets. */
  public void giveUpGso() {
    gso = false;
  }

  /** Idempotent; no worker may use them any more. */
  @Override
  public void close() {
    close(pairs);
  }

  private static void close(List<Pair> pairs) {
    for (Pair pair : pairs) {
      if (pair.ipv4() != null) {
        pair.ipv4().close();
      }
      if (pair.ipv6() != null) {
        pair.ipv6().close();
      }
    }
  }
}
