// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.transport;

import dev.weft.overlay.Host;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.node.PexCounter;
import dev.weft.pex.node.PexCounters;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * PEX inside the tunnel: a UDP socket on the local overlay address. What is no message is counted
 * and forgotten. Belongs to the overlay's queue. Source: PEX §5.
 */
public final class TunnelTransport implements AutoCloseable {

  /** Takes the messages. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Called on the overlay's queue.
     *
     * @param datagram its sender is only a claim
     * @param source the overlay address it came from, which WireGuard has checked
     */
    void onDatagram(PexDatagram datagram, InetAddress source);
  }

  private final Handler handler;
  private final PexCounters counters;
  private final DatagramEndpoint socket;

  /**
   * Opens the socket.
   *
   * @param address the local host's overlay address
   * @param port 1 to 65535
   * @throws dev.weft.overlay.OverlayException if the port is taken
   */
  public TunnelTransport(
      OverlayDatagrams datagrams,
      Inet6Address address,
      int port,
      Handler handler,
      PexCounters counters) {
    this.handler = handler;
    this.counters = counters;
    this.socket = datagrams.bind(address, port, this::receive);
  }

  /**
   * Sends a message to a peer's overlay address and PEX port.
   *
   * @return false if the tunnel did not take it; counted
   */
  public boolean send(PexDatagram datagram, Host peer) {
    Endpoint destination = new Endpoint(peer.overlayAddress(), peer.pexPort());
    if (!socket.send(PexCodec.encode(datagram), destination)) {
      counters.count(PexCounter.SEND_FAILED);
      return false;
    }
    counters.countSent(datagram.message().opcode());
    return true;
  }

  private void receive(ByteBuffer payload, Endpoint source) {
    PexDatagram datagram;
    try {
      datagram = PexCodec.decode(payload);
    } catch (MalformedMessageException e) {
      counters.countMalformed(e.reason());
      return;
    }
    handler.onDatagram(datagram, source.address());
  }

  /** The socket's address and port. */
  public Endpoint localEndpoint() {
    return socket.localEndpoint();
  }

  @Override
  public void close() {
    socket.close();
  }
}
