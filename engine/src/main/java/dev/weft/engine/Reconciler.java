// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.DesiredState.DesiredPeer;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The difference between what a data plane was given and what it should have: an ordered list of
 * updates. Pure. Peers that did not change do not occur in it.
 */
final class Reconciler {

  private Reconciler() {}

  /** The updates that lead from one set of peers to another. */
  static List<PeerUpdate> diff(
      Map<PublicKey, DesiredPeer> actual, Map<PublicKey, DesiredPeer> desired) {
    List<PeerUpdate> updates = new ArrayList<>();
    // Removals first, so that their prefixes are free before others take them.
    for (PublicKey key : actual.keySet()) {
      if (!desired.containsKey(key)) {
        updates.add(new PeerUpdate.Delete(key));
      }
    }
    for (DesiredPeer peer : desired.values()) {
      DesiredPeer before = actual.get(peer.publicKey());
      if (before != null) {
        PeerUpdate.Update update = update(before, peer);
        if (!update.isEmpty()) {
          updates.add(update);
        }
      }
    }
    for (DesiredPeer peer : desired.values()) {
      if (!actual.containsKey(peer.publicKey())) {
        updates.add(
            new PeerUpdate.Create(
                peer.publicKey(),
                peer.presharedKey(),
                firstEndpoint(peer),
                peer.persistentKeepalive(),
                peer.allowedIps()));
      }
    }
    return updates;
  }

  private static PeerUpdate.Update update(DesiredPeer before, DesiredPeer after) {
    PeerUpdate.Update update =
        PeerUpdate.Update.of(after.publicKey())
            .withPresharedKey(Change.between(before.presharedKey(), after.presharedKey()))
            .withAllowedIps(
                before.allowedIps().equals(after.allowedIps())
                    ? Change.unchanged()
                    : Change.set(after.allowedIps()));
    if (before.persistentKeepalive().equals(after.persistentKeepalive())) {
      return update;
    }
    return update.withPersistentKeepalive(keepalive(after.persistentKeepalive()));
  }

  /**
   * A plain peer's numeric endpoint is there from the start, so that its first packet finds it.
   * Names and the network's hosts are the connect loop's.
   */
  private static Optional<Endpoint> firstEndpoint(DesiredPeer peer) {
    return peer.networkHost() ? Optional.empty() : peer.endpoint().flatMap(EndpointName::numeric);
  }

  private static Change<Duration> keepalive(Duration interval) {
    return interval.isZero() ? Change.cleared() : Change.set(interval);
  }
}
