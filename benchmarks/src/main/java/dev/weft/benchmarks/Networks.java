// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks;

import dev.weft.config.NetworkData;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Networks of hosts without a life of their own: all but the first have a key that nobody has. */
final class Networks {

  private static final int WIREGUARD_PORT = 51820;
  private static final int PEX_PORT = 51830;
  private static final int KEEPALIVE_SECONDS = 10;
  private static final int KEY_OCTETS = 32;

  private final Random random = new Random(1);

  /** A key pair. */
  PrivateKey privateKey() {
    return PrivateKey.of(octets(KEY_OCTETS));
  }

  /** Keys of which only the octets matter. */
  List<PublicKey> keys(PrivateKey first, int count) {
    List<PublicKey> keys = new ArrayList<>(List.of(first.publicKey()));
    while (keys.size() < count) {
      keys.add(PublicKey.of(octets(KEY_OCTETS)));
    }
    return keys;
  }

  byte[] octets(int length) {
    byte[] octets = new byte[length];
    random.nextBytes(octets);
    return octets;
  }

  /** The document of hosts of which only the first says where it is. */
  static NetworkData document(List<PublicKey> keys) {
    List<NetworkData.Host> hosts = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      NetworkData.Host.Builder host = NetworkData.Host.builder(name(i), keys.get(i));
      hosts.add((i == 0 ? host.endpoint("203.0.113.1") : host).build());
    }
    return new NetworkData(
        NetworkData.Settings.of(WIREGUARD_PORT, PEX_PORT, KEEPALIVE_SECONDS), hosts, List.of());
  }

  static String name(int index) {
    return "host" + index;
  }
}
