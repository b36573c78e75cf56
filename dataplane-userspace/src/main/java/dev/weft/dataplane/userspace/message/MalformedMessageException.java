// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

/**
 * Octets are not the message they were taken for. Checked, because broken input is normal, and
 * without a stack trace, because a remote decides how often it is thrown.
 */
public final class MalformedMessageException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int offset;

  /**
   * A complaint about the octets at an offset.
   *
   * @param offset where in the message
   */
  public MalformedMessageException(int offset, String reason) {
    super("at octet " + offset + ": " + reason, null, false, false);
    this.offset = offset;
  }

  /** Where in the message, in octets. */
  public int offset() {
    return offset;
  }
}
