// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.crypto.SipHash;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.pex.message.MalformedMessageException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/**
 * Turns datagrams outside of the tunnel into messages and back. Thread-safe. Source: PEX §5, §6.
 *
 * <pre>
 * 0  12 header as in the tunnel, but the sender's id is masked
 * 12 8  nonce
 * 20 8  auth id: the first octets of the network's auth public key
 * 28 …  payload
 * </pre>
 *
 * <p>The mask hides the id only from those who do not know the auth public key, and authenticates
 * nothing.
 */
public final class ExternalCodec {

  /** The longest datagram that is read. */
  public static final int MAX_RECEIVED = 16_384;

  /** The longest datagram that is sent. */
  public static final int MAX_SENT = 1024;

  /** Octets of the second header. */
  private static final int EXTENDED_LENGTH = 16;

  /** Octets before the payload. */
  public static final int HEADER_LENGTH = PexHeader.LENGTH + EXTENDED_LENGTH;

  static final int MAX_SENT_PAYLOAD = MAX_SENT - HEADER_LENGTH;

  private static final int OPCODE_OFFSET = 1;
  private static final int AUTH_ID_OFFSET = PexHeader.LENGTH + 8;

  private ExternalCodec() {}

  /**
   * Which network a datagram belongs to, before anything else is looked at.
   *
   * @param datagram from its position to its limit; unchanged
   * @return empty if it has no complete header of version 0; for ENROLL it says nothing
   */
  public static OptionalLong authId(ByteBuffer datagram) {
    if (datagram.remaining() < HEADER_LENGTH || datagram.get(datagram.position()) != 0) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        datagram
            .duplicate()
            .order(ByteOrder.BIG_ENDIAN)
            .getLong(datagram.position() + AUTH_ID_OFFSET));
  }

  /**
   * Whether a datagram is an enrolment message. It belongs to no network, its id is not masked and
   * the octets 12 to 27 are zero. PEX §13.
   */
  public static boolean isEnroll(ByteBuffer datagram) {
    return authId(datagram).isPresent()
        && datagram.get(datagram.position() + OPCODE_OFFSET) == PexOpcode.ENROLL.code();
  }

  /**
   * Reads a datagram. Octets behind the announced payload are ignored.
   *
   * @param datagram from its position to its limit; unchanged
   * @param authKey the network's key, found by {@link #authId}
   * @throws MalformedMessageException if it is no message of opcodes 5 to 10 and 12
   */
  public static ExternalDatagram decode(ByteBuffer datagram, AuthKey authKey)
      throws MalformedMessageException {
    int octets = Math.min(datagram.remaining(), MAX_RECEIVED);
    ByteBuffer source = datagram.slice(datagram.position(), octets).order(ByteOrder.BIG_ENDIAN);
    PexHeader header = readHeaders(source);
    long nonce = source.getLong();
    source.getLong(); // the auth id
    PexMessage message =
        switch (header.opcode()) {
          case UPDATE_REQUEST -> UpdateRequest.decode(source);
          case UPDATE_RESPONSE -> UpdateResponse.decode(source);
          case UPDATE_RESPONSE_DATA -> UpdateResponseData.decode(source);
          case UPDATE_RESPONSE_NO_DATA -> UpdateResponseNoData.decode(source);
          case UPDATE_RESPONSE_REFUSED -> UpdateResponseRefused.decode(source);
          case ENDPOINT_NOTIFY -> new EndpointNotify();
          case ENDPOINT_PORT_NOTIFY -> EndpointPortNotify.decode(source);
          case HELLO, NOTIFY_PEERS, QUERY, PING, PONG, ENROLL ->
              throw new MalformedMessageException(Reason.OTHER_OPCODE, OPCODE_OFFSET);
        };
    PeerId sender = new PeerId(header.sender().value() ^ mask(nonce, authKey));
    return new ExternalDatagram(sender, nonce, message);
  }

  /**
   * The octets of a datagram, ready to be read.
   *
   * @param authKey the network's key
   * @throws IllegalArgumentException if they are more than {@link #MAX_SENT}
   */
  public static ByteBuffer encode(ExternalDatagram datagram, AuthKey authKey) {
    PexMessage message = datagram.message();
    if (datagram.octets() > MAX_SENT) {
      throw new IllegalArgumentException(
          message.opcode() + ": " + datagram.octets() + " octets are more than " + MAX_SENT);
    }
    PeerId masked = new PeerId(datagram.sender().value() ^ mask(datagram.nonce(), authKey));
    ByteBuffer target = ByteBuffer.allocate(datagram.octets());
    new PexHeader(message.opcode(), message.payloadOctets(), masked).encode(target);
    target.putLong(datagram.nonce()).putLong(authKey.id());
    message.encode(target);
    return target.flip();
  }

  /**
   * Reads an enrolment message.
   *
   * @param datagram from its position to its limit; unchanged
   * @throws MalformedMessageException if {@link #isEnroll} would say no, or its payload is none
   */
  public static Enroll decodeEnroll(ByteBuffer datagram) throws MalformedMessageException {
    int octets = Math.min(datagram.remaining(), MAX_RECEIVED);
    ByteBuffer source = datagram.slice(datagram.position(), octets).order(ByteOrder.BIG_ENDIAN);
    PexHeader header = readHeaders(source);
    if (header.opcode() != PexOpcode.ENROLL) {
      throw new MalformedMessageException(Reason.OTHER_OPCODE, OPCODE_OFFSET);
    }
    return Enroll.decode(source.position(HEADER_LENGTH));
  }

  /** The octets of an enrolment message, ready to be read. PEX §13. */
  public static ByteBuffer encode(Enroll message) {
    ByteBuffer target = ByteBuffer.allocate(HEADER_LENGTH + message.payloadOctets());
    new PexHeader(message.opcode(), message.payloadOctets(), message.session().peerId())
        .encode(target);
    target.putLong(0).putLong(0);
    message.encode(target);
    return target.flip();
  }

  /** Reads the first header and cuts the rest to the extended header and the payload. */
  private static PexHeader readHeaders(ByteBuffer source) throws MalformedMessageException {
    int octets = source.remaining();
    PexHeader header = PexHeader.decode(source);
    if (octets < HEADER_LENGTH) {
      throw new MalformedMessageException(Reason.TOO_SHORT, octets);
    }
    PexCodec.limitTo(EXTENDED_LENGTH + header.payloadOctets(), source);
    return header;
  }

  private static long mask(long nonce, AuthKey authKey) {
    return SipHash.hash(nonce, nonce, authKey.octets());
  }
}
