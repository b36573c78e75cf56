// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One version of a network's data: everything that all its hosts share. Immutable. Source: PEX
 * §3.2.
 *
 * @param version for signed data its time stamp, compared unsigned; 0 for local data
 * @param hosts all hosts, in document order; names and keys are unique
 * @param services all services
 * @param port the WireGuard port of hosts that set none
 * @param keepalive the interval of PEX §9; zero switches connecting off
 * @param stunServers who tells a host its external port, PEX §10
 * @param localPeers hosts that only this host knows of ({@code peer_data} of PEX §3.2): they get a
 *     WireGuard peer and are believed in PEX, but have no gateway and are never asked for; a host
 *     of the network with the same key wins
 */
public record NetworkRevision(
    long version,
    List<Host> hosts,
    List<ServiceDefinition> services,
    int port,
    Duration keepalive,
    List<EndpointName> stunServers,
    List<Host> localPeers) {

  /** The WireGuard port where the data name none. */
  public static final int DEFAULT_PORT = 51820;

  public NetworkRevision {
    hosts = List.copyOf(hosts);
    services = List.copyOf(services);
    stunServers = List.copyOf(stunServers);
    localPeers = List.copyOf(localPeers);
    Objects.requireNonNull(keepalive, "keepalive");
    PeerConfig.requireKeepalive(keepalive);
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " is not in 0 to 65535");
    }
    Set<String> names = new HashSet<>();
    Set<PublicKey> keys = new HashSet<>();
    for (Host host : hosts) {
      if (!names.add(host.name())) {
        throw new IllegalArgumentException("hosts: the name " + host.name() + " occurs twice");
      }
      if (!keys.add(host.key())) {
        throw new IllegalArgumentException("hosts: the key of " + host.name() + " occurs twice");
      }
    }
  }

  /** A revision without STUN servers and local peers. */
  public NetworkRevision(
      long version,
      List<Host> hosts,
      List<ServiceDefinition> services,
      int port,
      Duration keepalive) {
    this(version, hosts, services, port, keepalive, List.of(), List.of());
  }

  /** The same revision with other STUN servers. */
  public NetworkRevision withStunServers(List<EndpointName> servers) {
    return new NetworkRevision(version, hosts, services, port, keepalive, servers, localPeers);
  }

  /** The same revision with other local peers. */
  public NetworkRevision withLocalPeers(List<Host> peers) {
    return new NetworkRevision(version, hosts, services, port, keepalive, stunServers, peers);
  }

  /** The host with this key. */
  public Optional<Host> host(PublicKey key) {
    return hosts.stream().filter(host -> host.key().equals(key)).findFirst();
  }

  /** The host with this name. */
  public Optional<Host> host(String name) {
    return hosts.stream().filter(host -> host.name().equals(name)).findFirst();
  }
}
