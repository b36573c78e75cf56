// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.peer.PublicKey;

/** What a data plane reports. Called on the overlay's queue. */
public interface DataPlaneListener {

  /**
   * Something about a peer is worth a look before the next poll: a handshake completed, or its
   * endpoint moved. A plane that cannot notice need not call this.
   */
  void onPeerActivity(PublicKey peer);

  /** The plane cannot go on; the overlay closes. */
  void onFailure(Throwable cause);
}
