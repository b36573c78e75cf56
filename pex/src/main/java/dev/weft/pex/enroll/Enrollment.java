// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.Endpoint;
import java.util.Objects;
import java.util.Optional;

/**
 * What a client has after an enrolment. Source: PEX §13.
 *
 * @param privateKey the host's WireGuard key, derived from this enrolment's randomness; the
 *     receiver's to store and to destroy
 * @param authKey the network's Ed25519 auth key; absent for a network without signed data
 * @param info what the server says to the new host
 * @param server where the server was
 * @param session what both sides showed: 8 hexadecimal digits
 * @param secretProven whether the server proved the shared secret
 * @since 0.1.0
 */
public record Enrollment(
    PrivateKey privateKey,
    Optional<AuthKey> authKey,
    BlobValue.Table info,
    Endpoint server,
    String session,
    boolean secretProven) {

  public Enrollment {
    Objects.requireNonNull(privateKey, "privateKey");
    Objects.requireNonNull(authKey, "authKey");
    Objects.requireNonNull(info, "info");
    Objects.requireNonNull(server, "server");
    Objects.requireNonNull(session, "session");
  }
}
