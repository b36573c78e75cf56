// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where peers are. Source: PEX §6.2.
 *
 * @param peers at most {@link #MAX_PEERS}
 */
public record NotifyPeers(List<PeerEndpoint> peers) implements PexMessage {

  /** As many entries as a message holds: 36. */
  public static final int MAX_PEERS = PexCodec.MAX_PAYLOAD / PeerEndpoint.LENGTH;

  public NotifyPeers {
    peers = List.copyOf(peers);
    if (peers.size() > MAX_PEERS) {
      throw new IllegalArgumentException("peers: " + peers.size() + " are more than " + MAX_PEERS);
    }
  }

  /** Reads whole entries; octets that make no entry are ignored. */
  static NotifyPeers decode(ByteBuffer payload) {
    List<PeerEndpoint> peers = new ArrayList<>(payload.remaining() / PeerEndpoint.LENGTH);
    while (payload.remaining() >= PeerEndpoint.LENGTH) {
      peers.add(PeerEndpoint.decode(payload));
    }
    return new NotifyPeers(peers);
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.NOTIFY_PEERS;
  }

  @Override
  public int payloadOctets() {
    return peers.size() * PeerEndpoint.LENGTH;
  }

  @Override
  public void encode(ByteBuffer target) {
    peers.forEach(peer -> peer.encode(target));
  }
}
