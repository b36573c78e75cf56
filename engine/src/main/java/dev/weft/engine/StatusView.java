// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.DesiredState.DesiredPeer;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes an overlay's status out of what engine, plane and services know. Pure but for the clocks.
 */
final class StatusView {

  private StatusView() {}

  /** The status of an overlay. */
  static OverlayStatus of(
      InForce inForce,
      OverlayState state,
      String plane,
      PlaneSnapshot snapshot,
      PeerTracker tracker,
      EndpointTable endpoints,
      Map<String, Long> counters,
      TimeSource time) {
    DesiredState desired = inForce.desired();
    Map<PublicKey, PeerSnapshot> snapshots = new HashMap<>();
    snapshot.peers().forEach(peer -> snapshots.put(peer.publicKey(), peer));
    List<PeerStatus> peers = new ArrayList<>();
    for (DesiredPeer peer : desired.peers().values()) {
      PeerSnapshot seen = snapshots.get(peer.publicKey());
      if (seen != null) {
        peers.add(direct(peer, seen, tracker, endpoints, time));
      }
    }
    for (PeerDerivation.IndirectPeer peer : desired.indirect()) {
      peers.add(indirect(peer));
    }
    return new OverlayStatus(
        inForce.config().name(),
        state,
        inForce.localKey(),
        desired.localHost().map(Host::name),
        desired.addresses(),
        Optional.of(plane),
        snapshot.listen(),
        inForce.revision().map(NetworkRevision::version).orElse(0L),
        peers,
        snapshot.drops(),
        snapshot.details(),
        counters);
  }

  private static PeerStatus direct(
      DesiredPeer peer,
      PeerSnapshot seen,
      PeerTracker tracker,
      EndpointTable endpoints,
      TimeSource time) {
    PublicKey key = peer.publicKey();
    Optional<Instant> handshake =
        seen.lastHandshakeNanos().isPresent()
            ? Optional.of(
                time.wallClock()
                    .minusNanos(time.nanoTime() - seen.lastHandshakeNanos().getAsLong()))
            : Optional.empty();
    return new PeerStatus(
        key,
        peer.name(),
        seen.endpoint(),
        seen.endpoint()
            .map(endpoint -> endpoints.originOf(key, endpoint))
            .orElse(EndpointOrigin.NONE),
        Optional.empty(),
        tracker.isConnected(key),
        handshake,
        tracker.roundTripTime(key),
        seen.receivedOctets(),
        seen.sentOctets(),
        seen.receivedPackets(),
        seen.sentPackets(),
        peer.allowedIps(),
        peer.persistentKeepalive());
  }

  private static PeerStatus indirect(PeerDerivation.IndirectPeer peer) {
    return new PeerStatus(
        peer.host().key(),
        Optional.of(peer.host().name()),
        Optional.empty(),
        EndpointOrigin.NONE,
        Optional.of(peer.via()),
        false,
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0,
        0,
        List.of(),
        Duration.ZERO);
  }
}
