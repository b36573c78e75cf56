// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a node remembers about a direct peer. It survives new revisions. Belongs to the {@link
 * PexNode}, which makes all transitions. Source: PEX §9.2.
 */
final class PeerState {

  /** Its entry in the revision in force. */
  Host host;

  /** Ticks without anything received. */
  int idle;

  /** Ticks until another PING may be sent. */
  int pingWait;

  boolean connected;

  /** Where WireGuard last said its packets go. */
  Optional<Endpoint> endpoint = Optional.empty();

  OptionalLong lastHandshakeNanos = OptionalLong.empty();
  long receivedOctets;

  /** The address in its last HELLO. */
  Optional<InetAddress> localAddress = Optional.empty();

  /** When it was last asked; absent if it may be asked. */
  OptionalLong lastQueryNanos = OptionalLong.empty();

  /** The second of the last PONG. */
  OptionalLong lastPongSecond = OptionalLong.empty();

  PeerState(Host host) {
    this.host = host;
  }
}
