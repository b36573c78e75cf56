// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.transport.PacketBuffer;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The types of WireGuard messages. Source: WG §5.4. */
public enum MessageType {
  /** {@link HandshakeInitiation}, WG §5.4.2. */
  HANDSHAKE_INITIATION(1, HandshakeInitiation.LENGTH, true),
  /** {@link HandshakeResponse}, WG §5.4.3. */
  HANDSHAKE_RESPONSE(2, HandshakeResponse.LENGTH, true),
  /** {@link CookieReply}, WG §5.4.7. */
  COOKIE_REPLY(3, CookieReply.LENGTH, true),
  /** {@link TransportDataLayout}, WG §5.4.6. */
  TRANSPORT_DATA(4, TransportDataLayout.MIN_LENGTH, false);

  /** Octets of the type and the three reserved zero octets behind it. */
  static final int HEADER_LENGTH = 4;

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int code;
  private final int length;
  private final boolean exact;

  MessageType(int code, int length, boolean exact) {
    this.code = code;
    this.length = length;
    this.exact = exact;
  }

  /** The type's number on the wire. */
  public int code() {
    return code;
  }

  /**
   * The type of a datagram whose length fits its type and whose reserved octets are zero; null for
   * any other datagram.
   */
  public static @Nullable MessageType of(PacketBuffer datagram) {
    if (datagram.length() < HEADER_LENGTH) {
      return null;
    }
    // Type and reserved octets together are a little-endian u32 with the value of the type.
    MessageType type =
        switch (datagram.segment().get(U32, datagram.offset())) {
          case 1 -> HANDSHAKE_INITIATION;
          case 2 -> HANDSHAKE_RESPONSE;
          case 3 -> COOKIE_REPLY;
          case 4 -> TRANSPORT_DATA;
          default -> null;
        };
    if (type == null) {
      return null;
    }
    boolean fits = type.exact ? datagram.length() == type.length : datagram.length() >= type.length;
    return fits ? type : null;
  }

  /** Reads and checks length, type and reserved octets; the position is behind them afterwards. */
  void decodeHeader(ByteBuffer source) throws MalformedMessageException {
    if (source.remaining() != length) {
      throw new MalformedMessageException(0, source.remaining() + " octets, not " + length);
    }
    source.order(ByteOrder.LITTLE_ENDIAN);
    if (source.getInt() != code) {
      throw new MalformedMessageException(0, "not a message of type " + code);
    }
  }

  /** Writes type and reserved octets, and sets the byte order. */
  void encodeHeader(ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN).putInt(code);
  }
}
