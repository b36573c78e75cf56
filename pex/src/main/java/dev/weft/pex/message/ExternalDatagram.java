// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PeerId;
import java.util.Objects;

/**
 * A message outside of the tunnel, and who claims to have sent it. Nothing of it is authenticated.
 * Immutable. Source: PEX §5, §20.
 *
 * @param sender the id in the header, unmasked
 * @param nonce random; masks the id. Nobody checks that it is fresh
 * @param message the message
 */
public record ExternalDatagram(PeerId sender, long nonce, PexMessage message) {
  public ExternalDatagram {
    Objects.requireNonNull(sender, "sender");
    Objects.requireNonNull(message, "message");
  }

  /** Octets of the datagram. */
  public int octets() {
    return ExternalCodec.HEADER_LENGTH + message.payloadOctets();
  }
}
