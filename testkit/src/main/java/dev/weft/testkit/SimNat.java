// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.Endpoint;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A NAT for IPv4 with any number of hosts behind it; IPv6 passes it by. Made by {@link
 * SimNetwork#nat} or, for a NAT behind a NAT, by {@link #nat}. Used by the simulation's thread.
 * Source: RFC 4787.
 */
public final class SimNat implements Realm.Holder {

  private static final int LOWEST_PORT = 1024;

  /** As much of the remote end is part of the key as the mapping depends on. */
  private record Key(Endpoint inner, @Nullable InetAddress remoteAddress, int remotePort) {

    /** Whether two mappings with one public port could be told apart by who sends to it. */
    boolean canSharePortWith(Key other) {
      return remoteAddress != null
          && other.remoteAddress != null
          && !(remoteAddress.equals(other.remoteAddress) && remotePort == other.remotePort);
    }

    boolean isFor(Endpoint remote) {
      return remote.address().equals(remoteAddress)
          && (remotePort == 0 || remotePort == remote.port());
    }
  }

  private static final class Mapping {
    final Key key;
    final int port;
    final Map<Endpoint, Long> lastSentNanos = new HashMap<>();
    long lastUsedNanos;

    Mapping(Key key, int port) {
      this.key = key;
      this.port = port;
    }
  }

  private final SimNetwork network;
  private final String name;
  private final NatKind kind;
  private final Realm outer;
  private final Realm inner;
  private final Map<Key, Mapping> byKey = new HashMap<>();
  private final Map<Integer, List<Mapping>> byPort = new HashMap<>();
  private NatBehavior mapping;
  private NatBehavior filtering;
  private InetAddress publicAddress;
  private Duration mappingTimeout = Duration.ofMinutes(2);
  private boolean hairpinning;
  private boolean portPreserving;
  private boolean portOverloading;

  SimNat(SimNetwork network, String name, NatKind kind, Realm outer, InetAddress publicAddress) {
    this.network = network;
    this.name = name;
    this.kind = kind;
    mapping = kind.mapping();
    filtering = kind.filtering();
    this.outer = outer;
    inner = new Realm("the network behind " + name, this);
    this.publicAddress = requireIpv4(publicAddress);
    outer.add(publicAddress, this);
  }

  private static InetAddress requireIpv4(InetAddress address) {
    if (!(address instanceof Inet4Address)) {
      throw new IllegalArgumentException("a NAT has an IPv4 address, not " + address);
    }
    return address;
  }

  /** Adds a host behind this NAT; its IPv6 addresses are on the internet. */
  public SimHost host(String hostName, String... addresses) {
    return network.addHost(hostName, inner, addresses);
  }

  /** Adds a NAT behind this NAT. */
  public SimNat nat(String natName, NatKind natKind, String address) {
    return new SimNat(network, natName, natKind, inner, InetAddress.ofLiteral(address));
  }

  /** What it was named. */
  public String name() {
    return name;
  }

  /** How it maps and filters, unless {@link #mapping} or {@link #filtering} changed that. */
  public NatKind kind() {
    return kind;
  }

  /** Sets on what mappings depend that are made from now on. */
  public SimNat mapping(NatBehavior behavior) {
    mapping = behavior;
    return this;
  }

  /** Sets on what the filter depends. */
  public SimNat filtering(NatBehavior behavior) {
    filtering = behavior;
    return this;
  }

  /** Its address outside. */
  public InetAddress publicAddress() {
    return publicAddress;
  }

  /** Sets how long a mapping lives after the last datagram from inside; 120 s at first. */
  public SimNat mappingTimeout(Duration timeout) {
    mappingTimeout = timeout;
    return this;
  }

  /** Sets whether hosts behind it reach each other by its public address; not at first. */
  public SimNat hairpinning(boolean enabled) {
    hairpinning = enabled;
    return this;
  }

  /** Sets whether it keeps port numbers where it can; at first it takes random ones. */
  public SimNat portPreserving(boolean enabled) {
    portPreserving = enabled;
    return this;
  }

  /**
   * Sets whether it keeps the port number even if it is taken, as long as the remote ends differ:
   * "port overloading", RFC 4787 §4.2.1. Only for mappings that depend on the remote end: a
   * symmetric NAT looks like a port-restricted one then, until a port number meets itself. Linux's
   * masquerading does it. Not at first.
   */
  public SimNat portOverloading(boolean enabled) {
    portOverloading = enabled;
    return this;
  }

