// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The peers of a {@link FakeDataPlane}. Used by the simulation's thread. */
final class FakePeers {

  /** A peer: its configuration as all updates left it, and what a test scripted. */
  static final class Peer {
    PeerUpdate.Create config;
    Optional<Endpoint> endpoint;
    OptionalLong lastHandshakeNanos = OptionalLong.empty();
    long receivedOctets;
    long sentOctets;
    long receivedPackets;
    long sentPackets;

    private Peer(PeerUpdate.Create config) {
      this.config = config;
      endpoint = config.endpoint();
    }

    private PeerSnapshot snapshot() {
      return new PeerSnapshot(
          config.publicKey(),
          endpoint,
          lastHandshakeNanos,
          receivedOctets,
          sentOctets,
          receivedPackets,
          sentPackets);
    }
  }

  private final Map<PublicKey, Peer> peers = new LinkedHashMap<>();

  List<PublicKey> keys() {
    return List.copyOf(peers.keySet());
  }

  Optional<Peer> find(PublicKey key) {
    return Optional.ofNullable(peers.get(key));
  }

  /**
   * The peer with a key.
   *
   * @throws IllegalArgumentException if there is none
   */
  Peer require(PublicKey key) {
    return find(key)
        .orElseThrow(() -> new IllegalArgumentException("the plane has no peer " + key));
  }

  /** The peer that holds an address by the longest prefix. WG §2. */
  Optional<PublicKey> holder(InetAddress address) {
    return peers.values().stream()
        .flatMap(peer -> peer.config.allowedIps().stream().map(it -> Map.entry(it, peer)))
        .filter(entry -> entry.getKey().contains(address))
        .max(Comparator.comparingInt(entry -> entry.getKey().length()))
        .map(entry -> entry.getValue().config.publicKey());
  }

  List<PeerSnapshot> snapshots() {
    return peers.values().stream().map(Peer::snapshot).toList();
  }

  void forgetHandshakes() {
    peers.values().forEach(peer -> peer.lastHandshakeNanos = OptionalLong.empty());
  }

  /**
   * Applies an update.
   *
   * @throws IllegalArgumentException if it changes a peer that does not exist
   */
  void apply(PeerUpdate update) {
    switch (update) {
      case PeerUpdate.Create create -> {
        peers.remove(create.publicKey());
        peers.put(create.publicKey(), new Peer(create));
        takePrefixes(create);
      }
      case PeerUpdate.Update change -> {
        Peer peer = require(change.publicKey());
        PeerUpdate.Create before = peer.config;
        peer.endpoint = change.endpoint().applyTo(peer.endpoint);
        peer.config =
            new PeerUpdate.Create(
                change.publicKey(),
                change.presharedKey().applyTo(before.presharedKey()),
                change.endpoint().applyTo(before.endpoint()),
                change
                    .persistentKeepalive()
                    .applyTo(Optional.of(before.persistentKeepalive()))
                    .orElse(Duration.ZERO),
                change.allowedIps().applyTo(Optional.of(before.allowedIps())).orElse(List.of()));
        takePrefixes(peer.config);
      }
      case PeerUpdate.Delete delete -> peers.remove(delete.publicKey());
    }
  }

  /** A prefix belongs to one peer: the one that got it last. WG §2. */
  private void takePrefixes(PeerUpdate.Create owner) {
    for (Peer peer : peers.values()) {
      PeerUpdate.Create config = peer.config;
      if (!config.publicKey().equals(owner.publicKey())) {
        peer.config =
            new PeerUpdate.Create(
                config.publicKey(),
                config.presharedKey(),
                config.endpoint(),
                config.persistentKeepalive(),
                config.allowedIps().stream()
                    .filter(prefix -> !owner.allowedIps().contains(prefix))
                    .toList());
      }
    }
  }
}
