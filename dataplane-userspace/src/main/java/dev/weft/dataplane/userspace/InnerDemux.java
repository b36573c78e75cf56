// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides who gets an inner packet: the socket that claimed its UDP port on an own address, the
 * ping it answers, else the supplied port or the in-process endpoint. Packets are copied while the
 * device runs and handed over afterwards, so that applications may call the overlay from their
 * handlers. Owned by the overlay's queue.
 */
final class InnerDemux {

  /** Packets gathered for sockets, pings and the in-process endpoint. */
  static final int BATCH = 8;

  /** The longest packet that is accepted whatever the tunnel's MTU: an Ethernet's. */
  private static final int MIN_CAPACITY = 1500;

  private final int mtuOctets;
  private final InnerDropCounters drops;
  private final OverlaySockets sockets;
  private final Pings pings;
  private final InProcessEndpoint endpoint;
  private final Optional<SuppliedPort> port;
  private final Consumer<PacketBuffer> output;
  private final InnerPacket view = new InnerPacket();
  private OwnAddresses own;
  private @Nullable PacketBatch gathered;

  /**
   * A demultiplexer.
   *
   * @param port where unclaimed packets go; absent for the endpoint
   * @param output sends the endpoint's answers
   */
  InnerDemux(
      int mtuOctets,
      OwnAddresses own,
      InnerDropCounters drops,
      OverlaySockets sockets,
      Pings pings,
      InProcessEndpoint endpoint,
      Optional<SuppliedPort> port,
      Consumer<PacketBuffer> output) {
    this.mtuOctets = mtuOctets;
    this.own = own;
    this.drops = drops;
    this.sockets = sockets;
    this.pings = pings;
    this.endpoint = endpoint;
    this.port = port;
    this.output = output;
  }

  /** Octets of buffer for a received packet: of peers with another MTU, too. */
  static int packetCapacity(int mtuOctets) {
    return Math.max(mtuOctets, MIN_CAPACITY);
  }

  OwnAddresses own() {
    return own;
  }

  void setAddresses(OwnAddresses addresses) {
    own = addresses;
    sockets.setAddresses(addresses);
  }

  /** Copies a packet from the tunnel. Calls nobody. */
  void gather(PacketBuffer packet) {
    if (port.isPresent() && !(view.read(packet) && isOurs())) {
      port.get().gather(packet);
      return;
    }
    PacketBatch batch = gathered;
    if (batch == null) {
      batch =
          new PacketBatch(
              BATCH,
              InnerPacketWriter.HEAD_ROOM,
              packetCapacity(mtuOctets) + WireGuardDevice.TAIL_ROOM);
      gathered = batch;
    }
    if (batch.isFull()) {
      drops.count(InnerDrop.QUEUE_FULL);
    } else if (packet.length() > packetCapacity(mtuOctets)) {
      drops.count(InnerDrop.TOO_LONG);
    } else {
      batch.append().copyFrom(packet);
    }
  }

  /** Whether {@link #deliverGathered} must come before the next {@link #gather}. */
  boolean isFull() {
    return (gathered != null && gathered.isFull()) || (port.isPresent() && port.get().isFull());
  }

  /** Hands over what was gathered. Applications are called, and may close the plane. */
  void deliverGathered(long nowNanos) {
    PacketBatch batch = gathered;
    if (batch != null && batch.size() > 0) {
      for (int i = 0; i < batch.size(); i++) {
        deliver(batch.get(i), nowNanos);
      }
      batch.clear();
    }
    if (port.isPresent()) {
      port.get().write();
    }
  }

  /**
   * Hands over one packet, from the tunnel or from this host to itself.
   *
   * @param packet changed in place; has {@link InnerPacketWriter#HEAD_ROOM}
   */
  void deliver(PacketBuffer packet, long nowNanos) {
    if (!view.read(packet)) {
      drops.count(InnerDrop.INNER_MALFORMED);
      return;
    }
    if (isForOwnAddress()) {
      if (view.isWholeUdp()) {
        OverlaySocket socket = sockets.claimant(view);
        if (socket != null) {
          if (view.hasIntactHeader() && view.hasIntactUdp()) {
            socket.deliver(view, drops);
          } else {
            drops.count(InnerDrop.BAD_CHECKSUM);
          }
          return;
        }
      } else if (view.isWholeIcmp() && pings.isAwaited(view)) {
        if (view.hasIntactHeader() && view.hasIntactIcmp()) {
          pings.accept(view, nowNanos);
        } else {
          drops.count(InnerDrop.BAD_CHECKSUM);
        }
        return;
      }
    }
    if (port.isPresent()) {
      port.get().gather(packet);
    } else if (endpoint.answer(packet, view, own, nowNanos)) {
      output.accept(packet);
    }
  }

  /** Whether a packet of this host's own goes back to this host. */
  boolean isForOwnAddress(PacketBuffer packet) {
    return view.read(packet) && isForOwnAddress();
  }

  /** Whether a packet of this host's own comes from one of its addresses. */
  boolean isFromOwnAddress(PacketBuffer packet) {
    return view.read(packet) && own.contains(view.segment(), view.source(), view.addressLength());
  }

  private boolean isForOwnAddress() {
    return own.contains(view.segment(), view.destination(), view.addressLength());
  }

  private boolean isOurs() {
    return isForOwnAddress()
        && ((view.isWholeUdp() && sockets.claimant(view) != null)
            || (view.isWholeIcmp() && pings.isAwaited(view)));
  }

  /** Gives the memory of the batches back until they are needed again. */
  void releaseMemory() {
    gathered = null;
    port.ifPresent(SuppliedPort::releaseMemory);
  }
}