  /** Forgets all mappings. */
  public void reboot() {
    byKey.clear();
    byPort.clear();
  }

  /** Gets another public address, as after a reconnection, and forgets all mappings. */
  public void publicAddress(String address) {
    InetAddress next = requireIpv4(InetAddress.ofLiteral(address));
    outer.add(next, this);
    outer.remove(publicAddress);
    publicAddress = next;
    reboot();
  }

  Realm outer() {
    return outer;
  }

  Realm inner() {
    return inner;
  }

  boolean isHairpinning() {
    return hairpinning;
  }

  /** The source of a datagram on its way out; makes or refreshes the mapping. RFC 4787 REQ-1, 6. */
  Endpoint translateOut(Endpoint source, Endpoint destination) {
    long now = network.time().nanoTime();
    Key key = keyOf(source, destination);
    Mapping used = byKey.get(key);
    if (used == null || isExpired(used.lastUsedNanos)) {
      forgetExpired();
      used = new Mapping(key, freePort(key));
      byKey.put(key, used);
      byPort.computeIfAbsent(used.port, port -> new ArrayList<>()).add(used);
    }
    used.lastUsedNanos = now;
    used.lastSentNanos.put(destination, now);
    return new Endpoint(publicAddress, used.port);
  }

  private Key keyOf(Endpoint source, Endpoint destination) {
    return switch (mapping) {
      case ENDPOINT_INDEPENDENT -> new Key(source, null, 0);
      case ADDRESS_DEPENDENT -> new Key(source, destination.address(), 0);
      case ADDRESS_AND_PORT_DEPENDENT -> new Key(source, destination.address(), destination.port());
    };
  }

  /** Who is behind a public port for a sender, whether or not its datagram would be let through. */
  Optional<Endpoint> innerEndpoint(int port, Endpoint source) {
    return live(port, source).map(found -> found.key.inner());
  }

  /** Whether a datagram from the source to a public port that has a mapping is let through. */
  boolean admits(int port, Endpoint source) {
    return live(port, source)
        .map(
            found ->
                switch (filtering) {
                  case ENDPOINT_INDEPENDENT -> true;
                  case ADDRESS_DEPENDENT ->
                      found.lastSentNanos.entrySet().stream()
                          .anyMatch(
                              sent ->
                                  sent.getKey().address().equals(source.address())
                                      && !isExpired(sent.getValue()));
                  case ADDRESS_AND_PORT_DEPENDENT -> {
                    Long sent = found.lastSentNanos.get(source);
                    yield sent != null && !isExpired(sent);
                  }
                })
        .orElse(false);
  }

  /** The mapping of a port; if there are several, that for the sender, else the oldest. */
  private Optional<Mapping> live(int port, Endpoint source) {
    Mapping oldest = null;
    for (Mapping candidate : byPort.getOrDefault(port, List.of())) {
      if (!isExpired(candidate.lastUsedNanos)) {
        if (candidate.key.isFor(source)) {
          return Optional.of(candidate);
        }
        oldest = oldest == null ? candidate : oldest;
      }
    }
    return Optional.ofNullable(oldest);
  }

  private boolean isExpired(long sinceNanos) {
    return network.time().nanoTime() - sinceNanos > mappingTimeout.toNanos();
  }

  private void forgetExpired() {
    byKey.values().removeIf(old -> isExpired(old.lastUsedNanos));
    byPort.values().forEach(list -> list.removeIf(old -> isExpired(old.lastUsedNanos)));
    byPort.values().removeIf(List::isEmpty);
  }

  private int freePort(Key key) {
    int wanted = key.inner().port();
    List<Mapping> holders = byPort.getOrDefault(wanted, List.of());
    if ((portPreserving || portOverloading) && holders.isEmpty()) {
      return wanted;
    }
    if (portOverloading && holders.stream().allMatch(one -> one.key.canSharePortWith(key))) {
      return wanted;
    }
    if (byPort.size() >= (0x10000 - LOWEST_PORT) / 2) {
      throw new IllegalStateException(name + " has too many mappings");
    }
    int port = randomPort();
    while (byPort.containsKey(port)) {
      port = randomPort();
    }
    return port;
  }

  private int randomPort() {
    return LOWEST_PORT + network.random().nextInt(0x10000 - LOWEST_PORT);
  }

  @Override
  public String toString() {
    return name;
  }
}
