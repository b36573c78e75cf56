// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PrivateKey;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What an interface is configured with. Immutable; never prints a secret.
 *
 * @param privateKey its key, if it has one
 * @param listenPort the UDP port it has, 0 to 65535; 0 if it has none yet
 * @param fwmark the mark of its datagrams, 32 bits, unsigned; 0 is none
 * @param peers its peers
 */
public record DeviceConfiguration(
    Optional<PrivateKey> privateKey, int listenPort, int fwmark, List<PeerConfiguration> peers) {

  public DeviceConfiguration {
    Objects.requireNonNull(privateKey, "privateKey");
    if (listenPort < 0 || listenPort > 65535) {
      throw new IllegalArgumentException("listenPort: " + listenPort + " is not in 0 to 65535");
    }
    peers = List.copyOf(peers);
  }
}
