// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.peer.PublicKey;
import java.util.OptionalInt;

/** What a {@link NetworkDataExchange} asks about its host. Called on the exchange's owner. */
public interface LocalState {

  /** Whether traffic passes to a peer, by PEX §9.2. */
  boolean isConnected(PublicKey peer);

  /** The WireGuard port as others see it, if it is known. PEX §10. */
  OptionalInt externalPort();

  /** The WireGuard port that is configured. */
  int port();
}
