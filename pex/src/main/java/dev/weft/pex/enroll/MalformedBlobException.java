// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import java.io.Serial;

/**
 * Octets are no blobmsg that is accepted. Has no stack trace: such input is normal.
 *
 * @since 0.1.0
 */
public final class MalformedBlobException extends Exception {

  /** Why. */
  public enum Reason {
    /** An attribute announces more octets than there are, or fewer than its head has. */
    LENGTH,
    /** An attribute has no name field, or the name has no end, or a NUL in it. */
    NAME,
    /** The value does not fit its type. */
    VALUE,
    /** Tables and arrays are nested deeper than {@link Blobmsg#MAX_DEPTH}. */
    DEPTH,
    /** There are more attributes than {@link Blobmsg#MAX_ATTRIBUTES}. */
    ATTRIBUTES
  }

  @Serial private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final int offset;

  MalformedBlobException(Reason reason, int offset) {
    super(reason + " at octet " + offset, null, false, false);
    this.reason = reason;
    this.offset = offset;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** Where, in octets from the start. */
  public int offset() {
    return offset;
  }
}
