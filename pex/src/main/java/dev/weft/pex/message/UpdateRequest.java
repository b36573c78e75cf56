// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/**
 * Asks for network data that are newer than the sender's. Source: PEX §6.5.
 *
 * <pre>
 * 0  8  request id
 * 8  8  version of the sender's data
 * </pre>
 *
 * @param requestId random; comes back in the answer and is the nonce of its encryption
 * @param version compared unsigned; 0 if the sender has no data
 */
public record UpdateRequest(long requestId, long version) implements PexMessage {

  static final int LENGTH = 16;

  static UpdateRequest decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, LENGTH);
    return new UpdateRequest(payload.getLong(), payload.getLong());
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.UPDATE_REQUEST;
  }

  @Override
  public int payloadOctets() {
    return LENGTH;
  }

  @Override
  public void encode(ByteBuffer target) {
    target.putLong(requestId).putLong(version);
  }
}
