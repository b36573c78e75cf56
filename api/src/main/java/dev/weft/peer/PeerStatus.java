// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known about a peer at one moment. Immutable and thread-safe.
 *
 * @param publicKey its key
 * @param name its name, if it has one
 * @param endpoint its current underlay endpoint
 * @param endpointOrigin how that endpoint was learned
 * @param via the host that relays for it; absent if the path is direct
 * @param connected whether traffic passes: by PEX's rule (PEX §9.2) if PEX runs, else by a
 *     handshake in the last 180 s
 * @param lastHandshake when the last handshake completed; absent means never
 * @param roundTripTime the last measured round-trip time inside the tunnel
 * @param receivedOctets UDP payload octets of authenticated messages from the peer, as {@code wg
 *     show} counts them
 * @param sentOctets UDP payload octets sent to the peer
 * @param receivedPackets inner packets delivered from the peer; keepalives are not counted
 * @param sentPackets inner packets sent to the peer; keepalives are not counted
 * @param allowedIps the overlay addresses it may use
 * @param persistentKeepalive zero is off
 */
public record PeerStatus(
    PublicKey publicKey,
    Optional<String> name,
    Optional<Endpoint> endpoint,
    EndpointOrigin endpointOrigin,
    Optional<String> via,
    boolean connected,
    Optional<Instant> lastHandshake,
    Optional<Duration> roundTripTime,
    long receivedOctets,
    long sentOctets,
    long receivedPackets,
    long sentPackets,
    List<IpPrefix> allowedIps,
    Duration persistentKeepalive) {

  public PeerStatus {
    Objects.requireNonNull(publicKey, "publicKey");
    Objects.requireNonNull(endpointOrigin, "endpointOrigin");
    allowedIps = List.copyOf(allowedIps);
  }

  /** Whether packets go straight to the peer's own endpoint, not through a relaying host. */
  public boolean isDirect() {
    return via.isEmpty();
  }

  /** The name if there is one, else the short form of the key. */
  public String displayName() {
    return name.orElseGet(publicKey::shortName);
  }
}
