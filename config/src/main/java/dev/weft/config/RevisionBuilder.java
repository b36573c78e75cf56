// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.crypto.OverlayAddresses;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns network data into the revision that is applied. Used by one thread. Source: PEX §3.2. */
final class RevisionBuilder {

  /** Names are compared as C compares strings: by their octets, unsigned. */
  private static final Comparator<String> BYTE_ORDER =
      (left, right) ->
          Arrays.compareUnsigned(
              left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));

  private static final int PORT_MASK = 0xffff;
  private static final int MAX_KEEPALIVE_SECONDS = 65535;
  private static final int MAX_STUN_SERVERS = 16;

  /**
   * Members of all services together. A document of 1 MiB can have thousands of services that each
   * name all of thousands of hosts, which would be hundreds of megabytes.
   */
  private static final int MAX_MEMBERS = 1 << 18;

  private final NetworkData data;
  private Optional<PublicKey> localKey = Optional.empty();
  private List<NetworkData.Host> localPeers = List.of();

  RevisionBuilder(NetworkData data) {
    this.data = data;
  }

  RevisionBuilder localKey(PublicKey key) {
    localKey = Optional.of(key);
    return this;
  }

  RevisionBuilder localPeers(List<NetworkData.Host> peers) {
    localPeers = List.copyOf(peers);
    return this;
  }

  NetworkRevision build(long version) {
    OverlayAddresses addresses = data.addresses();
    int port = data.config().port().orElse(NetworkRevision.DEFAULT_PORT) & PORT_MASK;
    List<Host> hosts = new ArrayList<>();
    for (NetworkData.Host host : hostsWithOwnKey()) {
      hosts.add(host(host, port, addresses));
    }
    List<ServiceDefinition> services = services(hosts);
    // A WireGuard keepalive has 16 bits; what is outside cannot be applied.
    int keepalive =
        Math.clamp(data.config().keepaliveSeconds().orElse(0), 0, MAX_KEEPALIVE_SECONDS);
    return new NetworkRevision(
        version,
        hosts,
        services,
        port,
        Duration.ofSeconds(keepalive),
        stunServers(),
        peersFor(hosts, port, addresses));
  }

  /** Servers without a port are no servers. PEX §3.2. */
  private List<EndpointName> stunServers() {
    return data.config().stunServers().stream()
        .flatMap(text -> IpText.endpoint(text, -1).stream())
        .limit(MAX_STUN_SERVERS)
        .toList();
  }

  /** Local peers that the network does not have, each key and name once. */
  private List<Host> peersFor(List<Host> hosts, int port, OverlayAddresses addresses) {
    Set<PublicKey> keys = new HashSet<>();
    hosts.forEach(host -> keys.add(host.key()));
    localKey.ifPresent(keys::add);
    List<Host> peers = new ArrayList<>();
    for (NetworkData.Host peer : localPeers) {
      if (keys.add(peer.key())) {
        Host host = host(peer, port, addresses);
        Host.Builder plain =
            Host.builder(host.name(), host.key(), host.overlayAddress())
                .port(host.port())
                .pexPort(host.pexPort());
        host.addresses().forEach(plain::address);
        host.subnets().forEach(plain::subnet);
        host.endpoint().ifPresent(plain::endpoint);
        peers.add(plain.build());
      }
    }
    return peers;
  }

  private List<ServiceDefinition> services(List<Host> hosts) {
    Map<String, List<String>> groups = groups(hosts);
    List<String> names = hosts.stream().map(Host::name).sorted(BYTE_ORDER).toList();
    Set<String> known = new HashSet<>(names);
    List<ServiceDefinition> services = new ArrayList<>();
    int resolved = 0;
    for (NetworkData.Service service : data.services()) {
      List<String> members = members(service, names, known, groups);
      resolved += members.size();
      if (resolved > MAX_MEMBERS) {
        throw Problems.single(
            "the network data",
            Pointer.child(Pointer.child("/services", service.name()), "members"),
            "more than " + MAX_MEMBERS + " members of all services up to here, groups resolved",
            MAX_MEMBERS + " at most");
      }
      services.add(
          new ServiceDefinition(service.name(), service.type(), service.config(), members));
    }
    return services;
  }

  /** The hosts that count where several have one key, in document order. */
  private List<NetworkData.Host> hostsWithOwnKey() {
    Map<PublicKey, NetworkData.Host> byKey = new HashMap<>();
    for (NetworkData.Host host : data.hosts()) {
      boolean local = localKey.isPresent() && localKey.get().equals(host.key());
      byKey.merge(
          host.key(),
          host,
          (first, next) ->
              local || BYTE_ORDER.compare(first.name(), next.name()) < 0 ? next : first);
    }
    return data.hosts().stream().filter(host -> host.equals(byKey.get(host.key()))).toList();
  }

  private Host host(NetworkData.Host host, int networkPort, OverlayAddresses overlay) {
    int port = host.port().orElse(networkPort) & PORT_MASK;
    int pexPort = host.pexPort().orElse(data.config().pexPort().orElse(0)) & PORT_MASK;
    Host.Builder builder =
        Host.builder(host.name(), host.key(), overlay.address(host.key()))
            .port(port)
            .pexPort(pexPort)
            .groups(host.groups())
            .meta(host.meta());
    host.addresses().forEach(builder::address);
    host.subnets().forEach(builder::subnet);
    host.endpoint().flatMap(text -> IpText.endpoint(text, port)).ifPresent(builder::endpoint);
    host.gateway().ifPresent(builder::gateway);
    return builder.build();
  }

  private static Map<String, List<String>> groups(List<Host> hosts) {
    Map<String, List<String>> groups = new HashMap<>();
    for (Host host : hosts) {
      for (String group : host.groups()) {
        groups.computeIfAbsent(group, name -> new ArrayList<>()).add(host.name());
      }
    }
    return groups;
  }

  private static List<String> members(
      NetworkData.Service service,
      List<String> allNames,
      Set<String> known,
      Map<String, List<String>> groups) {
    Set<String> names = new LinkedHashSet<>();
    // A list may name one large group many times.
    for (String member : new LinkedHashSet<>(service.members())) {
      if (!member.startsWith("@")) {
        if (known.contains(member)) {
          names.add(member);
        }
        continue;
      }
      String group = member.substring(1);
      if (groups.containsKey(group)) {
        names.addAll(groups.getOrDefault(group, List.of()));
      } else if (group.isEmpty() || group.equals("all")) {
        names.addAll(allNames);
      }
    }
    return List.copyOf(names);
  }
}
