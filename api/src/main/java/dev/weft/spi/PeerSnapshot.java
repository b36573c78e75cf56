// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a data plane knows about a peer at one moment. Immutable.
 *
 * @param publicKey its key
 * @param endpoint where its packets go now
 * @param lastHandshakeNanos when the last handshake completed, on the runtime's monotonic clock
 * @param receivedOctets UDP payload octets of authenticated messages, keepalives and handshakes
 *     included, as {@code wg show} counts them
 * @param sentOctets UDP payload octets sent, likewise
 * @param receivedPackets inner packets delivered; keepalives are not counted
 * @param sentPackets inner packets sent; keepalives are not counted
 */
public record PeerSnapshot(
    PublicKey publicKey,
    Optional<Endpoint> endpoint,
    OptionalLong lastHandshakeNanos,
    long receivedOctets,
    long sentOctets,
    long receivedPackets,
    long sentPackets) {
  public PeerSnapshot {
    Objects.requireNonNull(publicKey, "publicKey");
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(lastHandshakeNanos, "lastHandshakeNanos");
  }
}
