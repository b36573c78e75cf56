// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerSnapshot;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Compares successive snapshots of a data plane and says what changed. Owned by the overlay's
 * queue.
 */
final class PeerTracker {

  /** After this a session is of no use any more: REJECT_AFTER_TIME, WG §6.1. */
  private static final long CONNECTED_NANOS = TimeUnit.SECONDS.toNanos(180);

  /** What may change about a peer. */
  interface Changes {
    /** A handshake completed since the last snapshot. */
    void handshake(PublicKey peer, Optional<Endpoint> endpoint);

    /** The peer's packets go elsewhere now. */
    void endpoint(PublicKey peer, Endpoint endpoint);
  }

  private static final class Known {
    private OptionalLong handshakeNanos = OptionalLong.empty();
    private Optional<Endpoint> endpoint = Optional.empty();
    private boolean connected;
    private Optional<Duration> roundTripTime = Optional.empty();
  }

  private final Map<PublicKey, Known> peers = new HashMap<>();

  /** Takes a snapshot and reports the differences to the one before. */
  void observe(List<PeerSnapshot> snapshots, Changes changes) {
    for (PeerSnapshot snapshot : snapshots) {
      Known known = known(snapshot.publicKey());
      if (!snapshot.endpoint().equals(known.endpoint)) {
        known.endpoint = snapshot.endpoint();
        snapshot.endpoint().ifPresent(now -> changes.endpoint(snapshot.publicKey(), now));
      }
      if (snapshot.lastHandshakeNanos().isPresent()
          && !snapshot.lastHandshakeNanos().equals(known.handshakeNanos)) {
        known.handshakeNanos = snapshot.lastHandshakeNanos();
        changes.handshake(snapshot.publicKey(), snapshot.endpoint());
      }
    }
  }

  /** Forgets all others. */
  void retain(Set<PublicKey> keys) {
    peers.keySet().retainAll(keys);
  }

  /** Forgets one peer's session, after it was removed and made anew. */
  void forget(PublicKey peer) {
    peers.remove(peer);
  }

  /** Whether the peer had a handshake in the last 180 s: the rule without PEX. */
  boolean hasFreshHandshake(PublicKey peer, long nowNanos) {
    OptionalLong handshake = known(peer).handshakeNanos;
    return handshake.isPresent() && nowNanos - handshake.getAsLong() < CONNECTED_NANOS;
  }

  boolean hadHandshake(PublicKey peer) {
    return known(peer).handshakeNanos.isPresent();
  }

  boolean isConnected(PublicKey peer) {
    Known known = peers.get(peer);
    return known != null && known.connected;
  }

  /**
   * Notes whether a peer is connected.
   *
   * @return whether that is news
   */
  boolean setConnected(PublicKey peer, boolean connected) {
    Known known = known(peer);
    boolean changed = known.connected != connected;
    known.connected = connected;
    return changed;
  }

  Optional<Duration> roundTripTime(PublicKey peer) {
    return known(peer).roundTripTime;
  }

  void setRoundTripTime(PublicKey peer, Duration time) {
    known(peer).roundTripTime = Optional.of(time);
  }

  private Known known(PublicKey peer) {
    return peers.computeIfAbsent(peer, key -> new Known());
  }
}
