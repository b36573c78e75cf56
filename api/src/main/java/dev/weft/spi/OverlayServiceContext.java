// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What the engine gives to a service. Used on the overlay's queue. */
public interface OverlayServiceContext {

  /** The configuration in force. */
  OverlayConfig config();

  /** The public key of {@link InterfaceConfig#privateKey()}. */
  PublicKey localKey();

  /** The revision in force, if the overlay has network data. */
  Optional<NetworkRevision> revision();

  /**
   * The runtime that the overlay is on, for sockets and queues of the service's own. The service
   * closes what it opens there.
   */
  WeftRuntime runtime();

  /** The overlay's queue. */
  Scheduler queue();

  /** The clocks. */
  TimeSource time();

  /** The randomness. */
  RandomSource random();

  /** UDP on the overlay's addresses. */
  OverlayDatagrams datagrams();

  /**
   * The datagrams on the WireGuard port that are not WireGuard's; empty if the data plane cannot
   * share its port.
   */
  Optional<UnderlayDatagrams> underlay();

  /** Whether packets to an address leave over the underlay and not through the overlay itself. */
  boolean isUnderlay(InetAddress address);

  /** The own underlay address on the route to an endpoint. */
  Optional<InetAddress> localAddressTowards(Endpoint endpoint);

  /**
   * Offers an endpoint candidate for a peer. It is put into the slot of its origin and tried when
   * it is its turn (PEX §9.3); refused if it is an overlay address.
   */
  void proposeEndpoint(PublicKey peer, EndpointOrigin origin, Endpoint candidate);

  /** Tells that a peer became connected or was lost, for the overlay's events. */
  void connectionChanged(PublicKey peer, boolean connected);

  /**
   * Puts a new revision in force. What cannot be applied is undone, and the old revision stays.
   *
   * @return completed on the queue, never exceptionally: the problems for which it was refused;
   *     empty if it is in force
   */
  CompletionStage<List<String>> installRevision(NetworkRevision revision);

  /** Publishes an event. */
  void emit(OverlayEvent event);
}
