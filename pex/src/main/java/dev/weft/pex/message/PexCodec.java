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
   * @throws MalformedMessageException if it is no message of opcodes 0 to 8 and 12
   */
  public static PexDatagram decode(ByteBuffer datagram) throws MalformedMessageException {
    // A longer datagram counts as cut off here. PEX §5.
    int octets = Math.min(datagram.remaining(), MAX_LENGTH);
    ByteBuffer source = datagram.slice(datagram.position(), octets).order(ByteOrder.BIG_ENDIAN);
    PexHeader header = PexHeader.decode(source);
    limitTo(header.payloadOctets(), source);
    PexMessage message =
        switch (header.opcode()) {
          case HELLO -> Hello.decode(source);
          case NOTIFY_PEERS -> NotifyPeers.decode(source);
          case QUERY -> Query.decode(source);
          case PING -> new Ping();
          case PONG -> new Pong();
          case UPDATE_REQUEST -> UpdateRequest.decode(source);
          case UPDATE_RESPONSE -> UpdateResponse.decode(source);
          case UPDATE_RESPONSE_DATA -> UpdateResponseData.decode(source);
          case UPDATE_RESPONSE_NO_DATA -> UpdateResponseNoData.decode(source);
          case UPDATE_RESPONSE_REFUSED -> UpdateResponseRefused.decode(source);
          case ENDPOINT_NOTIFY, ENDPOINT_PORT_NOTIFY, ENROLL ->
              throw new MalformedMessageException(Reason.OTHER_OPCODE, 1);
        };
    return new PexDatagram(header.sender(), message);
  }

  /**
   * The octets of a message: at most {@link #MAX_LENGTH}, ready to be read. A message that is only
   * for outside of the tunnel is written too; receivers ignore it. PEX §8.2.
   *
   * @throws IllegalArgumentException if a chunk makes it longer
   */
  public static ByteBuffer encode(PexDatagram datagram) {
    PexMessage message = datagram.message();
    PexHeader header = new PexHeader(message.opcode(), message.payloadOctets(), datagram.sender());
    if (header.payloadOctets() > MAX_PAYLOAD) {
      throw new IllegalArgumentException(
          message.opcode() + ": a payload of " + header.payloadOctets() + " octets does not fit");
    }
    ByteBuffer target = ByteBuffer.allocate(PexHeader.LENGTH + header.payloadOctets());
    header.encode(target);
    message.encode(target);
    return target.flip();
  }

  /** Cuts the rest of a datagram to the announced payload. */
  static void limitTo(int payloadOctets, ByteBuffer source) throws MalformedMessageException {
    if (source.remaining() < payloadOctets) {
      throw new MalformedMessageException(Reason.TRUNCATED, source.limit());
    }
    source.limit(source.position() + payloadOctets);
  }

  static void requirePayload(ByteBuffer payload, int octets) throws MalformedMessageException {
    if (payload.remaining() < octets) {
      throw new MalformedMessageException(Reason.PAYLOAD, payload.limit());
    }
  }
}
