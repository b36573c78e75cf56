// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.crypto.OverlayAddresses;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The data that all hosts of a PEX network share, as the JSON document has them: values are not
 * range-checked and defaults are not filled in. {@link #toRevision(long)} does both. Immutable and
 * thread-safe. Source: PEX §3.2.
 *
 * @param config the settings of the whole network
 * @param hosts the hosts, in document order; names are unique
 * @param services the services, in document order; names are unique
 */
public record NetworkData(Settings config, List<Host> hosts, List<Service> services) {

  public NetworkData {
    Objects.requireNonNull(config, "config");
    hosts = List.copyOf(hosts);
    services = List.copyOf(services);
    if (hosts.stream().map(Host::name).distinct().count() != hosts.size()) {
      throw new IllegalArgumentException("hosts: a name occurs twice");
    }
    if (services.stream().map(Service::name).distinct().count() != services.size()) {
      throw new IllegalArgumentException("services: a name occurs twice");
    }
  }

  /**
   * Reads a document. A value of the wrong type is treated as absent, as is a host without a valid
   * key and a service without members; of a name that occurs twice the last one counts.
   *
   * @throws InvalidConfigurationException if the text is not a JSON object, above 1 MiB, or nested
   *     more than 64 levels
   */
  public static NetworkData parse(String json) {
    return read(json).data();
  }

  /**
   * Reads a document as {@link #parse} does, and also tells what was ignored in it.
   *
   * @throws InvalidConfigurationException as for {@link #parse}
   */
  public static Reading read(String json) {
    return NetworkDataReader.read(json);
  }

  /** The document, without white space. Reading it again gives an equal value. */
  public String toJson() {
    return NetworkDataWriter.write(this, false);
  }

  /** The document, indented for people. */
  public String toPrettyJson() {
    return NetworkDataWriter.write(this, true);
  }

  /** The host with this name. */
  public Optional<Host> host(String name) {
    return hosts.stream().filter(host -> host.name().equals(name)).findFirst();
  }

  /**
   * The local host: the one with this key; of several the last in document order. PEX §3.2.
   *
   * @param key the public key of the local host
   */
  public Optional<Host> localHost(PublicKey key) {
    return hosts.stream().filter(host -> host.key().equals(key)).reduce((first, last) -> last);
  }

  /** The 8 octets of the network id, which is the prefix of all overlay addresses. PEX §2.3. */
  public byte[] networkId() {
    return addresses().networkId();
  }

  /** The overlay address of a host with this key. PEX §2.3. */
  public Inet6Address overlayAddress(PublicKey key) {
    return addresses().address(key);
  }

  /**
   * The data as they are applied: ports cut to 16 bits, defaults filled in, overlay addresses
   * derived, members of services resolved. Of hosts with one key the last in name order is kept.
   *
   * @param version for signed data their time stamp, 0 for local data
   * @throws InvalidConfigurationException if all services together have more than 262,144 members
   */
  public NetworkRevision toRevision(long version) {
    return new RevisionBuilder(this).build(version);
  }

  /**
   * The data as the local host applies them: like {@link #toRevision(long)}, but of hosts with the
   * local key the last in document order is kept.
   *
   * @param version for signed data their time stamp, 0 for local data
   * @param localKey the public key of the local host
   * @throws InvalidConfigurationException as for {@link #toRevision(long)}
   */
  public NetworkRevision toRevision(long version, PublicKey localKey) {
    return new RevisionBuilder(this).localKey(localKey).build(version);
  }

  /**
   * The data as the local host applies them, with peers that only it knows of.
   *
   * @param localPeers what {@link #parseLocalPeers} gave; no gateways or groups, and hosts of the
   *     network with the same key win
   * @throws InvalidConfigurationException as for {@link #toRevision(long)}
   */
  public NetworkRevision toRevision(long version, PublicKey localKey, List<Host> localPeers) {
    return new RevisionBuilder(this).localKey(localKey).localPeers(localPeers).build(version);
  }

  /**
   * Reads a document of local peers ({@code peer_data}): an object from names to hosts. A host
   * without a valid key is ignored. PEX §3.2.
   *
   * @throws InvalidConfigurationException as for {@link #parse}
   */
  public static List<Host> parseLocalPeers(String json) {
    return NetworkDataReader.localPeers(json);
  }

  OverlayAddresses addresses() {
    return config
        .id()
        .map(OverlayAddresses::ofId)
        .orElseGet(
            () -> OverlayAddresses.ofPort(config.port().orElse(NetworkRevision.DEFAULT_PORT)));
  }

  /**
   * A document and what was ignored in it.
   *
   * @param data the document
   * @param warnings in reading order
   */
  public record Reading(NetworkData data, List<ConfigWarning> warnings) {
    public Reading {
      Objects.requireNonNull(data, "data");
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The settings of the whole network.
   *
   * @param id input of the network id; without it the port is
   * @param port the WireGuard port of hosts that set none, any 32 bits; absent means 51820
   * @param pexPort the in-tunnel PEX port of hosts that set none, any 32 bits; absent means none
   * @param keepaliveSeconds absent means 0: no connecting
   * @param stunServers {@code host:port}
   * @param rounds for the tools only
   * @param salt for the tools only
   */
  public record Settings(
      Optional<String> id,
      OptionalInt port,
      OptionalInt pexPort,
      OptionalInt keepaliveSeconds,
      List<String> stunServers,
      OptionalInt rounds,
      Optional<String> salt) {

    public Settings {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(port, "port");
      Objects.requireNonNull(pexPort, "pexPort");
      Objects.requireNonNull(keepaliveSeconds, "keepaliveSeconds");
      stunServers = List.copyOf(stunServers);
      Objects.requireNonNull(rounds, "rounds");
      Objects.requireNonNull(salt, "salt");
    }

    /** Settings with just these ports and this keepalive. */
    public static Settings of(int port, int pexPort, int keepaliveSeconds) {
      return new Settings(
          Optional.empty(),
          OptionalInt.of(port),
          OptionalInt.of(pexPort),
          OptionalInt.of(keepaliveSeconds),
          List.of(),
          OptionalInt.empty(),
          Optional.empty());
    }

    /** The same with this network id. */
    public Settings withId(String value) {
      return new Settings(
          Optional.of(value), port, pexPort, keepaliveSeconds, stunServers, rounds, salt);
    }
  }

  /**
   * A host.
   *
   * @param name its name
   * @param key its public key
   * @param addresses extra overlay addresses ({@code ipaddr})
   * @param subnets networks behind it
   * @param endpoint {@code host}, {@code host:port}, {@code [v6]} or {@code [v6]:port}
   * @param port its WireGuard port, any 32 bits; absent for the network's
   * @param pexPort its in-tunnel PEX port, any 32 bits; absent for the network's
   * @param groups groups it belongs to
   * @param gateway the host that relays for it
   * @param meta opaque text attributes
   */
  public record Host(
      String name,
      PublicKey key,
      List<InetAddress> addresses,
      List<IpPrefix> subnets,
      Optional<String> endpoint,
      OptionalInt port,
      OptionalInt pexPort,
      List<String> groups,
      Optional<String> gateway,
      Map<String, String> meta) {

    public Host {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(key, "key");
      addresses = List.copyOf(addresses);
      subnets = List.copyOf(subnets);
      Objects.requireNonNull(endpoint, "endpoint");
      Objects.requireNonNull(port, "port");
      Objects.requireNonNull(pexPort, "pexPort");
      groups = List.copyOf(groups);
      Objects.requireNonNull(gateway, "gateway");
      meta = ServiceValues.texts(meta);
    }

    /** A builder. */
    public static Builder builder(String name, PublicKey key) {
      return new Builder(name, key);
    }

    /** Builds a {@link Host}. Not thread-safe. */
    public static final class Builder {
      private final String name;
      private final PublicKey key;
      private final List<InetAddress> addresses = new ArrayList<>();
      private final List<IpPrefix> subnets = new ArrayList<>();
      private Optional<String> endpoint = Optional.empty();
      private OptionalInt port = OptionalInt.empty();
      private OptionalInt pexPort = OptionalInt.empty();
      private List<String> groups = List.of();
      private Optional<String> gateway = Optional.empty();
      private Map<String, String> meta = Map.of();

      private Builder(String name, PublicKey key) {
        this.name = name;
        this.key = key;
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
      public Builder endpoint(String value) {
        endpoint = Optional.of(value);
        return this;
      }

      /** Sets the WireGuard port. */
      public Builder port(int value) {
        port = OptionalInt.of(value);
        return this;
      }

      /** Sets the in-tunnel PEX port. */
      public Builder pexPort(int value) {
        pexPort = OptionalInt.of(value);
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
            name, key, addresses, subnets, endpoint, port, pexPort, groups, gateway, meta);
      }
    }
  }

  /**
   * A service.
   *
   * @param name its name
   * @param type {@code vxlan}, or one that is only listed; empty if the document has none
   * @param config its settings: values are {@link String}, {@link Long}, {@link Double}, {@link
   *     Boolean}, {@link List} or {@link Map} of the same; smaller numbers are widened
   * @param members names of hosts, or {@code @group}, or {@code @all}
   */
  public record Service(
      String name, String type, Map<String, Object> config, List<String> members) {
    public Service {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(type, "type");
      config = ServiceValues.copy(config);
      members = List.copyOf(members);
    }
  }
}
