// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Keys, hosts and networks for tests. */
final class Samples {

  private Samples() {}

  static PrivateKey privateKey(int seed) {
    byte[] octets = new byte[32];
    Arrays.fill(octets, (byte) seed);
    return PrivateKey.of(octets);
  }

  static PublicKey key(int seed) {
    return privateKey(seed).publicKey();
  }

  static Host.Builder host(String name, int seed) {
    return Host.builder(name, key(seed), (Inet6Address) InetAddress.ofLiteral("fd00::" + seed))
        .address(InetAddress.ofLiteral("10.0.0." + seed))
        .port(3456)
        .pexPort(3458);
  }

  static NetworkRevision network(Host... hosts) {
    return new NetworkRevision(0, List.of(hosts), List.of(), 3456, Duration.ofSeconds(10));
  }

  /** Three hosts of which the first has a public endpoint. */
  static NetworkRevision threeHosts() {
    return network(
        host("root", 1).endpoint(EndpointName.parse("192.0.2.1:3456", -1)).build(),
        host("ap1", 2).build(),
        host("ap2", 3).build());
  }

  static OverlayConfig config(int seed, NetworkRevision revision) {
    return OverlayConfig.builder("test-" + seed, privateKey(seed)).network(revision).build();
  }
}
