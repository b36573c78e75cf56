// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.PeerStatus;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known about an overlay at one moment. Immutable and thread-safe; holds no secret.
 *
 * @param name the overlay's name
 * @param state where it is in its life
 * @param localKey the local host's public key
 * @param localName the local host's name in the network's data
 * @param addresses the local host's overlay addresses
 * @param dataPlane the plane in use
 * @param listen the underlay address and port in use
 * @param revision the version of the network's data in force
 * @param peers all peers
 * @param drops counted drops by reason
 * @param details further facts, for a person
 * @param counters the services' counters, by {@code service.name}
 */
public record OverlayStatus(
    String name,
    OverlayState state,
    PublicKey localKey,
    Optional<String> localName,
    List<InterfaceAddress> addresses,
    Optional<String> dataPlane,
    Optional<Endpoint> listen,
    long revision,
    List<PeerStatus> peers,
    Map<String, Long> drops,
    Map<String, String> details,
    Map<String, Long> counters) {

  public OverlayStatus {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(localKey, "localKey");
    addresses = List.copyOf(addresses);
    peers = List.copyOf(peers);
    drops = Map.copyOf(drops);
    details = Map.copyOf(details);
    counters = Map.copyOf(counters);
  }

  /** The peer with this name. */
  public Optional<PeerStatus> peer(String peerName) {
    return peers.stream().filter(peer -> peer.name().equals(Optional.of(peerName))).findFirst();
  }

  /** The peer with this key. */
  public Optional<PeerStatus> peer(PublicKey key) {
    return peers.stream().filter(peer -> peer.publicKey().equals(key)).findFirst();
  }

  /** Whether an address is one of the local host's. */
  public boolean isLocal(InetAddress address) {
    return addresses.stream().anyMatch(own -> own.address().equals(address));
  }
}
