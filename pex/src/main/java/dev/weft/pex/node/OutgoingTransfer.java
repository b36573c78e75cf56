// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import java.util.Optional;

/**
 * Network data on their way to a requester: an UPDATE_RESPONSE and as many UPDATE_RESPONSE_DATA as
 * needed, each as long as a message may be, and perhaps a last message. Encrypts while it is sent;
 * the data are shared with other transfers. Belongs to its {@link TransferPacer}. Source: PEX §8.4.
 */
final class OutgoingTransfer {

  private final PexPath path;
  private final byte[] data;
  private final long requestId;
  private final PublicKey ephemeralKey;
  private final UpdateCipher cipher;
  private Optional<PexMessage> last;
  private int offset;
  private boolean started;

  /** When its first message was sent. */
  long startedNanos;

  /** When the next ones are due. */
  long dueNanos;

  /**
   * A transfer of which nothing was sent yet.
   *
   * @param data signed network data; shared, not changed
   * @param ephemeralKey this side's public key
   * @param cipher at the start of the data
   * @param last what is sent behind them
   */
  OutgoingTransfer(
      PexPath path,
      byte[] data,
      long requestId,
      PublicKey ephemeralKey,
      UpdateCipher cipher,
      Optional<PexMessage> last) {
    this.path = path;
    this.data = data;
    this.requestId = requestId;
    this.ephemeralKey = ephemeralKey;
    this.cipher = cipher;
    this.last = last;
  }

  PexPath path() {
    return path;
  }

  boolean isComplete() {
    return started && offset == data.length && last.isEmpty();
  }

  /** The next message; there is one until the transfer is complete. */
  PexMessage next() {
    boolean tunnel = path instanceof PexPath.Tunnel;
    if (!started) {
      started = true;
      return new UpdateResponse(
          requestId,
          data.length,
          ephemeralKey,
          chunk(tunnel ? UpdateResponse.MAX_CHUNK_IN_TUNNEL : UpdateResponse.MAX_CHUNK_EXTERNAL));
    }
    if (offset < data.length) {
      int before = offset;
      int most =
          tunnel ? UpdateResponseData.MAX_CHUNK_IN_TUNNEL : UpdateResponseData.MAX_CHUNK_EXTERNAL;
      return new UpdateResponseData(requestId, before, chunk(most));
    }
    PexMessage message = last.orElseThrow();
    last = Optional.empty();
    return message;
  }

  private Chunk chunk(int most) {
    int length = Math.min(most, data.length - offset);
    Chunk chunk = Chunk.of(cipher.encrypt(data, offset, length));
    offset += length;
    return chunk;
  }

  /** Octets of all datagrams that carry data of a length outside of the tunnel. */
  static int externalOctets(int dataLength) {
    int rest = Math.max(0, dataLength - UpdateResponse.MAX_CHUNK_EXTERNAL);
    int more = Math.ceilDiv(rest, UpdateResponseData.MAX_CHUNK_EXTERNAL);
    int headOfFirst = ExternalCodec.MAX_SENT - UpdateResponse.MAX_CHUNK_EXTERNAL;
    int headOfOthers = ExternalCodec.MAX_SENT - UpdateResponseData.MAX_CHUNK_EXTERNAL;
    return dataLength
        + headOfFirst
        + more * headOfOthers
        + (1 + more) * EgressBudget.OVERHEAD_OCTETS;
  }
}
