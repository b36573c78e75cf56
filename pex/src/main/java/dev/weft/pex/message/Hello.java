// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * The sender's own address on the route to the receiver's endpoint. Source: PEX §6.1.
 *
 * <pre>
 * 0  2  flags: bit 0 = IPv6
 * 2  16 address; IPv4 in the first 4 octets, the rest 0
 * </pre>
 *
 * @param localAddress the address, without scope and host name
 */
public record Hello(InetAddress localAddress) implements PexMessage {

  static final int LENGTH = WireAddress.FLAGS_LENGTH + WireAddress.LENGTH;

  public Hello {
    localAddress = WireAddress.plain(localAddress);
  }

  static Hello decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, LENGTH);
    int flags = payload.getShort();
    return new Hello(WireAddress.decode(payload, flags));
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.HELLO;
  }

  @Override
  public int payloadOctets() {
    return LENGTH;
  }

  @Override
  public void encode(ByteBuffer target) {
    target.putShort((short) WireAddress.familyFlag(localAddress));
    WireAddress.encode(localAddress, target);
  }
}
