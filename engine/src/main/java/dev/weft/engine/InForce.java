// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.PortKind;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The configuration in force: what the user configured, the revision of the network's data, and the
 * desired state that follows from both. Immutable.
 *
 * @param localKey the public key of the configured private key
 */
record InForce(
    OverlayConfig config,
    PublicKey localKey,
    Optional<NetworkRevision> revision,
    DesiredState desired) {

  /**
   * The configuration an overlay opens with.
   *
   * @throws InvalidConfigurationException if the network lacks the local host
   */
  static InForce of(OverlayConfig config) {
    return of(config, config.network());
  }

  private static InForce of(OverlayConfig config, Optional<NetworkRevision> revision) {
    PublicKey localKey = config.interfaceConfig().privateKey().publicKey();
    DesiredState desired = DesiredState.of(config, localKey, revision);
    // Data that come over the network may lack this host, until newer data have it. PEX §3.2.
    if (revision.isPresent() && desired.localHost().isEmpty() && !isDynamic(config)) {
      throw new InvalidConfigurationException(
          "the overlay " + config.name(),
          List.of(
              new ConfigProblem(
                  "network.hosts",
                  "no host with the key " + localKey,
                  "a host whose key is the public key of the private key")));
    }
    return new InForce(config, localKey, revision, desired);
  }

  /**
   * What would be in force after the user replaced the configuration.
   *
   * @throws InvalidConfigurationException if it changes what a running overlay cannot change, or if
   *     the network lacks the local host
   */
  InForce with(OverlayConfig newConfig) {
    List<ConfigProblem> problems = unchangeable(config, newConfig);
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException("the update of " + config.name(), problems);
    }
    return of(newConfig, newer(newConfig.network()));
  }

  /**
   * What would be in force after a revision arrived over the network.
   *
   * @throws InvalidConfigurationException if it lacks the local host
   */
  InForce with(NetworkRevision newRevision) {
    return of(config, Optional.of(newRevision));
  }

  /** A revision that arrived over the network stays in force until a newer one replaces it. */
  private Optional<NetworkRevision> newer(Optional<NetworkRevision> configured) {
    if (configured.isEmpty()) {
      return isDynamic(config) ? revision : configured;
    }
    boolean ours =
        revision.isPresent()
            && Long.compareUnsigned(revision.get().version(), configured.get().version()) > 0;
    return ours ? revision : configured;
  }

  private static boolean isDynamic(OverlayConfig config) {
    return config.pex().flatMap(PexConfig::dynamic).isPresent();
  }

  /** The WireGuard port: the configured one, else the one in the network's data, if it is known. */
  OptionalInt listenPort() {
    OptionalInt configured = config.interfaceConfig().listenPort();
    return configured.isPresent()
        ? configured
        : desired.localHost().stream().mapToInt(Host::port).findFirst();
  }

  /** The updates of the data plane's peers that lead from here to there. */
  List<PeerUpdate> updatesTo(InForce next) {
    return Reconciler.diff(desired.peers(), next.desired.peers());
  }

  /** What is legal but probably not meant. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>(desired.warnings());
    List<IpPrefix> subnets = desired.localHost().map(host -> host.subnets()).orElse(List.of());
    if (config.interfaceConfig().portKind() instanceof PortKind.InProcess && !subnets.isEmpty()) {
      warnings.add(
          "this host is announced as the way to "
              + String.join(", ", subnets.stream().map(IpPrefix::toString).toList())
              + ", but its in-process port is no gateway: packets for them are dropped and"
              + " counted");
    }
    return warnings;
  }

  private static List<ConfigProblem> unchangeable(OverlayConfig before, OverlayConfig after) {
    InterfaceConfig from = before.interfaceConfig();
    InterfaceConfig to = after.interfaceConfig();
    List<ConfigProblem> problems = new ArrayList<>();
    requireSame(problems, "name", before.name(), after.name());
    requireSame(problems, "dataPlane", before.dataPlane(), after.dataPlane());
    requireSame(problems, "interfaceConfig.portKind", from.portKind(), to.portKind());
    requireSame(problems, "interfaceConfig.listenPort", from.listenPort(), to.listenPort());
    requireSame(problems, "interfaceConfig.bindAddress", from.bindAddress(), to.bindAddress());
    requireSame(problems, "interfaceConfig.mtuOctets", from.mtuOctets(), to.mtuOctets());
    requireSame(
        problems,
        "interfaceConfig.socketBufferOctets",
        from.socketBufferOctets(),
        to.socketBufferOctets());
    requireSame(problems, "pex", before.pex(), after.pex());
    requireSame(problems, "vxlan", before.vxlan(), after.vxlan());
    return problems;
  }

  private static void requireSame(
      List<ConfigProblem> problems, String field, Object before, Object after) {
    if (!before.equals(after)) {
      problems.add(
          new ConfigProblem(
              field, "a change", "the same value while the overlay runs; close and open it anew"));
    }
  }
}
