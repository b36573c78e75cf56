// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.pex.message.PeerEndpoint;
import dev.weft.transport.Endpoint;
import java.util.List;
import java.util.Optional;

/**
 * Where others say that a peer is: as they see it, in its local network, or both. Of both, neither
 * can be told to be the right one: hosts with one public address may share a local network, or only
 * their carrier's NAT. So both are tried in turn, as the one PEX candidate (PEX §9.3), first the
 * local one. Belongs to the {@link PexNode}.
 */
final class ToldEndpoints {

  /**
   * Longer than REKEY_TIMEOUT of 5 s with its jitter (WG §6.1), so that each gets an initiation.
   */
  static final int TICKS_EACH = 6;

  private Optional<Endpoint> seen = Optional.empty();
  private Optional<Endpoint> local = Optional.empty();
  private boolean triesLocal;
  private int ticks;

  /**
   * Takes what one message says about the peer, which replaces what was said before. If that is
   * nothing new, taking turns goes on.
   *
   * @param entries one or more
   * @return what to propose, in this order: the last one is tried first
   */
  List<Endpoint> take(List<PeerEndpoint> entries) {
    Optional<Endpoint> newSeen = last(entries, false);
    Optional<Endpoint> newLocal = last(entries, true);
    if (newSeen.isPresent()
        && newLocal.isPresent()
        && newSeen.equals(seen)
        && newLocal.equals(local)) {
      return List.of();
    }
    seen = newSeen;
    local = newLocal;
    triesLocal = entries.getLast().local();
    ticks = 0;
    return entries.stream().map(PeerEndpoint::endpoint).toList();
  }

  private static Optional<Endpoint> last(List<PeerEndpoint> entries, boolean local) {
    return entries.reversed().stream()
        .filter(entry -> entry.local() == local)
        .map(PeerEndpoint::endpoint)
        .findFirst();
  }

  /** A tick without a connection; returns the endpoint whose turn begins, if one does. */
  Optional<Endpoint> onTick() {
    if (seen.isEmpty() || local.isEmpty()) {
      return Optional.empty();
    }
    ticks++;
    if (ticks < TICKS_EACH) {
      return Optional.empty();
    }
    ticks = 0;
    triesLocal = !triesLocal;
    return triesLocal ? local : seen;
  }
}
