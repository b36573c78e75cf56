// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import java.io.Serial;

/** Octets are no message this node understands. Has no stack trace: such input is normal. */
public final class MalformedMessageException extends Exception {

  /** Why. */
  public enum Reason {
    /** Fewer octets than a header. */
    TOO_SHORT,
    /** The version is not 0. */
    VERSION,
    /** The opcode is not in the specification. */
    UNKNOWN_OPCODE,
    /** The opcode belongs to another transport or another type of network. */
    OTHER_OPCODE,
    /** The header announces more octets than there are. */
    TRUNCATED,
    /** The payload is too short for the opcode. */
    PAYLOAD
  }

  @Serial private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final int offset;

  MalformedMessageException(Reason reason, int offset) {
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
