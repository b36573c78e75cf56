// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PeerId;
import java.util.Objects;

/**
 * A message and who claims to have sent it. Immutable.
 *
 * @param sender the id in the header
 * @param message the message
 */
public record PexDatagram(PeerId sender, PexMessage message) {
  public PexDatagram {
    Objects.requireNonNull(sender, "sender");
    Objects.requireNonNull(message, "message");
  }
}
