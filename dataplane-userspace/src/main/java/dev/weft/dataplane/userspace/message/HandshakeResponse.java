// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import dev.weft.peer.PublicKey;
import java.nio.ByteBuffer;

/**
 * The second message of a handshake; little-endian; 92 octets. Immutable. Source: WG §5.4.3.
 *
 * <pre>
 *   0  type u8 = 2, reserved 3 octets = 0
 *   4  sender u32
 *   8  receiver u32
 *  12  ephemeral, 32 octets
 *  44  empty, 0 octets encrypted and a tag of 16
 *  60  mac1, 16 octets
 *  76  mac2, 16 octets
 * </pre>
 *
 * @param sender the responder's index
 * @param receiver the initiator's index
 * @param ephemeral the responder's ephemeral public key
 * @param encryptedEmpty 16 octets
 * @param mac1 16 octets
 * @param mac2 16 octets; zero without cookie
 */
public record HandshakeResponse(
    int sender,
    int receiver,
    PublicKey ephemeral,
    Octets encryptedEmpty,
    Octets mac1,
    Octets mac2) {

  /** Octets of {@code encryptedEmpty}. */
  public static final int ENCRYPTED_EMPTY_LENGTH = 16;

  /** Octets of the message. */
  public static final int LENGTH =
      MessageType.HEADER_LENGTH
          + 2 * Integer.BYTES
          + PublicKey.LENGTH
          + ENCRYPTED_EMPTY_LENGTH
          + 2 * Macs.LENGTH;

  public HandshakeResponse {
    encryptedEmpty.require(ENCRYPTED_EMPTY_LENGTH, "encryptedEmpty");
    mac1.require(Macs.LENGTH, "mac1");
    mac2.require(Macs.LENGTH, "mac2");
  }

  /** A message whose macs are still to be computed, over its encoded form. */
  public static HandshakeResponse withoutMacs(
      int sender, int receiver, PublicKey ephemeral, Octets encryptedEmpty) {
    return new HandshakeResponse(sender, receiver, ephemeral, encryptedEmpty, Macs.ZERO, Macs.ZERO);
  }

  /** Reads the message that fills the buffer. */
  public static HandshakeResponse decode(ByteBuffer source) throws MalformedMessageException {
    MessageType.HANDSHAKE_RESPONSE.decodeHeader(source);
    return new HandshakeResponse(
        source.getInt(),
        source.getInt(),
        PublicKey.of(Octets.get(source, PublicKey.LENGTH).toByteArray()),
        Octets.get(source, ENCRYPTED_EMPTY_LENGTH),
        Octets.get(source, Macs.LENGTH),
        Octets.get(source, Macs.LENGTH));
  }

  /** Appends the message to a buffer. */
  public void encode(ByteBuffer target) {
    MessageType.HANDSHAKE_RESPONSE.encodeHeader(target);
    target.putInt(sender).putInt(receiver).put(ephemeral.octets());
    encryptedEmpty.put(target);
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
