// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.PexMessage;
import dev.weft.transport.Endpoint;
import java.util.Optional;

/** What a {@link PexNode} wants done. Immutable. */
public sealed interface PexEffect {

  /**
   * Send a message through the tunnel.
   *
   * @param peer to its overlay address and PEX port, which is not 0
   */
  record Send(Host peer, PexMessage message) implements PexEffect, ExchangeEffect {}

  /**
   * Offer an endpoint candidate for a direct peer. It is a hint of another member and not checked.
   *
   * @param source who told, so into which slot it goes
   */
  record ProposeEndpoint(PublicKey peer, EndpointOrigin source, Endpoint endpoint)
      implements PexEffect, ExchangeEffect {}

  /**
   * A handshake with a direct peer was noticed; signed networks then ask it for newer data. PEX
   * §8.1, §9.2.
   *
   * @param endpoint where the peer was at that moment
   */
  record HandshakeSeen(Host peer, Optional<Endpoint> endpoint) implements PexEffect {}

  /** A direct peer became connected or was lost. PEX §9.2. */
  record ConnectionChanged(PublicKey peer, boolean connected) implements PexEffect {}
}
