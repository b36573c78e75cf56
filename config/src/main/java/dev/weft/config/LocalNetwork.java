// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.overlay.VxlanConfig;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The local configuration of a PEX network: what one host does not share with the others. Immutable
 * and thread-safe; never prints its private key. Source: PEX §3.1.
 *
 * <p>A network of type {@code dynamic} opens without data, or with those that its file has kept,
 * and gets newer ones over the network.
 *
 * @param name the network's name, which is the interface's
 * @param type where the network data come from
 * @param privateKey the local host's key
 * @param authKey the key that signs the data; always there for {@code dynamic}
 * @param file the document with the data; always there for {@code file}
 * @param data the data; always there for {@code inline}
 * @param keepaliveSeconds overrides the network's keepalive unless it is negative
 * @param interfaceName netifd interface to notify; not used here
 * @param updateCommand program to call with addresses and routes; not used here
 * @param domain suffix for the hosts file; not used here
 * @param tunnels local tunnel device to service
 * @param localNetworks netifd interfaces to ask for data on
 * @param authConnect {@code host[:port]} to ask for data
 * @param peerData files with extra local peers
 * @param warnings what is odd about the document
 */
public record LocalNetwork(
    String name,
    Type type,
    PrivateKey privateKey,
    Optional<AuthKey> authKey,
    Optional<String> file,
    Optional<NetworkData> data,
    OptionalInt keepaliveSeconds,
    Optional<String> interfaceName,
    Optional<String> updateCommand,
    Optional<String> domain,
    Map<String, String> tunnels,
    List<String> localNetworks,
    List<String> authConnect,
    List<String> peerData,
    List<ConfigWarning> warnings) {

  private static final String WHAT = LocalNetworkReader.WHAT;

  /** Where a network's data come from. */
  public enum Type {
    /** Signed data, distributed by PEX. */
    DYNAMIC,
    /** A JSON file. */
    FILE,
    /** The local configuration itself. */
    INLINE
  }

  public LocalNetwork {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(privateKey, "privateKey");
    Objects.requireNonNull(authKey, "authKey");
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(keepaliveSeconds, "keepaliveSeconds");
    tunnels = ServiceValues.texts(tunnels);
    localNetworks = List.copyOf(localNetworks);
    authConnect = List.copyOf(authConnect);
    peerData = List.copyOf(peerData);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads a document.
   *
   * @throws InvalidConfigurationException with every wrong field
   */
  public static LocalNetwork parse(String json) {
    return LocalNetworkReader.read(json);
  }

  /**
   * The overlay of this network, its data taken from the document, from the file it names, or from
   * the network.
   *
   * @param directory where a relative file name starts, and where a dynamic network keeps its data
   * @throws InvalidConfigurationException if the file cannot be read or has no network data, or if
   *     the local host is not in them
   */
  public OverlayConfig toOverlayConfig(Path directory) {
    return toOverlayConfig(directory, directory);
  }

  /**
   * The overlay of this network, as {@link #toOverlayConfig(Path)}.
   *
   * @param directory where a relative file name starts
   * @param dataDirectory where a dynamic network keeps its data, in the file {@code <name>.bin}
   * @throws InvalidConfigurationException as for {@link #toOverlayConfig(Path)}
   */
  public OverlayConfig toOverlayConfig(Path directory, Path dataDirectory) {
    return switch (type) {
      case INLINE -> toOverlayConfig(data.orElseThrow(), 0, localPeers(directory));
      case FILE ->
          toOverlayConfig(
              NetworkData.parse(readFile(directory, "/file", file.orElseThrow())),
              0,
              localPeers(directory));
      case DYNAMIC -> dynamicConfig(directory, dataDirectory);
    };
  }

  private OverlayConfig dynamicConfig(Path directory, Path dataDirectory) {
    DynamicNetwork network =
        DynamicNetwork.of(authKey.orElseThrow())
            .withConnect(
                authConnect.stream()
                    .flatMap(text -> IpText.endpoint(text, DynamicNetwork.DEFAULT_PORT).stream())
                    .toList())
            .withStore(dataDirectory)
            .withPeerData(peerData.stream().map(directory::resolve).toList());
    OverlayConfig.Builder config =
        OverlayConfig.builder(name, privateKey).pex(PexConfig.of(network));
    keepalive().ifPresent(config::keepalive);
    // Which of them is of type vxlan only the data can tell.
    tunnels.values().stream().findFirst().map(VxlanConfig::new).ifPresent(config::vxlan);
    return config.build();
  }

  private List<NetworkData.Host> localPeers(Path directory) {
    List<NetworkData.Host> peers = new ArrayList<>();
    for (int i = 0; i < peerData.size(); i++) {
      String pointer = Pointer.child("/peer_data", i);
      peers.addAll(NetworkData.parseLocalPeers(readFile(directory, pointer, peerData.get(i))));
    }
    return peers;
  }

  private Optional<Duration> keepalive() {
    return keepaliveSeconds.stream()
        .filter(seconds -> seconds >= 0)
        .mapToObj(Duration::ofSeconds)
        .findFirst();
  }

  /**
   * The overlay of this network with the given data, in process and on all underlay addresses.
   *
   * @param networkData the data
   * @param version their version, 0 for local data
   * @throws InvalidConfigurationException if the local host is not in the data, or a tunnel's
   *     service cannot be provided
   */
  public OverlayConfig toOverlayConfig(NetworkData networkData, long version) {
    return toOverlayConfig(networkData, version, List.of());
  }

  private OverlayConfig toOverlayConfig(
      NetworkData networkData, long version, List<NetworkData.Host> localPeers) {
    PublicKey localKey = privateKey.publicKey();
    NetworkRevision revision = networkData.toRevision(version, localKey, localPeers);
    List<ConfigProblem> problems = new ArrayList<>();
    if (revision.host(localKey).isEmpty()) {
      problems.add(
          new ConfigProblem(
              "/key",
              "a key that belongs to no host of the network data",
              "the private key of one of the hosts"));
    }
    Optional<VxlanConfig> vxlan = vxlan(revision, problems);
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException(WHAT, problems);
    }
    OverlayConfig.Builder config =
        OverlayConfig.builder(name, privateKey)
            .interfaceConfig(InterfaceConfig.builder(privateKey).build())
            .network(revision);
    if (revision.host(localKey).orElseThrow().pexPort() != 0) {
      config.pex(PexConfig.defaults());
    }
    keepalive().ifPresent(config::keepalive);
    vxlan.ifPresent(config::vxlan);
    return config.build();
  }

  /** The service of the tunnel device. Tunnels to services of other types are passed over. */
  private Optional<VxlanConfig> vxlan(NetworkRevision revision, List<ConfigProblem> problems) {
    List<String> services =
        tunnels.values().stream()
            .filter(service -> revision.services().stream().anyMatch(s -> isVxlan(s, service)))
            .distinct()
            .toList();
    if (services.size() > 1) {
      problems.add(
          new ConfigProblem(
              "/tunnels",
              services.size() + " services of type vxlan",
              "one service of type vxlan at most"));
    }
    return services.stream().findFirst().map(VxlanConfig::new);
  }

  private static boolean isVxlan(ServiceDefinition definition, String name) {
    return definition.name().equals(name) && definition.type().equals("vxlan");
  }

  private static String readFile(Path directory, String pointer, String name) {
    try (InputStream in = Files.newInputStream(directory.resolve(name))) {
      return new String(in.readNBytes(JsonText.MAX_OCTETS + 1), StandardCharsets.UTF_8);
    } catch (IOException | InvalidPathException e) {
      throw Problems.single(
          WHAT,
          pointer,
          "a file that cannot be read (" + e.getClass().getSimpleName() + ")",
          "a readable file");
    }
  }
}
