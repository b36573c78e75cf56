// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.peer.PublicKey;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Peers that shook hands or moved, and of which the engine is still to be told. Any thread. */
final class ActivePeers {

  private final Set<PublicKey> peers = new LinkedHashSet<>();

  /**
   * Adds one.
   *
   * @return whether none was waiting
   */
  synchronized boolean add(PublicKey peer) {
    boolean isFirst = peers.isEmpty();
    peers.add(peer);
    return isFirst;
  }

  /** Takes all, in the order in which they came. */
  synchronized List<PublicKey> take() {
    List<PublicKey> taken = List.copyOf(peers);
    peers.clear();
    return taken;
  }
}
