// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/** The answer to {@link Ping}; its arrival is all it says. No payload. Source: PEX §6.4. */
public record Pong() implements PexMessage {

  @Override
  public PexOpcode opcode() {
    return PexOpcode.PONG;
  }

  @Override
  public int payloadOctets() {
    return 0;
  }

  @Override
  public void encode(ByteBuffer target) {}
}
