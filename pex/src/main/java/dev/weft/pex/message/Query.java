// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks where peers are: a list of peer ids of 8 octets. Source: PEX §6.3.
 *
 * @param peers at most {@link #MAX_PEERS}
 */
public record Query(List<PeerId> peers) implements PexMessage {

  /** As many ids as a message holds: 126. */
  public static final int MAX_PEERS = PexCodec.MAX_PAYLOAD / PeerId.LENGTH;

  public Query {
    peers = List.copyOf(peers);
    if (peers.size() > MAX_PEERS) {
      throw new IllegalArgumentException("peers: " + peers.size() + " are more than " + MAX_PEERS);
    }
  }

  /** Reads whole ids; octets that make no id are ignored. */
  static Query decode(ByteBuffer payload) {
    List<PeerId> peers = new ArrayList<>(payload.remaining() / PeerId.LENGTH);
    while (payload.remaining() >= PeerId.LENGTH) {
      peers.add(new PeerId(payload.getLong()));
    }
    return new Query(peers);
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.QUERY;
  }

  @Override
  public int payloadOctets() {
    return peers.size() * PeerId.LENGTH;
  }

  @Override
  public void encode(ByteBuffer target) {
    peers.forEach(peer -> target.putLong(peer.value()));
  }
}
