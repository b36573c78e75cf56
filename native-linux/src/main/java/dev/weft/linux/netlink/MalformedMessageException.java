// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import java.io.Serial;

/** Octets that are no netlink message, or not the one they claim to be. Has no stack trace. */
public final class MalformedMessageException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  /**
   * A message that cannot be read.
   *
   * @param reason what is wrong with it
   * @param offset where, in octets from the start of what was parsed
   */
  public MalformedMessageException(String reason, int offset) {
    super(reason + " at offset " + offset, null, false, false);
  }
}
