// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/**
 * Where it comes from is what it tells: it leaves from the sender's WireGuard port. No payload.
 * Source: PEX §6.9.
 */
public record EndpointNotify() implements PexMessage {

  @Override
  public PexOpcode opcode() {
    return PexOpcode.ENDPOINT_NOTIFY;
  }

  @Override
  public int payloadOctets() {
    return 0;
  }

  @Override
  public void encode(ByteBuffer target) {}
}
