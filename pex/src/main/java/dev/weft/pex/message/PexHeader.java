// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PeerId;
import dev.weft.pex.message.MalformedMessageException.Reason;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The header of a message in the tunnel; big-endian. Source: PEX §5.
 *
 * <pre>
 * 0  1  version, 0
 * 1  1  opcode
 * 2  2  payload octets after the header
 * 4  8  the sender's peer id
 * </pre>
 *
 * @param opcode what follows
 * @param payloadOctets 0 to 65535
 * @param sender who sent it
 */
public record PexHeader(PexOpcode opcode, int payloadOctets, PeerId sender) {

  /** Octets of the header. */
  public static final int LENGTH = 12;

  private static final int VERSION = 0;

  public PexHeader {
    Objects.requireNonNull(opcode, "opcode");
    Objects.requireNonNull(sender, "sender");
    if (payloadOctets < 0 || payloadOctets > 0xffff) {
      throw new IllegalArgumentException("payloadOctets: " + payloadOctets);
    }
  }

  /**
   * Reads a header.
   *
   * @param source big-endian, at the start of the datagram; afterwards behind the header
   */
  static PexHeader decode(ByteBuffer source) throws MalformedMessageException {
    if (source.remaining() < LENGTH) {
      throw new MalformedMessageException(Reason.TOO_SHORT, source.remaining());
    }
    if (source.get() != VERSION) {
      throw new MalformedMessageException(Reason.VERSION, 0);
    }
    PexOpcode opcode =
        PexOpcode.of(Byte.toUnsignedInt(source.get()))
            .orElseThrow(() -> new MalformedMessageException(Reason.UNKNOWN_OPCODE, 1));
    int payloadOctets = Short.toUnsignedInt(source.getShort());
    return new PexHeader(opcode, payloadOctets, new PeerId(source.getLong()));
  }

  void encode(ByteBuffer target) {
    target.put((byte) VERSION);
    target.put((byte) opcode.code());
    target.putShort((short) payloadOctets);
    target.putLong(sender.value());
  }
}
