// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.DesiredState.DesiredPeer;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.EndpointResolver;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Gives peers their endpoints. A host of the network that is not connected gets its next candidate
 * each second, with its keepalive switched off and on, which makes WireGuard start a handshake (PEX
 * §9.1). A plain peer gets its configured endpoint once; a name is looked up again while it has no
 * handshake. Owned by the overlay's queue.
 */
final class ConnectLoop {

  private static final long RETRY_NAME_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final EndpointTable endpoints;
  private final TimeSource time;
  private final EndpointResolver resolver;
  private final Scheduler queue;
  private final Consumer<List<PeerUpdate>> plane;
  private final Predicate<Endpoint> usable;
  private final Set<PublicKey> resolving = new HashSet<>();
  private final Map<PublicKey, Long> plainTriedNanos = new HashMap<>();
  private long rejected;

  /**
   * A loop.
   *
   * @param plane takes the updates
   * @param usable whether an address may be an underlay endpoint
   */
  ConnectLoop(
      EndpointTable endpoints,
      TimeSource time,
      EndpointResolver resolver,
      Scheduler queue,
      Consumer<List<PeerUpdate>> plane,
      Predicate<Endpoint> usable) {
    this.endpoints = endpoints;
    this.time = time;
    this.resolver = resolver;
    this.queue = queue;
    this.plane = plane;
    this.usable = usable;
  }

  /** Candidates that were refused because they lead into an overlay. */
  long rejected() {
    return rejected;
  }

  /** Takes over a new desired state. */
  void onDesired(DesiredState desired) {
    endpoints.retain(desired.peers().keySet());
    plainTriedNanos.keySet().retainAll(desired.peers().keySet());
    for (DesiredPeer peer : desired.peers().values()) {
      endpoints.configure(peer.publicKey(), peer.endpoint());
    }
    endpoints.removeIf(endpoint -> !usable.test(endpoint));
  }

  /** A peer's configured endpoint changed: it is due at once. */
  void retryNow(PublicKey peer) {
    plainTriedNanos.remove(peer);
  }

  /** Offers a learned candidate. */
  void propose(PublicKey peer, EndpointOrigin origin, Endpoint candidate) {
    if (candidate.port() == 0 || !usable.test(candidate)) {
      rejected++;
    } else {
      endpoints.propose(peer, origin, candidate, time.nanoTime());
    }
  }

  /** Tries the next candidate of a host that is not connected. */
  void connect(DesiredPeer peer, Duration keepalive) {
    if (keepalive.isZero() || resolving.contains(peer.publicKey())) {
      return;
    }
    endpoints
        .next(peer.publicKey(), time.nanoTime())
        .ifPresent(
            candidate -> {
              switch (candidate) {
                case EndpointTable.Candidate.Named(EndpointName name) ->
                    resolve(peer.publicKey(), name, keepalive);
                case EndpointTable.Candidate.Learned(Endpoint endpoint, EndpointOrigin origin) ->
                    configure(peer.publicKey(), endpoint, origin, keepalive);
              }
            });
  }

  /** Gives a plain peer its configured endpoint, if it is due. */
  void connectPlain(DesiredPeer peer, boolean hadHandshake, long nowNanos) {
    Optional<EndpointName> endpoint = peer.endpoint();
    if (endpoint.isEmpty() || resolving.contains(peer.publicKey())) {
      return;
    }
    Long tried = plainTriedNanos.get(peer.publicKey());
    boolean literal = endpoint.get().numeric().isPresent();
    boolean due =
        tried == null || (!hadHandshake && !literal && nowNanos - tried - RETRY_NAME_NANOS >= 0);
    if (due) {
      plainTriedNanos.put(peer.publicKey(), nowNanos);
      resolve(peer.publicKey(), endpoint.get(), peer.persistentKeepalive());
    }
  }

  private void resolve(PublicKey peer, EndpointName name, Duration keepalive) {
    resolving.add(peer);
    Stages.then(
        resolver.resolve(name.host()),
        queue,
        (addresses, failure) -> {
          resolving.remove(peer);
          if (addresses != null && !addresses.isEmpty()) {
            useOne(peer, addresses, name.port(), keepalive);
          }
        });
  }

  /** Each time the next of a name's addresses. PEX §9.3. */
  private void useOne(PublicKey peer, List<InetAddress> addresses, int port, Duration keepalive) {
    int index = Math.floorMod(endpoints.nextAddress(peer), addresses.size());
    Endpoint endpoint = new Endpoint(addresses.get(index), port);
    if (usable.test(endpoint)) {
      configure(peer, endpoint, EndpointOrigin.CONFIGURED, keepalive);
    } else {
      rejected++;
    }
  }

  private void configure(
      PublicKey peer, Endpoint endpoint, EndpointOrigin origin, Duration keepalive) {
    endpoints.tried(peer, endpoint, origin);
    List<PeerUpdate> updates = new ArrayList<>();
    PeerUpdate.Update update = PeerUpdate.Update.of(peer).withEndpoint(Change.set(endpoint));
    if (keepalive.isZero()) {
      updates.add(update);
    } else {
      updates.add(update.withPersistentKeepalive(Change.cleared()));
      updates.add(PeerUpdate.Update.of(peer).withPersistentKeepalive(Change.set(keepalive)));
    }
    plane.accept(updates);
  }
}
