// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.peer.PublicKey;
import java.nio.ByteBuffer;

/**
 * The first message of a handshake; little-endian; 148 octets. Immutable. Source: WG §5.4.2.
 *
 * <pre>
 *   0  type u8 = 1, reserved 3 octets = 0
 *   4  sender u32
 *   8  ephemeral, 32 octets
 *  40  static, 32 octets encrypted and a tag of 16
 *  88  timestamp, 12 octets encrypted and a tag of 16
 * 116  mac1, 16 octets
 * 132  mac2, 16 octets
 * </pre>
 *
 * @param sender the initiator's index
 * @param ephemeral the initiator's ephemeral public key
 * @param encryptedStatic 48 octets
 * @param encryptedTimestamp 28 octets
 * @param mac1 16 octets
 * @param mac2 16 octets; zero without cookie
 */
public record HandshakeInitiation(
    int sender,
    PublicKey ephemeral,
    Octets encryptedStatic,
    Octets encryptedTimestamp,
    Octets mac1,
    Octets mac2) {

  /** Octets of {@code encryptedStatic}. */
  public static final int ENCRYPTED_STATIC_LENGTH = PublicKey.LENGTH + 16;

  /** Octets of {@code encryptedTimestamp}. */
  public static final int ENCRYPTED_TIMESTAMP_LENGTH = 12 + 16;

  /** Octets of the message. */
  public static final int LENGTH =
      MessageType.HEADER_LENGTH
          + Integer.BYTES
          + PublicKey.LENGTH
          + ENCRYPTED_STATIC_LENGTH
          + ENCRYPTED_TIMESTAMP_LENGTH
          + 2 * Macs.LENGTH;

  public HandshakeInitiation {
    encryptedStatic.require(ENCRYPTED_STATIC_LENGTH, "encryptedStatic");
    encryptedTimestamp.require(ENCRYPTED_TIMESTAMP_LENGTH, "encryptedTimestamp");
    mac1.require(Macs.LENGTH, "mac1");
    mac2.require(Macs.LENGTH, "mac2");
  }

  /** A message whose macs are still to be computed, over its encoded form. */
  public static HandshakeInitiation withoutMacs(
      int sender, PublicKey ephemeral, Octets encryptedStatic, Octets encryptedTimestamp) {
    return new HandshakeInitiation(
        sender, ephemeral, encryptedStatic, encryptedTimestamp, Macs.ZERO, Macs.ZERO);
  }

  /** Reads the message that fills the buffer. */
  public static HandshakeInitiation decode(ByteBuffer source) throws MalformedMessageException {
    MessageType.HANDSHAKE_INITIATION.decodeHeader(source);
    return new HandshakeInitiation(
        source.getInt(),
        PublicKey.of(Octets.get(source, PublicKey.LENGTH).toByteArray()),
        Octets.get(source, ENCRYPTED_STATIC_LENGTH),
        Octets.get(source, ENCRYPTED_TIMESTAMP_LENGTH),
        Octets.get(source, Macs.LENGTH),
        Octets.get(source, Macs.LENGTH));
  }

  /** Appends the message to a buffer. */
  public void encode(ByteBuffer target) {
    MessageType.HANDSHAKE_INITIATION.encodeHeader(target);
    target.putInt(sender).put(ephemeral.octets());
    encryptedStatic.put(target);
    encryptedTimestamp.put(target);
    mac1.put(target);
    mac2.put(target);
  }

  /** The message in an array of its own. */
  public byte[] toByteArray() {
    ByteBuffer target = ByteBuffer.allocate(LENGTH);
    encode(target);
    return target.array();
  }
}
