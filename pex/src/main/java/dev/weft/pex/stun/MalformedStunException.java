// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import java.io.Serial;

/** Octets are no STUN message of use here. Has no stack trace: such input is normal. */
public final class MalformedStunException extends Exception {

  /** Why. */
  public enum Reason {
    /** Fewer octets than a header. */
    TOO_SHORT,
    /** More octets than {@link StunMessage#MAX_LENGTH}. */
    TOO_LONG,
    /** The first two bits are not zero, or the magic cookie is missing. RFC 8489 §5. */
    NOT_STUN,
    /** The announced length is not that of the datagram, or no multiple of four. */
    LENGTH,
    /** Neither a binding request nor an answer to one. */
    OTHER_TYPE,
    /** An attribute reaches beyond the message. */
    TRUNCATED,
    /** The value of an attribute does not have the form that its type demands. */
    ATTRIBUTE,
    /** A response has an attribute that must be understood and is not. RFC 8489 §6.3.3. */
    UNKNOWN_ATTRIBUTE,
    /** FINGERPRINT is wrong or not the last attribute. RFC 8489 §14.7. */
    FINGERPRINT
  }

  @Serial private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final int offset;

  MalformedStunException(Reason reason, int offset) {
    super(reason + " at octet " + offset, null, false, false);
    this.reason = reason;
    this.offset = offset;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** Where in the datagram, in octets from its start. */
  public int offset() {
    return offset;
  }
}
