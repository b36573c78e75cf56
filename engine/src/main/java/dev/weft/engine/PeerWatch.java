// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.DesiredState.DesiredPeer;
import dev.weft.overlay.OverlayEvent;
import dev.weft.peer.PublicKey;
import dev.weft.spi.OverlayService;
import dev.weft.spi.PeerSnapshot;
import dev.weft.transport.Endpoint;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Watches the peers of the data plane: reports what changed about them, judges whether they are
 * connected, and has those that are not connected tried. Owned by the overlay's queue.
 */
final class PeerWatch implements PeerTracker.Changes {

  private final String overlay;
  private final PeerTracker tracker;
  private final EndpointTable endpoints;
  private final ConnectLoop connectLoop;
  private final Supplier<DesiredState> desired;
  private final Collection<OverlayService> services;
  private final EventPublisher events;

  /**
   * A watch.
   *
   * @param desired the state in force
   * @param services those that run now
   */
  PeerWatch(
      String overlay,
      PeerTracker tracker,
      EndpointTable endpoints,
      ConnectLoop connectLoop,
      Supplier<DesiredState> desired,
      Collection<OverlayService> services,
      EventPublisher events) {
    this.overlay = overlay;
    this.tracker = tracker;
    this.endpoints = endpoints;
    this.connectLoop = connectLoop;
    this.desired = desired;
    this.services = services;
    this.events = events;
  }

  /** Takes a snapshot and reports the differences to the one before. */
  void observe(List<PeerSnapshot> snapshots) {
    tracker.observe(
        snapshots.stream()
            .filter(peer -> desired.get().peers().containsKey(peer.publicKey()))
            .toList(),
        this);
  }

  /** The work of one second (PEX §9.1). */
  void onTick(long nowNanos, List<PeerSnapshot> snapshots) {
    observe(snapshots);
    for (OverlayService service : services) {
      service.onTick(nowNanos, snapshots);
    }
    DesiredState now = desired.get();
    for (DesiredPeer peer : now.peers().values()) {
      boolean connected = isConnected(peer.publicKey(), nowNanos);
      noteConnected(peer.publicKey(), connected);
      if (!peer.networkHost()) {
        connectLoop.connectPlain(peer, tracker.hadHandshake(peer.publicKey()), nowNanos);
      } else if (!connected) {
        connectLoop.connect(peer, now.keepalive());
      }
    }
    for (OverlayService service : services) {
      service.onCandidatesTried(nowNanos);
    }
  }

  /** Takes over a new desired state. */
  void onDesired(DesiredState before, DesiredState after) {
    tracker.retain(after.peers().keySet());
    connectLoop.onDesired(after);
    for (DesiredPeer peer : after.peers().values()) {
      DesiredPeer old = before.peers().get(peer.publicKey());
      if (old == null || !old.endpoint().equals(peer.endpoint())) {
        connectLoop.retryNow(peer.publicKey());
      }
    }
  }

  @Override
  public void handshake(PublicKey peer, Optional<Endpoint> endpoint) {
    endpoint.ifPresent(proven -> endpoints.proved(peer, proven));
    events.publish(
        new OverlayEvent.HandshakeCompleted(
            overlay, peer, desired.get().displayName(peer), endpoint));
  }

  @Override
  public void endpoint(PublicKey peer, Endpoint endpoint) {
    events.publish(
        new OverlayEvent.EndpointChanged(
            overlay,
            peer,
            desired.get().displayName(peer),
            endpoint,
            endpoints.originOf(peer, endpoint)));
  }

  private boolean isConnected(PublicKey peer, long nowNanos) {
    for (OverlayService service : services) {
      Optional<Boolean> opinion = service.isConnected(peer);
      if (opinion.isPresent()) {
        return opinion.get();
      }
    }
    return tracker.hasFreshHandshake(peer, nowNanos);
  }

  /** Notes whether a peer is connected, and reports it if that is news. */
  void noteConnected(PublicKey peer, boolean connected) {
    DesiredState now = desired.get();
    if (now.peers().containsKey(peer) && tracker.setConnected(peer, connected)) {
      String peerName = now.displayName(peer);
      events.publish(
          connected
              ? new OverlayEvent.PeerConnected(overlay, peer, peerName)
              : new OverlayEvent.PeerLost(overlay, peer, peerName));
    }
  }
}
