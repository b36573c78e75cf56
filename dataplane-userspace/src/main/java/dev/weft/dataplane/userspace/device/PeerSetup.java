// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a peer is configured with, and its counters. Immutable; never prints a secret.
 *
 * @param publicKey its key
 * @param presharedKey the symmetric key, if there is one
 * @param endpoint where its packets go now
 * @param allowedIps the prefixes that lead to it
 * @param persistentKeepalive zero is off
 * @param lastHandshake when the last handshake completed, by the wall clock
 * @param receivedOctets UDP payload octets of authenticated messages
 * @param sentOctets UDP payload octets sent
 */
public record PeerSetup(
    PublicKey publicKey,
    Optional<PresharedKey> presharedKey,
    Optional<Endpoint> endpoint,
    List<IpPrefix> allowedIps,
    Duration persistentKeepalive,
    Optional<Instant> lastHandshake,
    long receivedOctets,
    long sentOctets) {
  public PeerSetup {
    allowedIps = List.copyOf(allowedIps);
  }
}
