// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The endpoint candidates of every peer: four slots, walked in turn, overwritten by newer
 * information. Owned by the overlay's queue. Source: PEX §9.3.
 *
 * <p>What fills the learned slots is a hint that any member, and for the notified ones any
 * stranger, can forge. So a slot keeps the last candidate that led to a handshake beside the newest
 * one and gives them in turn, and notified candidates that are not repeated are forgotten: honest
 * hosts repeat theirs about every 11 s (PEX §8.1).
 */
final class EndpointTable {

  private static final List<EndpointOrigin> SLOTS =
      List.of(
          EndpointOrigin.CONFIGURED,
          EndpointOrigin.PEX,
          EndpointOrigin.ENDPOINT_NOTIFY,
          EndpointOrigin.ENDPOINT_PORT_NOTIFY);

  /** How long a notified candidate is good without being repeated. */
  private static final long NOTIFIED_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** What to try next. */
  sealed interface Candidate {
    /** A name to resolve; the rotation over its addresses is the resolver's caller's. */
    record Named(EndpointName name) implements Candidate {}

    /** An endpoint that was learned. */
    record Learned(Endpoint endpoint, EndpointOrigin origin) implements Candidate {}
  }

  /** What was learned from one source. */
  private static final class Slot {
    private Optional<Endpoint> newest = Optional.empty();
    private long newestNanos;
    private Optional<Endpoint> proven = Optional.empty();
    private boolean provenIsNext;

    void propose(Endpoint endpoint, long nowNanos) {
      newest = Optional.of(endpoint);
      newestNanos = nowNanos;
    }

    void proved(Endpoint endpoint) {
      if (newest.equals(Optional.of(endpoint))) {
        proven = newest;
      }
    }

    void forgetOldNews(long nowNanos) {
      if (nowNanos - newestNanos > NOTIFIED_NANOS) {
        newest = Optional.empty();
      }
    }

    void removeIf(Predicate<Endpoint> unusable) {
      newest = newest.filter(endpoint -> !unusable.test(endpoint));
      proven = proven.filter(endpoint -> !unusable.test(endpoint));
    }

    /** The proven and the newest in turn, if they differ. */
    Optional<Endpoint> next() {
      if (newest.isEmpty() || proven.isEmpty() || newest.equals(proven)) {
        return newest.or(() -> proven);
      }
      provenIsNext = !provenIsNext;
      return provenIsNext ? proven : newest;
    }
  }

  /** The candidates of one peer. */
  private static final class Slots {
    private final Map<EndpointOrigin, Slot> learned = new EnumMap<>(EndpointOrigin.class);
    private Optional<EndpointName> configured = Optional.empty();
    private int nextSlot;
    private int nextAddress;
    private Optional<Endpoint> tried = Optional.empty();
    private EndpointOrigin triedOrigin = EndpointOrigin.NONE;
  }

  private final Map<PublicKey, Slots> peers = new HashMap<>();

  /** Keeps only these peers. */
  void retain(Set<PublicKey> keys) {
    peers.keySet().retainAll(keys);
  }

  /** Sets or clears the configured endpoint. */
  void configure(PublicKey peer, Optional<EndpointName> endpoint) {
    slots(peer).configured = endpoint;
  }

  /** Puts a learned endpoint into the slot of its origin. */
  void propose(PublicKey peer, EndpointOrigin origin, Endpoint endpoint, long nowNanos) {
    if (SLOTS.indexOf(origin) < 1) {
      throw new IllegalArgumentException("no candidate is learned from " + origin);
    }
    slots(peer).learned.computeIfAbsent(origin, key -> new Slot()).propose(endpoint, nowNanos);
  }

  /** A handshake completed with an endpoint. */
  void proved(PublicKey peer, Endpoint endpoint) {
    slots(peer).learned.values().forEach(slot -> slot.proved(endpoint));
  }

  /** The next candidate in turn; empty if there is none. */
  Optional<Candidate> next(PublicKey peer, long nowNanos) {
    Slots slots = slots(peer);
    for (int i = 0; i < SLOTS.size(); i++) {
      EndpointOrigin origin = SLOTS.get(slots.nextSlot);
      slots.nextSlot = (slots.nextSlot + 1) % SLOTS.size();
      if (origin == EndpointOrigin.CONFIGURED && slots.configured.isPresent()) {
        return Optional.of(new Candidate.Named(slots.configured.get()));
      }
      Slot slot = slots.learned.get(origin);
      if (slot == null) {
        continue;
      }
      if (origin != EndpointOrigin.PEX) {
        slot.forgetOldNews(nowNanos);
      }
      Optional<Endpoint> endpoint = slot.next();
      if (endpoint.isPresent()) {
        return Optional.of(new Candidate.Learned(endpoint.get(), origin));
      }
    }
    return Optional.empty();
  }

  /** A number that grows by one at each call, to rotate over the addresses of a name. */
  int nextAddress(PublicKey peer) {
    Slots slots = slots(peer);
    int next = slots.nextAddress;
    slots.nextAddress = next == Integer.MAX_VALUE ? 0 : next + 1;
    return next;
  }

  /** Remembers what was configured, so that its origin is known. */
  void tried(PublicKey peer, Endpoint endpoint, EndpointOrigin origin) {
    Slots slots = slots(peer);
    slots.tried = Optional.of(endpoint);
    slots.triedOrigin = origin;
  }

  /** How an endpoint that the data plane reports was learned. */
  EndpointOrigin originOf(PublicKey peer, Endpoint endpoint) {
    Slots slots = peers.get(peer);
    if (slots == null || !slots.tried.equals(Optional.of(endpoint))) {
      return EndpointOrigin.ROAMING;
    }
    return slots.triedOrigin;
  }

  /** Drops learned candidates that have become unusable. */
  void removeIf(Predicate<Endpoint> unusable) {
    for (Slots slots : peers.values()) {
      slots.learned.values().forEach(slot -> slot.removeIf(unusable));
    }
  }

  private Slots slots(PublicKey peer) {
    return peers.computeIfAbsent(peer, key -> new Slots());
  }
}
