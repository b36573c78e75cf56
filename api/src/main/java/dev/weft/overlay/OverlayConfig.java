// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Everything needed to open an overlay. Immutable and thread-safe.
 *
 * @param name for logs and status, 1 to 64 characters
 * @param interfaceConfig the local interface
 * @param peers plain WireGuard peers; for one key the network's host wins
 * @param network the network's data
 * @param keepalive overrides the network's keepalive
 * @param pex peer exchange; needs a network
 * @param vxlan Layer 2; needs a network
 * @param dataPlane the plane to use, by name; absent for the best available
 */
public record OverlayConfig(
    String name,
    InterfaceConfig interfaceConfig,
    List<PeerConfig> peers,
    Optional<NetworkRevision> network,
    Optional<Duration> keepalive,
    Optional<PexConfig> pex,
    Optional<VxlanConfig> vxlan,
    Optional<String> dataPlane) {

  public OverlayConfig {
    Objects.requireNonNull(name, "name");
    if (name.isBlank() || name.length() > 64) {
      throw new IllegalArgumentException("name: \"" + name + "\" is not 1 to 64 characters");
    }
    Objects.requireNonNull(interfaceConfig, "interfaceConfig");
    peers = List.copyOf(peers);
    Objects.requireNonNull(network, "network");
    keepalive.ifPresent(PeerConfig::requireKeepalive);
    Objects.requireNonNull(dataPlane, "dataPlane");
    Set<PublicKey> keys = new HashSet<>();
    for (PeerConfig peer : peers) {
      if (!keys.add(peer.publicKey())) {
        throw new IllegalArgumentException("peers: the key " + peer.publicKey() + " occurs twice");
      }
    }
    boolean dynamic = pex.flatMap(PexConfig::dynamic).isPresent();
    if (pex.isPresent() && network.isEmpty() && !dynamic) {
      throw new IllegalArgumentException("pex: peer exchange needs a network");
    }
    if (vxlan.isPresent() && network.isEmpty() && !dynamic) {
      throw new IllegalArgumentException("vxlan: Layer 2 needs a network");
    }
  }

  /** A builder for an overlay with this name and key. */
  public static Builder builder(String name, PrivateKey privateKey) {
    return new Builder(name, InterfaceConfig.builder(privateKey).build());
  }

  /** A builder that starts with this configuration's values. */
  public Builder toBuilder() {
    Builder builder = new Builder(name, interfaceConfig);
    builder.peers.addAll(peers);
    builder.network = network;
    builder.keepalive = keepalive;
    builder.pex = pex;
    builder.vxlan = vxlan;
    builder.dataPlane = dataPlane;
    return builder;
  }

  /** Builds an {@link OverlayConfig}. Not thread-safe. */
  public static final class Builder {
    private String name;
    private InterfaceConfig interfaceConfig;
    private final List<PeerConfig> peers = new ArrayList<>();
    private Optional<NetworkRevision> network = Optional.empty();
    private Optional<Duration> keepalive = Optional.empty();
    private Optional<PexConfig> pex = Optional.empty();
    private Optional<VxlanConfig> vxlan = Optional.empty();
    private Optional<String> dataPlane = Optional.empty();

    private Builder(String name, InterfaceConfig interfaceConfig) {
      this.name = name;
      this.interfaceConfig = interfaceConfig;
    }

    /** Replaces the name. */
    public Builder name(String value) {
      name = value;
      return this;
    }

    /** Replaces the local interface. */
    public Builder interfaceConfig(InterfaceConfig value) {
      interfaceConfig = value;
      return this;
    }

    /** Adds a plain WireGuard peer. */
    public Builder peer(PeerConfig peer) {
      peers.add(peer);
      return this;
    }

    /** Replaces all plain WireGuard peers. */
    public Builder peers(List<PeerConfig> value) {
      peers.clear();
      peers.addAll(value);
      return this;
    }

    /** Sets the network's data. */
    public Builder network(NetworkRevision revision) {
      network = Optional.of(revision);
      return this;
    }

    /** Overrides the network's keepalive. */
    public Builder keepalive(Duration interval) {
      keepalive = Optional.of(interval);
      return this;
    }

    /** Switches peer exchange on. */
    public Builder pex(PexConfig value) {
      pex = Optional.of(value);
      return this;
    }

    /** Switches Layer 2 on. */
    public Builder vxlan(VxlanConfig value) {
      vxlan = Optional.of(value);
      return this;
    }

    /** Chooses the data plane by name. */
    public Builder dataPlane(String planeName) {
      dataPlane = Optional.of(planeName);
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if a value is not allowed; the message names the field
     */
    public OverlayConfig build() {
      return new OverlayConfig(
          name, interfaceConfig, peers, network, keepalive, pex, vxlan, dataPlane);
    }
  }
}
