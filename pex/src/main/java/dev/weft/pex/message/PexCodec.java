// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.pex.message.MalformedMessageException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Turns datagrams of the tunnel into messages and back. Thread-safe. Source: PEX §5, §6. */
public final class PexCodec {

  /** The longest datagram in the tunnel, header included. */
  public static final int MAX_LENGTH = 1024;

  static final int MAX_PAYLOAD = MAX_LENGTH - PexHeader.LENGTH;

  private PexCodec() {}

  /**
   * Reads a datagram. Octets behind the announced payload, and within it behind what the opcode
   * needs, are ignored.
   *
   * @param datagram from its position to its limit; unchanged
   * @throws MalformedMessageException if it is no message of opcodes 0 to 4
   */
  public static PexDatagram decode(ByteBuffer datagram) throws MalformedMessageException {
    // A longer datagram counts as cut off here. PEX §5.
    int octets = Math.min(datagram.remaining(), MAX_LENGTH);
    ByteBuffer source = datagram.slice(datagram.position(), octets).order(ByteOrder.BIG_ENDIAN);
    PexHeader header = PexHeader.decode(source);
    if (source.remaining() < header.payloadOctets()) {
      throw new MalformedMessageException(Reason.TRUNCATED, octets);
    }
    source.limit(source.position() + header.payloadOctets());
    PexMessage message =
        switch (header.opcode()) {
          case HELLO -> Hello.decode(source);
          case NOTIFY_PEERS -> NotifyPeers.decode(source);
          case QUERY -> Query.decode(source);
          case PING -> new Ping();
          case PONG -> new Pong();
          case UPDATE_REQUEST,
              UPDATE_RESPONSE,
              UPDATE_RESPONSE_DATA,
              UPDATE_RESPONSE_NO_DATA,
              ENDPOINT_NOTIFY,
              ENDPOINT_PORT_NOTIFY,
              ENROLL,
              UPDATE_RESPONSE_REFUSED ->
              throw new MalformedMessageException(Reason.OTHER_OPCODE, 1);
        };
    return new PexDatagram(header.sender(), message);
  }

  /** The octets of a message: at most {@link #MAX_LENGTH}, ready to be read. */
  public static ByteBuffer encode(PexDatagram datagram) {
    PexMessage message = datagram.message();
    PexHeader header = new PexHeader(message.opcode(), message.payloadOctets(), datagram.sender());
    ByteBuffer target = ByteBuffer.allocate(PexHeader.LENGTH + header.payloadOctets());
    header.encode(target);
    message.encode(target);
    return target.flip();
  }

  static void requirePayload(ByteBuffer payload, int octets) throws MalformedMessageException {
    if (payload.remaining() < octets) {
      throw new MalformedMessageException(Reason.PAYLOAD, payload.limit());
    }
  }
}
