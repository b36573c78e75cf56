// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A revision as the local host sees it: who is a direct peer, who has which id. Immutable. Source:
 * PEX §7, §12.1.
 */
public final class PexNetwork {

  private static final int OVERLAY_PREFIX_LENGTH = 64; // PEX §2.3

  private static final Comparator<Host> BY_NAME =
      Comparator.comparing(
          host -> host.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private final Optional<Host> local;
  private final List<Host> hosts;
  private final List<Host> directPeers;
  private final Map<PeerId, Host> byId = new HashMap<>();
  private final Set<InetAddress> overlayAddresses = new HashSet<>();
  private final Set<PublicKey> directKeys = new HashSet<>();
  private final Set<PublicKey> localOnly;
  private final boolean servedOnly;

  /** The revision as the host with this key sees it. */
  public PexNetwork(PublicKey localKey, NetworkRevision revision) {
    this(revision.host(localKey), withLocalPeers(revision), localPeers(revision), false);
  }

  /** All hosts; those of the network win over local peers with their keys. PEX §3.2. */
  private static List<Host> withLocalPeers(NetworkRevision revision) {
    List<Host> all = new ArrayList<>(revision.hosts());
    revision.localPeers().stream()
        .filter(peer -> revision.host(peer.key()).isEmpty())
        .forEach(all::add);
    return all;
  }

  private static Set<PublicKey> localPeers(NetworkRevision revision) {
    return revision.localPeers().stream()
        .map(Host::key)
        .filter(key -> revision.host(key).isEmpty())
        .collect(Collectors.toSet());
  }

  /**
   * The revision as the host with this key sees it.
   *
   * @param localOnly hosts of the revision that are not in the network's data but were added to
   *     them here ({@code peer_data}, PEX §3.2)
   * @param servedOnly whether members are known even without a local host: for a server that hands
   *     out the data of networks that it is no host of. The daemon refuses everybody then (PEX §19
   *     quirk 24)
   */
  public PexNetwork(
      PublicKey localKey, NetworkRevision revision, Set<PublicKey> localOnly, boolean servedOnly) {
    this(revision.host(localKey), revision.hosts(), localOnly, servedOnly);
  }

  private PexNetwork(
      Optional<Host> local, List<Host> all, Set<PublicKey> localOnly, boolean servedOnly) {
    this.local = local;
    this.localOnly = Set.copyOf(localOnly);
    this.servedOnly = servedOnly;
    hosts = all.stream().sorted(BY_NAME).toList();
    directPeers =
        local
            .map(own -> hosts.stream().filter(host -> isDirect(own, host)).toList())
            .orElse(List.of());
    directPeers.forEach(host -> directKeys.add(host.key()));
    for (Host host : hosts) {
      // Of two keys with one id the smaller is the one that is found. PEX §5.
      byId.merge(host.key().peerId(), host, (a, b) -> a.key().compareTo(b.key()) <= 0 ? a : b);
      overlayAddresses.add(host.overlayAddress());
      overlayAddresses.addAll(host.addresses());
    }
  }

  private static boolean isDirect(Host local, Host host) {
    return !host.key().equals(local.key())
        && host.gateway().map(local.name()::equals).orElse(true)
        && local.gateway().map(host.name()::equals).orElse(true);
  }

  /** The local host; absent if the revision has none, and then there is no peer either. */
  public Optional<Host> local() {
    return local;
  }

  /** All hosts, the local one too, in byte order of their names. */
  List<Host> hosts() {
    return hosts;
  }

  /** How many hosts there are, the local one too. */
  public int size() {
    return hosts.size();
  }

  /** The hosts that are WireGuard peers of the local one, in byte order of their names. */
  public List<Host> directPeers() {
    return directPeers;
  }

  /** The host with this id, whether direct or not. */
  public Optional<Host> host(PeerId id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * The member with this id, whether direct or not, as the sender of a message outside of the
   * tunnel. Without a local host nobody is known, unless the network is only served. PEX §7.
   */
  Optional<Host> externalSender(PeerId id) {
    return local.isPresent() || servedOnly
        ? host(id).filter(host -> !isLocal(id))
        : Optional.empty();
  }

  /** Whether a host is a WireGuard peer of the local one. */
  boolean isDirect(PublicKey key) {
    return directKeys.contains(key);
  }

  /** Whether a host is known only here, from {@code peer_data}. PEX §3.2. */
  boolean isLocalOnly(Host host) {
    return localOnly.contains(host.key());
  }

  /**
   * The public endpoints of the other hosts that the network's data name, with the port of external
   * messages: where to ask for newer data. PEX §8.3.
   */
  public List<EndpointName> endpointsToAsk() {
    return hosts.stream()
        .filter(host -> !isLocalOnly(host))
        .filter(host -> !local.map(Host::key).equals(Optional.of(host.key())))
        .flatMap(host -> host.endpoint().stream())
        .map(name -> new EndpointName(name.host(), NetworkDataExchange.GLOBAL_PORT))
        .distinct()
        .toList();
  }

  /** Whether the id is the local host's. */
  boolean isLocal(PeerId id) {
    return local.isPresent() && local.get().key().peerId().equals(id);
  }

  /**
   * Whether packets to the endpoint could leave over the underlay: a candidate inside the overlay
   * would send the tunnel through itself.
   */
  boolean isCandidate(Endpoint endpoint) {
    InetAddress address = endpoint.address();
    return endpoint.port() != 0
        && !address.isAnyLocalAddress()
        && !address.isMulticastAddress()
        && !isLimitedBroadcast(address)
        && !isUnscopedLinkLocal(address)
        && !overlayAddresses.contains(address)
        && local
            .map(host -> new IpPrefix(host.overlayAddress(), OVERLAY_PREFIX_LENGTH))
            .filter(prefix -> prefix.contains(address))
            .isEmpty();
  }

  static boolean isLimitedBroadcast(InetAddress address) {
    byte[] octets = address.getAddress();
    return octets.length == 4 && Arrays.equals(octets, new byte[] {-1, -1, -1, -1});
  }

  /** Messages carry no scope, without which an IPv6 link-local address leads nowhere. */
  private static boolean isUnscopedLinkLocal(InetAddress address) {
    return address instanceof Inet6Address && address.isLinkLocalAddress();
  }
}
