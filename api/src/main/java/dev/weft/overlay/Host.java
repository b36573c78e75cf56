// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A host of the network's data. Immutable. Source: PEX §3.2.
 *
 * @param name its name, unique in the network
 * @param key its WireGuard public key
 * @param overlayAddress the IPv6 address derived from network id and key, PEX §2.3
 * @param addresses extra overlay addresses ({@code ipaddr})
 * @param subnets networks behind this host
 * @param endpoint its public underlay endpoint
 * @param port its WireGuard port, 0 to 65535
 * @param pexPort its in-tunnel PEX port; 0 means none
 * @param groups groups it belongs to
 * @param gateway the host that relays for this one
 * @param meta opaque text attributes
 */
public record Host(
    String name,
    PublicKey key,
    Inet6Address overlayAddress,
    List<InetAddress> addresses,
    List<IpPrefix> subnets,
    Optional<EndpointName> endpoint,
    int port,
    int pexPort,
    List<String> groups,
    Optional<String> gateway,
    Map<String, String> meta) {

  public Host {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(overlayAddress, "overlayAddress");
    addresses = List.copyOf(addresses);
    subnets = List.copyOf(subnets);
    Objects.requireNonNull(endpoint, "endpoint");
    requirePort(name, "port", port);
    requirePort(name, "pexPort", pexPort);
    groups = List.copyOf(groups);
    Objects.requireNonNull(gateway, "gateway");
    meta = Map.copyOf(meta);
  }

  private static void requirePort(String name, String field, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(
          "hosts." + name + "." + field + ": " + port + " is not in 0 to 65535");
    }
  }

  /** A builder. */
  public static Builder builder(String name, PublicKey key, Inet6Address overlayAddress) {
    return new Builder(name, key, overlayAddress);
  }

  /** Builds a {@link Host}. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final PublicKey key;
    private final Inet6Address overlayAddress;
    private final List<InetAddress> addresses = new ArrayList<>();
    private final List<IpPrefix> subnets = new ArrayList<>();
    private Optional<EndpointName> endpoint = Optional.empty();
    private int port = NetworkRevision.DEFAULT_PORT;
    private int pexPort;
    private List<String> groups = List.of();
    private Optional<String> gateway = Optional.empty();
    private Map<String, String> meta = Map.of();

    private Builder(String name, PublicKey key, Inet6Address overlayAddress) {
      this.name = name;
      this.key = key;
      this.overlayAddress = overlayAddress;
    }

    /** Adds an extra overlay address. */
    public Builder address(InetAddress address) {
      addresses.add(address);
      return this;
    }

    /** Adds a network behind the host. */
    public Builder subnet(IpPrefix subnet) {
      subnets.add(subnet);
      return this;
    }

    /** Sets the public endpoint. */
    public Builder endpoint(EndpointName value) {
      endpoint = Optional.of(value);
      return this;
    }

    /** Sets the WireGuard port. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Sets the in-tunnel PEX port; 0 means none. */
    public Builder pexPort(int value) {
      pexPort = value;
      return this;
    }

    /** Sets the groups. */
    public Builder groups(List<String> value) {
      groups = value;
      return this;
    }

    /** Sets the relaying host. */
    public Builder gateway(String value) {
      gateway = Optional.of(value);
      return this;
    }

    /** Sets the opaque attributes. */
    public Builder meta(Map<String, String> value) {
      meta = value;
      return this;
    }

    /** The host. */
    public Host build() {
      return new Host(
          name,
          key,
          overlayAddress,
          addresses,
          subnets,
          endpoint,
          port,
          pexPort,
          groups,
          gateway,
          meta);
    }
  }
}
