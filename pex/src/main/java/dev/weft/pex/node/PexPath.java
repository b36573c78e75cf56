// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.transport.Endpoint;
import java.util.Objects;

/** The way a message came or goes. Immutable. Source: PEX §1. */
public sealed interface PexPath {

  /** Where a message goes on this way. */
  Endpoint destination();

  /**
   * In the tunnel; WireGuard has authenticated the peer.
   *
   * @param peer its messages go to its overlay address and PEX port
   */
  record Tunnel(Host peer) implements PexPath {
    public Tunnel {
      Objects.requireNonNull(peer, "peer");
    }

    @Override
    public Endpoint destination() {
      return new Endpoint(peer.overlayAddress(), peer.pexPort());
    }

    @Override
    public String toString() {
      return peer.name() + " in the tunnel";
    }
  }

  /**
   * Outside of the tunnel, where anybody can claim to be anybody at any address.
   *
   * @param endpoint address and port
   */
  record External(Endpoint endpoint) implements PexPath {
    public External {
      Objects.requireNonNull(endpoint, "endpoint");
    }

    @Override
    public Endpoint destination() {
      return endpoint;
    }

    @Override
    public String toString() {
      return endpoint.toString();
    }
  }
}
