// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.DatagramException;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.RandomSource;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The claimed UDP ports of an overlay, and the bounded queue of what they send. Claims are made and
 * looked up on the overlay's queue; sending and closing is for any thread.
 */
final class OverlaySockets implements OverlayDatagrams {

  /** The most that waits to be sent, each packet counted with {@link #PACKET_COST}. */
  static final int MAX_QUEUED_OCTETS = 512 * 1024;

  /** What a queued packet counts besides its length, so that small ones are bounded in number. */
  static final int PACKET_COST = 128;

  /** The dynamic ports. RFC 6335 §6. */
  private static final int FIRST_EPHEMERAL_PORT = 49152;

  private static final int EPHEMERAL_PORTS = 65536 - FIRST_EPHEMERAL_PORT;

  private final int mtuOctets;
  private final RandomSource random;
  private final InnerDropCounters drops;
  private final Runnable wake;
  private final ConcurrentMap<Integer, List<OverlaySocket>> claims = new ConcurrentHashMap<>();
  private final Queue<PacketBuffer> outbound = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queuedOctets = new AtomicInteger();
  private final AtomicBoolean woken = new AtomicBoolean();

  /** The ports of the claims, for workers that look at every datagram. */
  private volatile int[] claimedPorts = {};

  private volatile OwnAddresses own;
  private volatile boolean running;
  private volatile boolean closed;

  /**
   * Sockets on these addresses.
   *
   * @param wake run on any thread when packets wait to be polled; once until {@link #beginPolling}
   */
  OverlaySockets(
      int mtuOctets,
      OwnAddresses own,
      RandomSource random,
      InnerDropCounters drops,
      Runnable wake) {
    this.mtuOctets = mtuOctets;
    this.own = own;
    this.random = random;
    this.drops = drops;
    this.wake = wake;
  }

  /**
   * {@inheritDoc}
   *
   * @throws DatagramException if the address is not the local host's or the port is taken
   */
  @Override
  public DatagramEndpoint bind(InetAddress address, int port, DatagramEndpoint.Handler handler) {
    Objects.requireNonNull(handler, "handler");
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " is not in 0 to 65535");
    }
    if (closed) {
      throw new DatagramException(
          "claiming overlay UDP port " + port + " failed: the overlay is closed");
    }
    if (!own.contains(address)) {
      throw new DatagramException(
          "claiming UDP port "
              + port
              + " on "
              + address.getHostAddress()
              + " failed: the local host's overlay addresses are "
              + own);
    }
    if (port != 0) {
      if (isClaimed(address, port)) {
        throw new DatagramException(
            "claiming UDP port "
                + port
                + " on "
                + address.getHostAddress()
                + " failed: it is taken; close its socket first, or choose port 0");
      }
      return claim(new Endpoint(address, port), handler);
    }
    int first = random.nextInt(EPHEMERAL_PORTS);
    for (int i = 0; i < EPHEMERAL_PORTS; i++) {
      int candidate = FIRST_EPHEMERAL_PORT + (first + i) % EPHEMERAL_PORTS;
      if (!isClaimed(address, candidate)) {
        return claim(new Endpoint(address, candidate), handler);
      }
    }
    throw new DatagramException(
        "claiming a UDP port on "
            + address.getHostAddress()
            + " failed: all ports from "
            + FIRST_EPHEMERAL_PORT
            + " on are taken");
  }

  private boolean isClaimed(InetAddress address, int port) {
    List<OverlaySocket> sockets = claims.get(port);
    if (sockets != null) {
      for (OverlaySocket socket : sockets) {
        if (socket.localEndpoint().address().equals(address)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Claims a port that is free: claims are made on the overlay's queue alone. */
  private OverlaySocket claim(Endpoint endpoint, DatagramEndpoint.Handler handler) {
    OverlaySocket socket = new OverlaySocket(this, endpoint, handler);
    claims.merge(
        endpoint.port(),
        List.of(socket),
        (others, one) -> Stream.concat(others.stream(), one.stream()).toList());
    noteClaims();
    return socket;
  }

  /** Gives a port back. Any thread. */
  void release(OverlaySocket socket) {
    claims.computeIfPresent(
        socket.localEndpoint().port(),
        (port, sockets) -> {
          List<OverlaySocket> others = sockets.stream().filter(other -> other != socket).toList();
          return others.isEmpty() ? null : others;
        });
    noteClaims();
  }

  private synchronized void noteClaims() {
    claimedPorts = claims.keySet().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Whether some socket has claimed the port. Any thread; allocates nothing. */
  boolean mayClaim(int port) {
    for (int claimed : claimedPorts) {
      if (claimed == port) {
        return true;
      }
    }
    return false;
  }

  /** The socket that claimed a datagram's destination. */
  @Nullable OverlaySocket claimant(InnerPacket packet) {
    List<OverlaySocket> sockets = claims.get(packet.udpDestinationPort());
    if (sockets != null) {
      for (OverlaySocket socket : sockets) {
        if (socket.isDestinationOf(packet)) {
          return socket;
        }
      }
    }
    return null;
  }

  /** Queues a datagram. Any thread. */
  boolean send(Endpoint source, Endpoint destination, ByteBuffer payload) {
    boolean ipv6 = destination.address() instanceof Inet6Address;
    if (!running || destination.port() == 0 || ipv6 != source.isIpv6()) {
      return false;
    }
    int length = payload.remaining() + InnerPacketWriter.udpOverhead(ipv6);
    if (length > mtuOctets) {
      drops.count(InnerDrop.TOO_LONG);
      return false;
    }
    int cost = length + PACKET_COST;
    if (queuedOctets.addAndGet(cost) > MAX_QUEUED_OCTETS) {
      queuedOctets.addAndGet(-cost);
      drops.count(InnerDrop.QUEUE_FULL);
      return false;
    }
    outbound.add(InnerPacketWriter.udp(source, destination, payload));
    if (woken.compareAndSet(false, true)) {
      wake.run();
    }
    return true;
  }

  /** Says that {@link #poll} is about to be called; what is sent from now on wakes anew. */
  void beginPolling() {
    woken.set(false);
  }

  /** The next packet to send, in memory of its own. On the overlay's queue. */
  @Nullable PacketBuffer poll() {
    PacketBuffer packet = outbound.poll();
    if (packet != null) {
      queuedOctets.addAndGet(-packet.length() - PACKET_COST);
    }
    return packet;
  }

  /** Asks to be polled again, if something waits. */
  void wakeIfWaiting() {
    if (!outbound.isEmpty() && woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  void setAddresses(OwnAddresses addresses) {
    own = addresses;
  }

  /** Whether sending is of use; otherwise it returns false at once. */
  void setRunning(boolean value) {
    running = value;
  }

  /** Closes all sockets. */
  void close() {
    closed = true;
    running = false;
    claims.values().forEach(sockets -> sockets.forEach(OverlaySocket::close));
    while (poll() != null) {
      drops.count(InnerDrop.NOT_RUNNING);
    }
  }
}
