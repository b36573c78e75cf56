// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.Endpoint;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
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

  /** The remote end is part of the key for symmetric NATs only. */
  private record Key(Endpoint inner, @Nullable Endpoint remote) {}

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
  private final Map<Integer, Mapping> byPort = new HashMap<>();
  private InetAddress publicAddress;
  private Duration mappingTimeout = Duration.ofMinutes(2);
  private boolean hairpinning;
  private boolean portPreserving;

  SimNat(SimNetwork network, String name, NatKind kind, Realm outer, InetAddress publicAddress) {
    this.network = network;
    this.name = name;
    this.kind = kind;
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

  /** How it maps and filters. */
  public NatKind kind() {
    return kind;
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
    Key key = new Key(source, kind == NatKind.SYMMETRIC ? destination : null);
    Mapping mapping = byKey.get(key);
    if (mapping == null || isExpired(mapping.lastUsedNanos)) {
      if (mapping != null) {
        byPort.remove(mapping.port);
      }
      mapping = new Mapping(key, freePort(source.port()));
      byKey.put(key, mapping);
      byPort.put(mapping.port, mapping);
    }
    mapping.lastUsedNanos = now;
    mapping.lastSentNanos.put(destination, now);
    return new Endpoint(publicAddress, mapping.port);
  }

  /** Who is behind a public port, whether or not a datagram would be let through. */
  Optional<Endpoint> innerEndpoint(int port) {
    return live(port).map(mapping -> mapping.key.inner());
  }

  /** Whether a datagram from the source to a public port that has a mapping is let through. */
  boolean admits(int port, Endpoint source) {
    return live(port)
        .map(
            mapping ->
                switch (kind) {
                  case FULL_CONE -> true;
                  case ADDRESS_RESTRICTED ->
                      mapping.lastSentNanos.entrySet().stream()
                          .anyMatch(
                              sent ->
                                  sent.getKey().address().equals(source.address())
                                      && !isExpired(sent.getValue()));
                  case PORT_RESTRICTED, SYMMETRIC -> {
                    Long sent = mapping.lastSentNanos.get(source);
                    yield sent != null && !isExpired(sent);
                  }
                })
        .orElse(false);
  }

  private Optional<Mapping> live(int port) {
    return Optional.ofNullable(byPort.get(port))
        .filter(mapping -> !isExpired(mapping.lastUsedNanos));
  }

  private boolean isExpired(long sinceNanos) {
    return network.time().nanoTime() - sinceNanos > mappingTimeout.toNanos();
  }

  private int freePort(int wanted) {
    byPort.values().removeIf(mapping -> isExpired(mapping.lastUsedNanos));
    byKey.values().removeIf(mapping -> isExpired(mapping.lastUsedNanos));
    if (portPreserving && !byPort.containsKey(wanted)) {
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
