// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.nio.ByteBuffer;

/** A UDP socket on an overlay address. Thread-safe. */
public interface DatagramEndpoint extends AutoCloseable {

  /** What receives the datagrams of a {@link DatagramEndpoint}. */
  @FunctionalInterface
  interface Handler {
    /**
     * Called on the overlay's queue; must not block.
     *
     * @param payload the UDP payload, read-only; valid until return
     * @param source the sender's overlay address and port
     */
    void onDatagram(ByteBuffer payload, Endpoint source);
  }

  /** The overlay address and port of this socket. */
  Endpoint localEndpoint();

  /**
   * Sends a datagram. Never blocks; the payload is copied before return.
   *
   * @param payload at most the tunnel's MTU less the IP and UDP headers
   * @param destination an overlay address and port
   * @return false if it was dropped at once (too long, queue full, closed); true is no promise of
   *     delivery
   */
  boolean send(ByteBuffer payload, Endpoint destination);

  /** Gives the port back. Idempotent. */
  @Override
  void close();
}
