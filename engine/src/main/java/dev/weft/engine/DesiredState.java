// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What an overlay should look like: local configuration and network revision brought together.
 * Immutable.
 *
 * @param localHost the local host's entry in the network's data
 * @param addresses the local host's overlay addresses
 * @param peers peers of the data plane by key; their allowed IPs are disjoint
 * @param reach the addresses inside the overlay, which are no underlay endpoints
 * @param indirect hosts that are reached through others
 * @param keepalive the interval of PEX §9; zero switches the connect loop off
 * @param warnings what is legal but probably not meant
 */
record DesiredState(
    Optional<Host> localHost,
    List<InterfaceAddress> addresses,
    SequencedMap<PublicKey, DesiredPeer> peers,
    OverlayReach reach,
    List<PeerDerivation.IndirectPeer> indirect,
    Duration keepalive,
    List<String> warnings) {

  /**
   * A peer of the data plane.
   *
   * @param endpoint the configured endpoint
   * @param persistentKeepalive what to configure at creation; the connect loop may set more
   * @param networkHost whether it comes from the network's data, so that the connect loop cares
   */
  record DesiredPeer(
      PublicKey publicKey,
      Optional<String> name,
      Optional<PresharedKey> presharedKey,
      Optional<EndpointName> endpoint,
      Duration persistentKeepalive,
      List<IpPrefix> allowedIps,
      boolean networkHost) {}

  /** Brings configuration and revision together. The revision wins over a plain peer of its key. */
  static DesiredState of(
      OverlayConfig config, PublicKey localKey, Optional<NetworkRevision> revision) {
    PeerDerivation.View view =
        revision
            .map(present -> PeerDerivation.derive(localKey, present))
            .orElseGet(() -> new PeerDerivation.View(Optional.empty(), List.of(), List.of()));
    List<String> warnings = new ArrayList<>();
    SequencedMap<PublicKey, DesiredPeer> peers = new LinkedHashMap<>();
    for (PeerConfig peer : config.peers()) {
      if (!peer.publicKey().equals(localKey)) {
        peers.put(
            peer.publicKey(),
            new DesiredPeer(
                peer.publicKey(),
                peer.name(),
                peer.presharedKey(),
                peer.endpoint(),
                peer.persistentKeepalive(),
                peer.allowedIps(),
                false));
      } else {
        warnings.add("a peer has the local host's own key and is left out");
      }
    }
    for (PeerDerivation.DirectPeer peer : view.direct()) {
      Host host = peer.host();
      peers.remove(host.key());
      peers.put(
          host.key(),
          new DesiredPeer(
              host.key(),
              Optional.of(host.name()),
              Optional.empty(),
              host.endpoint(),
              Duration.ZERO,
              peer.allowedIps(),
              true));
    }
    List<InterfaceAddress> addresses = addresses(config, view.local());
    SequencedMap<PublicKey, DesiredPeer> owners = disjoint(peers, warnings);
    return new DesiredState(
        view.local(),
        addresses,
        owners,
        OverlayReach.of(addresses, owners.values()),
        view.indirect(),
        config.keepalive().or(() -> revision.map(NetworkRevision::keepalive)).orElse(Duration.ZERO),
        List.copyOf(warnings));
  }

  private static List<InterfaceAddress> addresses(OverlayConfig config, Optional<Host> local) {
    Set<InterfaceAddress> addresses = new LinkedHashSet<>();
    local.ifPresent(
        host -> {
          addresses.add(new InterfaceAddress(host.overlayAddress(), 64));
          for (InetAddress address : host.addresses()) {
            addresses.add(InterfaceAddress.host(address));
          }
        });
    addresses.addAll(config.interfaceConfig().addresses());
    return List.copyOf(addresses);
  }

  /**
   * A prefix that several peers claim belongs to the one written last (PEX §12.2). Making the sets
   * disjoint here keeps later updates of one peer from taking it back.
   */
  private static SequencedMap<PublicKey, DesiredPeer> disjoint(
      SequencedMap<PublicKey, DesiredPeer> peers, List<String> warnings) {
    Map<IpPrefix, PublicKey> owners = new HashMap<>();
    for (DesiredPeer peer : peers.values()) {
      for (IpPrefix prefix : peer.allowedIps()) {
        PublicKey before = owners.put(prefix, peer.publicKey());
        if (before != null && !before.equals(peer.publicKey())) {
          warnings.add(
              prefix
                  + " is claimed by "
                  + displayName(peers, before)
                  + " and "
                  + displayName(peers, peer.publicKey())
                  + "; the latter gets it");
        }
      }
    }
    SequencedMap<PublicKey, DesiredPeer> result = new LinkedHashMap<>();
    for (DesiredPeer peer : peers.values()) {
      List<IpPrefix> own =
          peer.allowedIps().stream()
              .distinct()
              .filter(prefix -> Objects.equals(owners.get(prefix), peer.publicKey()))
              .toList();
      result.put(
          peer.publicKey(),
          new DesiredPeer(
              peer.publicKey(),
              peer.name(),
              peer.presharedKey(),
              peer.endpoint(),
              peer.persistentKeepalive(),
              own,
              peer.networkHost()));
    }
    return result;
  }

  private static String displayName(Map<PublicKey, DesiredPeer> peers, PublicKey key) {
    DesiredPeer peer = peers.get(key);
    return peer == null ? key.shortName() : peer.name().orElseGet(key::shortName);
  }

  /** A peer's or host's name for people. */
  String displayName(PublicKey key) {
    DesiredPeer peer = peers.get(key);
    if (peer != null) {
      return peer.name().orElseGet(key::shortName);
    }
    return indirect.stream()
        .filter(host -> host.host().key().equals(key))
        .map(host -> host.host().name())
        .findFirst()
        .orElseGet(key::shortName);
  }

  /** The peer whose allowed IPs hold the address most specifically. */
  Optional<DesiredPeer> peerFor(InetAddress address) {
    DesiredPeer best = null;
    int bestLength = -1;
    for (DesiredPeer peer : peers.values()) {
      for (IpPrefix prefix : peer.allowedIps()) {
        if (prefix.length() > bestLength && prefix.contains(address)) {
          best = peer;
          bestLength = prefix.length();
        }
      }
    }
    return Optional.ofNullable(best);
  }
}
