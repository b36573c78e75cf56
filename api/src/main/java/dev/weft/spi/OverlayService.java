// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A service on an overlay. All methods are called on the overlay's queue; none blocks. */
public interface OverlayService {

  /** A new revision is in force: its hosts are already peers of the data plane. */
  void onRevision(NetworkRevision revision);

  /**
   * The one-second tick, with the peers' state just read (PEX §9.1). Runs first 10 ms after each
   * load.
   *
   * @param nowNanos the runtime's monotonic clock
   * @param peers all peers of the data plane
   */
  void onTick(long nowNanos, List<PeerSnapshot> peers);

  /**
   * Called in each tick after the engine configured endpoint candidates: the moment for questions
   * about peers that are still not connected.
   */
  default void onCandidatesTried(long nowNanos) {}

  /**
   * Whether this service considers a peer connected; empty if it has no opinion, and then the
   * engine's own rule holds: a handshake in the last 180 s.
   */
  default Optional<Boolean> isConnected(PublicKey peer) {
    return Optional.empty();
  }

  /**
   * What the service offers to the overlay's user beyond the overlay itself, see {@link
   * dev.weft.overlay.Overlay#service}. Called on any thread.
   *
   * @return a thread-safe object
   */
  default <T> Optional<T> handle(Class<T> type) {
    return Optional.empty();
  }

  /** Counters for status, by name; names are lower-case with dashes. */
  default Map<String, Long> counters() {
    return Map.of();
  }

  /** Releases everything. Idempotent. */
  void close();
}
