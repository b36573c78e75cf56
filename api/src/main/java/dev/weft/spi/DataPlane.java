// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.OverlayException;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A running WireGuard interface. All methods are called on the overlay's queue and none blocks;
 * stages are completed on it too.
 */
public interface DataPlane {

  /** Completed when packets can flow; exceptionally if the plane could not start. */
  CompletionStage<Void> started();

  /**
   * Changes peers, in order. Nothing is dropped on the way, whatever the load; a failure names the
   * update, and those before it hold.
   */
  CompletionStage<Void> apply(List<PeerUpdate> updates);

  /** Replaces the private key: sessions end and are made anew. */
  CompletionStage<Void> setPrivateKey(PrivateKey key);

  /** Replaces the local host's addresses inside the overlay. */
  CompletionStage<Void> setAddresses(List<InterfaceAddress> addresses);

  /** The state of the interface and of all peers. */
  CompletionStage<PlaneSnapshot> snapshot();

  /** UDP on the overlay's addresses. */
  OverlayDatagrams datagrams();

  /**
   * Sends an ICMP or ICMPv6 echo request inside the overlay.
   *
   * @return the round-trip time; exceptionally {@link dev.weft.overlay.PingException} when there is
   *     no answer in time or no peer for the address
   */
  CompletionStage<Duration> ping(InetAddress target, Duration timeout);

  /**
   * The datagrams on the underlay port that are not WireGuard's; empty if this plane cannot share
   * its port.
   */
  default Optional<UnderlayDatagrams> underlay() {
    return Optional.empty();
  }

  /**
   * Moves to another underlay port; sessions stay.
   *
   * @param port 0 for any
   * @return exceptionally if the port cannot be had, and then the old one stays
   */
  default CompletionStage<Void> setListenPort(int port) {
    return CompletableFuture.failedFuture(
        new OverlayException("this data plane cannot change its listen port while it runs"));
  }

  /** The own underlay address on the route to an endpoint. */
  Optional<InetAddress> localAddressTowards(Endpoint endpoint);

  /** Opens the underlay socket anew, for example after the host changed networks. */
  CompletionStage<Void> rebind();

  /** Stops timers and traffic, keeps the configuration and the sessions that are still valid. */
  CompletionStage<Void> suspend();

  /** Goes on after {@link #suspend()}, with a new handshake to each peer that was in use. */
  CompletionStage<Void> resume();

  /** Releases everything. Idempotent. */
  CompletionStage<Void> close();
}
