// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/**
 * The sender does not know the requester. Source: PEX §6.8.
 *
 * <pre>
 * 0  8  request id
 * 8  8  version of the sender's data
 * </pre>
 *
 * @param requestId that of the request
 * @param version compared unsigned; a message with 0 says nothing
 */
public record UpdateResponseRefused(long requestId, long version) implements PexMessage {

  static final int LENGTH = 16;

  static UpdateResponseRefused decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, LENGTH);
    return new UpdateResponseRefused(payload.getLong(), payload.getLong());
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.UPDATE_RESPONSE_REFUSED;
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
