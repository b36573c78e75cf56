// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import java.util.Objects;
import java.util.Optional;

/**
 * The other side of an enrolment, as it is now. Immutable. Source: PEX §13.
 *
 * @param id its session key
 * @param session what both sides show: 8 hexadecimal digits. People compare them before they
 *     accept; 32 bits are too few to accept by without them
 * @param address where its last fresh message with a valid MAC came from
 * @param hostKey the client's key in the network: on the server the one it announced and proved to
 *     hold, on the client the own one derived for this server
 * @param authKey on the client, once confirmed, the network's Ed25519 auth key; absent on the
 *     server and for a network without one
 * @param info on the server what the client said of itself, on the client, once confirmed, what the
 *     server says to it, and before what the server said of itself
 * @param confirmed on the client whether the server accepted, on the server whether the client did
 * @param accepted whether this side accepted
 * @param secretProven whether the other side proved the shared secret
 * @since 0.1.0
 */
public record EnrollmentPeer(
    PublicKey id,
    String session,
    Endpoint address,
    PublicKey hostKey,
    Optional<AuthKey> authKey,
    BlobValue.Table info,
    boolean confirmed,
    boolean accepted,
    boolean secretProven) {

  public EnrollmentPeer {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(session, "session");
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(hostKey, "hostKey");
    Objects.requireNonNull(authKey, "authKey");
    Objects.requireNonNull(info, "info");
  }
}
