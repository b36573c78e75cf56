// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A UDP socket of a runtime. {@link #send} is called on the queue that it was opened with;
 * everything else from any thread.
 */
public interface UnderlayPort {

  /** What receives a port's datagrams, on the queue the port was opened with. */
  interface Handler {
    /**
     * A datagram arrived.
     *
     * @param datagram the payload; the memory is the port's again on return, but may be changed in
     *     place until then
     * @param source who sent it
     */
    void onDatagram(PacketBuffer datagram, Endpoint source);

    /** No further datagram is waiting: a good moment to pass on what was gathered. */
    default void onBatchEnd() {}
  }

  /** The local address (a wildcard if none was asked for) and the port in use. */
  Endpoint localEndpoint();

  /** Octets of receive buffer that the system granted. */
  int receiveBufferOctets();

  /** Octets of send buffer that the system granted. */
  int sendBufferOctets();

  /**
   * Sends a datagram without blocking. The memory is the caller's again on return.
   *
   * @return false if it was dropped: buffer full, no route, too long, closed
   */
  boolean send(PacketBuffer datagram, Endpoint destination);

  /** The own address on the route to a destination; absent if there is no route. */
  Optional<InetAddress> localAddressTowards(Endpoint destination);

  /**
   * Releases the socket. Idempotent; any thread.
   *
   * @return completed when the address is free again
   */
  CompletionStage<Void> close();
}
