// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import dev.weft.peer.PublicKey;
import dev.weft.pex.message.MalformedMessageException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A message of an enrolment; only external. Big-endian. The header's id is the first 8 octets of
 * the session key, unmasked, and the extended header is zero. Immutable; equal by value. Source:
 * PEX §13.
 *
 * <pre>
 * 0  1  op
 * 1  32 the sender's session public key
 * 33 32 hmac
 * 65 8  nonce, counts what the sender sent in the session
 * 73 …  encrypted attributes
 * </pre>
 *
 * @param op 0 to 255; 0 to 4 have a meaning
 * @param session the sender's session public key
 * @param hmac 32 octets; copied
 * @param nonce compared unsigned
 * @param data 0 to {@link #MAX_DATA} octets; copied
 */
// The arrays are copied on the way in and out and compared by value below.
@SuppressWarnings("ArrayRecordComponent")
public record Enroll(int op, PublicKey session, byte[] hmac, long nonce, byte[] data)
    implements PexMessage {

  /** Octets of the hmac. */
  public static final int HMAC_LENGTH = 32;

  /** Octets before the data. */
  static final int MIN_LENGTH = 1 + PublicKey.LENGTH + HMAC_LENGTH + Long.BYTES;

  /** Octets of a header that external messages have and those of the tunnel do not. PEX §5. */
  private static final int EXTENDED_HEADER = 16;

  /** The most octets of data: 923, so that all fits in one message of 1024. */
  public static final int MAX_DATA = PexCodec.MAX_PAYLOAD - EXTENDED_HEADER - MIN_LENGTH;

  public Enroll {
    if (op < 0 || op > 0xff) {
      throw new IllegalArgumentException("op: " + op);
    }
    if (hmac.length != HMAC_LENGTH) {
      throw new IllegalArgumentException("hmac: has " + hmac.length + " octets");
    }
    if (data.length > MAX_DATA) {
      throw new IllegalArgumentException(
          "data: " + data.length + " octets are more than " + MAX_DATA);
    }
    hmac = hmac.clone();
    data = data.clone();
  }

  /**
   * Reads a payload.
   *
   * @param payload big-endian, from its position to its limit; afterwards at its end
   * @throws MalformedMessageException if there are fewer than 73 octets, or more data than one
   *     message of 1024 octets holds
   */
  static Enroll decode(ByteBuffer payload) throws MalformedMessageException {
    PexCodec.requirePayload(payload, MIN_LENGTH);
    if (payload.remaining() > MIN_LENGTH + MAX_DATA) {
      throw new MalformedMessageException(Reason.PAYLOAD, payload.position());
    }
    int op = Byte.toUnsignedInt(payload.get());
    byte[] session = new byte[PublicKey.LENGTH];
    payload.get(session);
    byte[] hmac = new byte[HMAC_LENGTH];
    payload.get(hmac);
    long nonce = payload.getLong();
    byte[] data = new byte[payload.remaining()];
    payload.get(data);
    return new Enroll(op, PublicKey.of(session), hmac, nonce, data);
  }

  @Override
  public PexOpcode opcode() {
    return PexOpcode.ENROLL;
  }

  @Override
  public int payloadOctets() {
    return MIN_LENGTH + data.length;
  }

  @Override
  public void encode(ByteBuffer target) {
    target.put((byte) op).put(session.octets()).put(hmac).putLong(nonce).put(data);
  }

  /** A copy. */
  @Override
  public byte[] hmac() {
    return hmac.clone();
  }

  /** A copy. */
  @Override
  public byte[] data() {
    return data.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Enroll that
        && op == that.op
        && nonce == that.nonce
        && session.equals(that.session)
        && Arrays.equals(hmac, that.hmac)
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return session.hashCode() * 31 + Arrays.hashCode(hmac);
  }

  @Override
  public String toString() {
    return "Enroll[op="
        + op
        + ", session="
        + session.shortName()
        + ", nonce="
        + Long.toUnsignedString(nonce)
        + ", hmac="
        + HexFormat.of().formatHex(hmac, 0, 4)
        + "…, data="
        + data.length
        + " octets]";
  }
}
