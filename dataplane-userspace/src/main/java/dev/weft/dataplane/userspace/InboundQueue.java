// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.dataplane.userspace.message.IpLayout;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Packets and datagrams on their way from the workers to the overlay's queue: copies, at most
 * {@value #CAPACITY} of them, of what may be for the overlay's sockets and pings. Taking is for any
 * thread, draining for the overlay's queue.
 */
final class InboundQueue {

  /** The most that waits. */
  static final int CAPACITY = 256;

  private static final int IPV4_PROTOCOL = 9;
  private static final int IPV6_NEXT_HEADER = 6;
  private static final int IPV6_LENGTH = 40;
  private static final int ICMP = 1;
  private static final int UDP = 17;
  private static final int ICMPV6 = 58;
  private static final int UDP_DESTINATION = 2;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** An inner packet, or with a source a datagram of the underlay. */
  private record Taken(PacketBuffer buffer, @Nullable Endpoint source) {}

  private final OverlaySockets sockets;
  private final Pings pings;
  private final SharedPortDatagrams shared;
  private final InnerDropCounters drops;
  private final Runnable wake;
  private final ArrayBlockingQueue<Taken> waiting = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicBoolean woken = new AtomicBoolean();

  /**
   * An empty queue.
   *
   * @param wake run on any thread when {@link #drain} is worth calling
   */
  InboundQueue(
      OverlaySockets sockets,
      Pings pings,
      SharedPortDatagrams shared,
      InnerDropCounters drops,
      Runnable wake) {
    this.sockets = sockets;
    this.pings = pings;
    this.shared = shared;
    this.drops = drops;
    this.wake = wake;
  }

  /** Takes a valid IP packet that may be for a socket or a ping; false for all others. */
  boolean takesInner(PacketBuffer packet) {
    if (!mayBeOurs(packet)) {
      return false;
    }
    PacketBuffer copy =
        PacketBuffer.allocate(
            InnerPacketWriter.HEAD_ROOM, packet.length() + WireGuardDevice.TAIL_ROOM);
    copy.copyFrom(packet);
    add(new Taken(copy, null));
    return true;
  }

  /** Takes a datagram that is not WireGuard's and that somebody waits for. */
  boolean takesDatagram(PacketBuffer datagram, Endpoint source) {
    if (!shared.claims(datagram)) {
      return false;
    }
    PacketBuffer copy = PacketBuffer.allocate(0, datagram.length());
    copy.copyFrom(datagram);
    add(new Taken(copy, source));
    return true;
  }

  private void add(Taken taken) {
    if (!waiting.offer(taken)) {
      drops.count(InnerDrop.QUEUE_FULL);
    } else if (woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  /** Hands over what waits, up to the capacity. */
  void drain(Consumer<PacketBuffer> packets, BiConsumer<PacketBuffer, Endpoint> datagrams) {
    woken.set(false);
    for (int i = 0; i < CAPACITY; i++) {
      Taken taken = waiting.poll();
      if (taken == null) {
        return;
      }
      if (taken.source() == null) {
        packets.accept(taken.buffer());
      } else {
        datagrams.accept(taken.buffer(), taken.source());
      }
    }
    if (!waiting.isEmpty() && woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  /** A quick look: TCP never is, and mostly nothing is claimed. */
  private boolean mayBeOurs(PacketBuffer packet) {
    boolean isIpv6 = IpLayout.isIpv6(packet);
    long start = packet.offset();
    int protocol =
        packet
            .segment()
            .get(ValueLayout.JAVA_BYTE, start + (isIpv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL));
    if (protocol == UDP) {
      int header =
          isIpv6 ? IPV6_LENGTH : (packet.segment().get(ValueLayout.JAVA_BYTE, start) & 0xf) * 4;
      return header + Integer.BYTES <= packet.length()
          && sockets.mayClaim(
              Short.toUnsignedInt(packet.segment().get(U16, start + header + UDP_DESTINATION)));
    }
    return (protocol == ICMP || protocol == ICMPV6) && pings.isAnyWaiting();
  }
}
