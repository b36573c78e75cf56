// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.UnderlayException;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A WireGuard device's share of an underlay port. Several devices may share one port: handshake
 * initiations are offered to them by mac1, everything else goes by receiver index, which the port
 * hands out so that it is unique on it. Used on the overlay's queue, unless said otherwise.
 */
public interface UnderlayBinding {

  /** A device on a port. Called on its overlay's queue, but for {@link #claims}. */
  interface User extends UnderlayPort.Handler {
    /**
     * Whether a datagram without receiver index is meant for this device: a handshake initiation
     * whose mac1 verifies under the device's public key (WG §5.4.4), or something other than
     * WireGuard's that the device's overlay waits for, and which is given to all that claim it.
     * Called on any thread; asked only if several devices share the port.
     */
    boolean claims(PacketBuffer datagram);
  }

  /** The local address and port in use. */
  Endpoint localEndpoint();

  /** Octets of receive buffer that the system granted. */
  int receiveBufferOctets();

  /** Octets of send buffer that the system granted. */
  int sendBufferOctets();

  /** A random index that no session on this port uses, reserved for this device. WG §5.4.2. */
  int allocateIndex();

  /** Gives an index back. */
  void releaseIndex(int index);

  /** Sends a datagram, as {@link UnderlayPort#send}. */
  boolean send(PacketBuffer datagram, Endpoint destination);

  /** The own address on the route to a destination. */
  Optional<InetAddress> localAddressTowards(Endpoint destination);

  /**
   * Closes the socket and opens a new one on the same port number (any if it was 0); indices stay.
   */
  CompletionStage<Void> rebind();

  /**
   * Moves to another port number, with the indices and the same address. An index that is taken
   * there is lost, and its session with it.
   *
   * @param port 0 for any
   * @return exceptionally if the port cannot be had, and then nothing changed
   */
  default CompletionStage<Void> moveTo(int port) {
    return CompletableFuture.failedFuture(
        new UnderlayException("this underlay port cannot be exchanged for another"));
  }

  /**
   * Leaves the port, which is closed with its last device. Idempotent; any thread.
   *
   * @return completed when that is done
   */
  CompletionStage<Void> close();
}
