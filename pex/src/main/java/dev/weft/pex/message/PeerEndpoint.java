// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PeerId;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Where a peer is: an entry of {@link NotifyPeers}. Source: PEX §6.2.
 *
 * <pre>
 * 0  2  flags: bit 0 = IPv6, bit 1 = the address is one of a local network
 * 2  2  port
 * 4  8  peer id
 * 12 16 address; IPv4 in the first 4 octets, the rest 0
 * </pre>
 *
 * @param peer whom it is about
 * @param local whether it is the peer's address in its own local network
 * @param endpoint the address, without scope and host name, and the port
 */
public record PeerEndpoint(PeerId peer, boolean local, Endpoint endpoint) {

  static final int LENGTH = WireAddress.FLAGS_LENGTH + 2 + PeerId.LENGTH + WireAddress.LENGTH;

  private static final int FLAG_LOCAL = 2;

  public PeerEndpoint {
    Objects.requireNonNull(peer, "peer");
    endpoint = new Endpoint(WireAddress.plain(endpoint.address()), endpoint.port());
  }

  static PeerEndpoint decode(ByteBuffer source) {
    int flags = source.getShort();
    int port = Short.toUnsignedInt(source.getShort());
    PeerId peer = new PeerId(source.getLong());
    Endpoint endpoint = new Endpoint(WireAddress.decode(source, flags), port);
    return new PeerEndpoint(peer, (flags & FLAG_LOCAL) != 0, endpoint);
  }

  void encode(ByteBuffer target) {
    int flags = WireAddress.familyFlag(endpoint.address()) | (local ? FLAG_LOCAL : 0);
    target.putShort((short) flags);
    target.putShort((short) endpoint.port());
    target.putLong(peer.value());
    WireAddress.encode(endpoint.address(), target);
  }
}
