// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import java.nio.ByteBuffer;

/**
 * The answer to a handshake message while under load; little-endian; 64 octets. Immutable. Source:
 * WG §5.4.7.
 *
 * <pre>
 *   0  type u8 = 3, reserved 3 octets = 0
 *   4  receiver u32
 *   8  nonce, 24 octets
 *  32  cookie, 16 octets encrypted and a tag of 16
 * </pre>
 *
 * @param receiver the sender index of the message that is answered
 * @param nonce 24 random octets
 * @param encryptedCookie 32 octets
 */
public record CookieReply(int receiver, Octets nonce, Octets encryptedCookie) {

  /** Octets of {@code nonce}. */
  public static final int NONCE_LENGTH = 24;

  /** Octets of {@code encryptedCookie}. */
  public static final int ENCRYPTED_COOKIE_LENGTH = 16 + 16;

  /** Octets of the message. */
  public static final int LENGTH =
      MessageType.HEADER_LENGTH + Integer.BYTES + NONCE_LENGTH + ENCRYPTED_COOKIE_LENGTH;

  public CookieReply {
    nonce.require(NONCE_LENGTH, "nonce");
    encryptedCookie.require(ENCRYPTED_COOKIE_LENGTH, "encryptedCookie");
  }

  /** Reads the message that fills the buffer. */
  public static CookieReply decode(ByteBuffer source) throws MalformedMessageException {
    MessageType.COOKIE_REPLY.decodeHeader(source);
    return new CookieReply(
        source.getInt(),
        Octets.get(source, NONCE_LENGTH),
        Octets.get(source, ENCRYPTED_COOKIE_LENGTH));
  }

  /** Appends the message to a buffer. */
  public void encode(ByteBuffer target) {
    MessageType.COOKIE_REPLY.encodeHeader(target);
    target.putInt(receiver);
    nonce.put(target);
    encryptedCookie.put(target);
  }

  /** The message in an array of its own. */
  public byte[] toByteArray() {
    ByteBuffer target = ByteBuffer.allocate(LENGTH);
    encode(target);
    return target.array();
  }
}
