// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * More of the encrypted network data that began with an {@link UpdateResponse}. Source: PEX §6.7.
 *
 * <pre>
 * 0  8  request id
 * 8  4  where in the data the chunk belongs
 * 12 4  padding, 0
 * 16 …  octets of the encrypted data, at least one
 * </pre>
 *
 * @param requestId that of the request
 * @param offset octets before the chunk, as an unsigned number
 * @param chunk the octets
 */
public record UpdateResponseData(long requestId, int offset, Chunk chunk) implements PexMessage {

  /** Octets before the chunk. */
  static final int HEAD_LENGTH = 16;

  private static final int PADDING = 0;

  /** The longest chunk that fits into a message of the tunnel: 996 octets. */
  public static final int MAX_CHUNK_IN_TUNNEL = PexCodec.MAX_PAYLOAD - HEAD_LENGTH;

  /** The longest chunk that is sent outside of the tunnel: 980 octets. */
  public static final int MAX_CHUNK_EXTERNAL = ExternalCodec.MAX_SENT_PAYLOAD - HEAD_LENGTH;

  public UpdateResponseData {
    Objects.requireNonNull(chunk, "chunk");
    if (chunk.length() == 0) {
      throw new IllegalArgumentException("chunk: it has no octets");
    }
  }

  static UpdateResponseData decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, HEAD_LENGTH + 1);
    long requestId = payload.getLong();
    int offset = payload.getInt();
    payload.getInt(); // padding, whatever it is
    return new UpdateResponseData(requestId, offset, Chunk.decode(payload));
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.UPDATE_RESPONSE_DATA;
  }

  @Override
  public int payloadOctets() {
    return HEAD_LENGTH + chunk.length();
  }

  @Override
  public void encode(ByteBuffer target) {
    target.putLong(requestId).putInt(offset).putInt(PADDING);
    chunk.encode(target);
  }
}
