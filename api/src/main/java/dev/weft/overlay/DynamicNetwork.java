// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.peer.AuthKey;
import dev.weft.transport.EndpointName;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A network whose data are signed and distributed by its hosts. Immutable. Source: PEX §3.1, §8.
 *
 * @param authKey whose signature makes data the network's
 * @param connect whom to ask for data, besides the hosts with an endpoint in the data at hand
 * @param store the directory that keeps the newest data over restarts, in a file named after the
 *     overlay; absent to keep them in memory
 * @param port the local UDP port of external PEX; 0 for any. All networks of a runtime that name
 *     the same port and bind address share it
 * @param peerData files with further peers that only this host knows of, read with each revision
 */
public record DynamicNetwork(
    AuthKey authKey,
    List<EndpointName> connect,
    Optional<Path> store,
    int port,
    List<Path> peerData) {

  /** Where external PEX is spoken. PEX §1. */
  public static final int DEFAULT_PORT = 51819;

  public DynamicNetwork {
    Objects.requireNonNull(authKey, "authKey");
    connect = List.copyOf(connect);
    Objects.requireNonNull(store, "store");
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("pex.dynamic.port: " + port + " is not in 0 to 65535");
    }
    peerData = List.copyOf(peerData);
  }

  /** A network with this key, on the default port, kept in memory, that nobody is asked about. */
  public static DynamicNetwork of(AuthKey authKey) {
    return new DynamicNetwork(authKey, List.of(), Optional.empty(), DEFAULT_PORT, List.of());
  }

  /** The same network with others to ask. */
  public DynamicNetwork withConnect(List<EndpointName> endpoints) {
    return new DynamicNetwork(authKey, endpoints, store, port, peerData);
  }

  /** The same network, its data kept in a directory. */
  public DynamicNetwork withStore(Path directory) {
    return new DynamicNetwork(authKey, connect, Optional.of(directory), port, peerData);
  }

  /** The same network with another local port of external PEX. */
  public DynamicNetwork withPort(int localPort) {
    return new DynamicNetwork(authKey, connect, store, localPort, peerData);
  }

  /** The same network with files of local peers. */
  public DynamicNetwork withPeerData(List<Path> files) {
    return new DynamicNetwork(authKey, connect, store, port, files);
  }
}
