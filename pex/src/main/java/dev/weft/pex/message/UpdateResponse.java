// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PublicKey;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The start of encrypted network data. Source: PEX §6.6.
 *
 * <pre>
 * 0  8  request id
 * 8  4  octets of the whole data
 * 12 32 the sender's ephemeral public key
 * 44 4  padding, 0
 * 48 …  the first octets of the encrypted data
 * </pre>
 *
 * @param requestId that of the request
 * @param dataLength octets of the whole data, as an unsigned number
 * @param ephemeralKey makes the key of the encryption, with the requester's private key
 * @param chunk the first octets; may be empty
 */
public record UpdateResponse(long requestId, int dataLength, PublicKey ephemeralKey, Chunk chunk)
    implements PexMessage {

  /** Octets before the chunk. */
  static final int HEAD_LENGTH = 48;

  private static final int PADDING = 0;

  /** The longest chunk that fits into a message of the tunnel: 964 octets. */
  public static final int MAX_CHUNK_IN_TUNNEL = PexCodec.MAX_PAYLOAD - HEAD_LENGTH;

  /** The longest chunk that is sent outside of the tunnel: 948 octets. */
  public static final int MAX_CHUNK_EXTERNAL = ExternalCodec.MAX_SENT_PAYLOAD - HEAD_LENGTH;

  public UpdateResponse {
    Objects.requireNonNull(ephemeralKey, "ephemeralKey");
    Objects.requireNonNull(chunk, "chunk");
  }

  static UpdateResponse decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, HEAD_LENGTH);
    long requestId = payload.getLong();
    int dataLength = payload.getInt();
    byte[] key = new byte[PublicKey.LENGTH];
    payload.get(key);
    payload.getInt(); // padding, whatever it is
    return new UpdateResponse(requestId, dataLength, PublicKey.of(key), Chunk.decode(payload));
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.UPDATE_RESPONSE;
  }

  @Override
  public int payloadOctets() {
    return HEAD_LENGTH + chunk.length();
  }

  @Override
  public void encode(ByteBuffer target) {
    target.putLong(requestId).putInt(dataLength).put(ephemeralKey.octets()).putInt(PADDING);
    chunk.encode(target);
  }
}
