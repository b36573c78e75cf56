// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PublicKey;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What of an overlay plain WireGuard can have: its interface, and a peer for each host of its
 * network that is reached directly. Source: PEX §12.1, §12.2.
 */
final class WgQuickExport {

  private static final String WHAT = "the overlay, as a wg-quick document,";

  private final OverlayConfig config;
  private final PublicKey ownKey;
  private final List<InterfaceAddress> addresses;
  private final List<PeerConfig> peers = new ArrayList<>();
  private OptionalInt listenPort;

  WgQuickExport(OverlayConfig config) {
    this.config = config;
    InterfaceConfig local = config.interfaceConfig();
    ownKey = local.privateKey().publicKey();
    addresses = new ArrayList<>(local.addresses());
    listenPort = local.listenPort();
  }

  WgQuickDocument document() {
    config.network().ifPresent(this::addNetwork);
    for (PeerConfig peer : config.peers()) {
      // For one key the network's host wins; and nobody is his own peer.
      boolean known = peers.stream().anyMatch(other -> other.publicKey().equals(peer.publicKey()));
      if (!known && !peer.publicKey().equals(ownKey)) {
        peers.add(peer);
      }
    }
    return new WgQuickDocument(
        config.interfaceConfig().privateKey(),
        listenPort,
        addresses,
        OptionalInt.of(config.interfaceConfig().mtuOctets()),
        peers,
        List.of());
  }

  private void addNetwork(NetworkRevision network) {
    Host local =
        network
            .host(ownKey)
            .orElseThrow(
                () ->
                    Problems.single(
                        WHAT, "", "a network without this host", "a network that has its key"));
    for (InetAddress address : addressesOf(local)) {
      if (addresses.stream().noneMatch(own -> own.address().equals(address))) {
        addresses.add(InterfaceAddress.host(address));
      }
    }
    if (listenPort.isEmpty()) {
      listenPort = OptionalInt.of(local.port());
    }
    Duration keepalive = config.keepalive().orElse(network.keepalive());
    for (Host host : network.hosts()) {
      if (!host.key().equals(ownKey) && relay(local, host).isEmpty()) {
        peers.add(peer(host, allowedIps(local, host, network.hosts()), keepalive));
      }
    }
    for (Host host : network.localPeers()) {
      if (network.host(host.key()).isEmpty()) {
        peers.add(peer(host, prefixesOf(host), keepalive));
      }
    }
  }

  private static PeerConfig peer(Host host, Set<IpPrefix> prefixes, Duration keepalive) {
    PeerConfig.Builder peer =
        PeerConfig.builder(host.key())
            .name(host.name())
            .allowedIps(List.copyOf(prefixes))
            .persistentKeepalive(keepalive);
    host.endpoint().ifPresent(peer::endpoint);
    return peer.build();
  }

  /** Through whom the local host reaches another. */
  private static Optional<String> relay(Host local, Host host) {
    if (host.gateway().isPresent() && !host.gateway().get().equals(local.name())) {
      return host.gateway();
    }
    return local.gateway().filter(gateway -> !gateway.equals(host.name()));
  }

  /** The peer's own, and those of whom it relays for. */
  private Set<IpPrefix> allowedIps(Host local, Host peer, List<Host> hosts) {
    Set<IpPrefix> prefixes = prefixesOf(peer);
    for (Host other : hosts) {
      boolean relayed =
          local.gateway().equals(Optional.of(peer.name()))
              || other.gateway().equals(Optional.of(peer.name()));
      if (relayed && !other.key().equals(ownKey)) {
        prefixes.addAll(prefixesOf(other));
      }
    }
    return prefixes;
  }

  private static Set<IpPrefix> prefixesOf(Host host) {
    Set<IpPrefix> prefixes = new LinkedHashSet<>();
    addressesOf(host).forEach(address -> prefixes.add(IpPrefix.host(address)));
    prefixes.addAll(host.subnets());
    return prefixes;
  }

  private static List<InetAddress> addressesOf(Host host) {
    return Stream.concat(Stream.of((InetAddress) host.overlayAddress()), host.addresses().stream())
        .distinct()
        .toList();
  }
}
