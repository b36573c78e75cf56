// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The datagrams on a data plane's underlay port that are not WireGuard's. Whatever wants to know or
 * to show how a NAT maps the WireGuard port has to use that very port: STUN, and ENDPOINT_NOTIFY
 * (PEX §6.9, §10). Used on the overlay's queue, unless said otherwise.
 */
public interface UnderlayDatagrams {

  /** What receives them. */
  interface Handler {
    /**
     * Whether a datagram is meant for this handler. Called on any thread, for every datagram that
     * is not WireGuard's; must be cheap and keep nothing.
     *
     * @param datagram read-only; valid until return
     */
    boolean claims(ByteBuffer datagram);

    /**
     * A datagram that was claimed.
     *
     * @param datagram read-only; valid until return
     * @param source who sent it, or says so
     */
    void onDatagram(ByteBuffer datagram, Endpoint source);
  }

  /** The local address and port in use; absent while there is no socket. */
  Optional<Endpoint> localEndpoint();

  /**
   * Sends a datagram. Never blocks; the datagram is copied before return.
   *
   * @param datagram no longer than 1,472 octets
   * @return false if it was dropped at once
   */
  boolean send(ByteBuffer datagram, Endpoint destination);

  /** Sets who receives; the one before receives no more. */
  void receive(Handler handler);
}
