// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A claimed UDP port of an own overlay address. Thread-safe. */
final class OverlaySocket implements DatagramEndpoint {

  private static final Logger LOG = LoggerFactory.getLogger(OverlaySocket.class);

  private final OverlaySockets sockets;
  private final Endpoint localEndpoint;
  private final byte[] localAddress;
  private final Handler handler;
  private volatile boolean closed;
  private boolean handlerFailed;

  OverlaySocket(OverlaySockets sockets, Endpoint localEndpoint, Handler handler) {
    this.sockets = sockets;
    this.localEndpoint = localEndpoint;
    localAddress = localEndpoint.address().getAddress();
    this.handler = handler;
  }

  @Override
  public Endpoint localEndpoint() {
    return localEndpoint;
  }

  @Override
  public boolean send(ByteBuffer payload, Endpoint destination) {
    return !closed && sockets.send(localEndpoint, destination, payload);
  }

  @Override
  public void close() {
    closed = true;
    sockets.release(this);
  }

  /** Whether a datagram is for this socket's address; the port is known to be. */
  boolean isDestinationOf(InnerPacket packet) {
    return packet.addressLength() == localAddress.length
        && PacketOctets.equal(packet.segment(), packet.destination(), localAddress);
  }

  /** Hands an intact datagram to the application. On the overlay's queue. */
  void deliver(InnerPacket packet, InnerDropCounters drops) {
    if (closed) {
      drops.count(InnerDrop.PORT_UNREACHABLE);
      return;
    }
    ByteBuffer payload =
        packet
            .segment()
            .asSlice(packet.payload() + UdpLayout.PAYLOAD, packet.udpLength() - UdpLayout.PAYLOAD)
            .asByteBuffer()
            .asReadOnlyBuffer();
    Endpoint source = new Endpoint(packet.sourceAddress(), packet.udpSourcePort());
    try {
      handler.onDatagram(payload, source);
    } catch (RuntimeException e) {
      drops.count(InnerDrop.HANDLER_FAILED);
      if (!handlerFailed) {
        // Once a socket: a peer could make the handler fail as often as it likes.
        handlerFailed = true;
        LOG.warn(
            "the handler of overlay UDP {} failed; further failures are only counted",
            localEndpoint,
            e);
      }
    }
  }
}
