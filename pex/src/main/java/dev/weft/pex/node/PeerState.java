// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.peer.PeerId;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
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

  /** Where others say that it is. */
  final ToldEndpoints told = new ToldEndpoints();

  /** The address in its last HELLO. */
  Optional<InetAddress> localAddress = Optional.empty();

  /** When it was last asked; absent if it may be asked. */
  OptionalLong lastQueryNanos = OptionalLong.empty();

  /** The second of the last PONG. */
  OptionalLong lastPongSecond = OptionalLong.empty();

  /** The second in which its neighbours were last told of its local address. */
  OptionalLong lastToldSecond = OptionalLong.empty();

  PeerState(Host host) {
    this.host = host;
  }

  /**
   * What to tell a receiver about this peer. PEX §6.2 has one entry: of a peer with the receiver's
   * public address that in its local network. Here the endpoint as it is seen goes before it, which
   * a receiver that takes the last one does not notice: both may be behind one carrier's NAT and
   * have no local network in common. The receiver itself is told the local one alone.
   */
  List<PeerEndpoint> describeTo(PeerState receiver) {
    if (endpoint.isEmpty()) {
      return List.of();
    }
    PeerId id = host.key().peerId();
    Endpoint seen = endpoint.get();
    List<PeerEndpoint> entries = new ArrayList<>();
    if (this != receiver) {
      entries.add(new PeerEndpoint(id, false, seen));
    }
    if (sharesAddressWith(receiver)) {
      // An address of the other family than the endpoint's would be cut or padded to nonsense on
      // the wire.
      localAddress
          .filter(local -> local.getClass() == seen.address().getClass())
          .map(local -> new PeerEndpoint(id, true, new Endpoint(local, host.port())))
          .ifPresent(entries::add);
    }
    return entries;
  }

  /** Whether both have the same public address, so that they are behind one NAT. */
  boolean sharesAddressWith(PeerState other) {
    return endpoint.isPresent()
        && endpoint.map(Endpoint::address).equals(other.endpoint.map(Endpoint::address));
  }
}
