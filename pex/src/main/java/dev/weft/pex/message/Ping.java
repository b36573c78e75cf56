// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/**
 * Asks for a {@link Pong}, so that traffic passes through WireGuard. No payload. Source: PEX §6.4.
 */
public record Ping() implements PexMessage {

  @Override
  public PexOpcode opcode() {
    return PexOpcode.PING;
  }

  @Override
  public int payloadOctets() {
    return 0;
  }

  @Override
  public void encode(ByteBuffer target) {}
}
