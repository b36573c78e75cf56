// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.nio.ByteBuffer;

/**
 * The sender's WireGuard port as others see it, at the address the message comes from. Source: PEX
 * §6.10.
 *
 * @param port 0 to 65535
 */
public record EndpointPortNotify(int port) implements PexMessage {

  static final int LENGTH = 2;

  public EndpointPortNotify {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port + " is not in 0 to 65535");
    }
  }

  static EndpointPortNotify decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, LENGTH);
    return new EndpointPortNotify(Short.toUnsignedInt(payload.getShort()));
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.ENDPOINT_PORT_NOTIFY;
  }

  @Override
  public int payloadOctets() {
    return LENGTH;
  }

  @Override
  public void encode(ByteBuffer target) {
    target.putShort((short) port);
  }
}
