// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Turns a network's hosts into WireGuard peers and their allowed IPs, as seen from one host. Pure.
 * Source: PEX §12.1, §12.2.
 */
final class PeerDerivation {

  /** Hosts are taken in byte order of their names. PEX §12.2. */
  static final Comparator<Host> BY_NAME =
      (left, right) ->
          Arrays.compareUnsigned(
              left.name().getBytes(StandardCharsets.UTF_8),
              right.name().getBytes(StandardCharsets.UTF_8));

  /**
   * A host that gets a WireGuard peer.
   *
   * @param allowedIps in the order of PEX §12.2
   */
  record DirectPeer(Host host, List<IpPrefix> allowedIps) {
    DirectPeer {
      allowedIps = List.copyOf(allowedIps);
    }
  }

  /**
   * A host that is reached through another.
   *
   * @param via the relaying host's name
   */
  record IndirectPeer(Host host, String via) {}

  /**
   * The network as one host sees it.
   *
   * @param local absent if the network does not have the host: then there are no peers
   * @param direct in byte order of the names
   * @param indirect in byte order of the names
   */
  record View(Optional<Host> local, List<DirectPeer> direct, List<IndirectPeer> indirect) {
    View {
      direct = List.copyOf(direct);
      indirect = List.copyOf(indirect);
    }
  }

  private PeerDerivation() {}

  /** The view of the host with this key. */
  static View derive(PublicKey localKey, NetworkRevision revision) {
    Optional<Host> found = revision.host(localKey);
    if (found.isEmpty()) {
      return new View(found, List.of(), List.of());
    }
    Host local = found.get();
    List<Host> others =
        revision.hosts().stream()
            .filter(host -> !host.key().equals(localKey))
            .sorted(BY_NAME)
            .toList();
    List<DirectPeer> direct = new ArrayList<>();
    List<IndirectPeer> indirect = new ArrayList<>();
    for (Host host : others) {
      Optional<String> via = relay(local, host);
      if (via.isPresent()) {
        indirect.add(new IndirectPeer(host, via.get()));
      } else {
        direct.add(new DirectPeer(host, allowedIps(local, host, others)));
      }
    }
    for (Host peer : revision.localPeers()) {
      // The network's data win, and nobody is his own peer. PEX §3.2.
      if (revision.host(peer.key()).isEmpty()) {
        direct.add(new DirectPeer(peer, prefixesOf(peer)));
      }
    }
    return new View(found, direct, indirect);
  }

  /** Through whom the local host reaches another; empty if directly. PEX §12.1. */
  private static Optional<String> relay(Host local, Host host) {
    if (host.gateway().isPresent() && !host.gateway().get().equals(local.name())) {
      return host.gateway();
    }
    if (local.gateway().isPresent() && !local.gateway().get().equals(host.name())) {
      return local.gateway();
    }
    return Optional.empty();
  }

  private static List<IpPrefix> allowedIps(Host local, Host peer, List<Host> others) {
    List<IpPrefix> prefixes = new ArrayList<>(prefixesOf(peer));
    for (Host other : others) {
      boolean relayed =
          local.gateway().equals(Optional.of(peer.name()))
              || other.gateway().equals(Optional.of(peer.name()));
      if (!other.key().equals(peer.key()) && relayed) {
        prefixes.addAll(prefixesOf(other));
      }
    }
    return prefixes;
  }

  private static List<IpPrefix> prefixesOf(Host host) {
    List<IpPrefix> prefixes = new ArrayList<>();
    prefixes.add(IpPrefix.host(host.overlayAddress()));
    for (InetAddress address : host.addresses()) {
      prefixes.add(IpPrefix.host(address));
    }
    prefixes.addAll(host.subnets());
    return prefixes;
  }
}
