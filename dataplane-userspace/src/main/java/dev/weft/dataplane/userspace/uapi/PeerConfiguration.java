// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a peer is configured with, and its counters. Immutable; never prints a secret.
 *
 * @param publicKey its key
 * @param presharedKey the symmetric key, if there is one
 * @param endpoint where datagrams for it go now
 * @param allowedIps the prefixes it holds
 * @param persistentKeepalive zero is off; else 1 s to 65535 s
 * @param lastHandshake when the last handshake was completed
 * @param receivedOctets octets of datagrams that came from it and were authentic
 * @param sentOctets octets of datagrams that went to it
 */
public record PeerConfiguration(
    PublicKey publicKey,
    Optional<PresharedKey> presharedKey,
    Optional<Endpoint> endpoint,
    List<IpPrefix> allowedIps,
    Duration persistentKeepalive,
    Optional<Instant> lastHandshake,
    long receivedOctets,
    long sentOctets) {

  public PeerConfiguration {
    Objects.requireNonNull(publicKey, "publicKey");
    Objects.requireNonNull(presharedKey, "presharedKey");
    Objects.requireNonNull(endpoint, "endpoint");
    allowedIps = List.copyOf(allowedIps);
    PeerConfig.requireKeepalive(persistentKeepalive);
    Objects.requireNonNull(lastHandshake, "lastHandshake");
  }
}
