// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import dev.weft.crypto.OverlayAddresses;
import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Small overlays on loopback. */
final class Meshes {

  static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private static final OverlayAddresses ADDRESSES = OverlayAddresses.ofPort(3456);

  private Meshes() {}

  /** Waits for a stage, with a bound. */
  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** A host of the network of port 3456. */
  static Host.Builder host(String name, PublicKey key) {
    return Host.builder(name, key, ADDRESSES.address(key)).port(3456).pexPort(3458);
  }

  /** A network with a keepalive of 10 s. */
  static NetworkRevision network(Host... hosts) {
    return new NetworkRevision(0, List.of(hosts), List.of(), 3456, Duration.ofSeconds(10));
  }

  /** One interface with an address, on loopback and any port. */
  static OverlayConfig.Builder node(String name, PrivateKey key, String address) {
    return OverlayConfig.builder(name, key)
        .interfaceConfig(
            InterfaceConfig.builder(key)
                .bindAddress(LOOPBACK)
                .listenPort(0)
                .address(InterfaceAddress.parse(address))
                .build());
  }

  /** A plain peer with one address. */
  static PeerConfig.Builder peer(PrivateKey key, String address) {
    return PeerConfig.builder(key.publicKey()).allowedIp(IpPrefix.parse(address));
  }

  /** Where an overlay listens. */
  static EndpointName endpoint(Overlay overlay) {
    Endpoint listen = overlay.status().listen().orElseThrow();
    return new EndpointName("127.0.0.1", listen.port());
  }
}
