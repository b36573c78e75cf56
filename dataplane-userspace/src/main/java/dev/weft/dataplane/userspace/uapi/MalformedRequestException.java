// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.io.Serial;

/** A request is not as the protocol has it. Without stack trace; the message holds no value. */
final class MalformedRequestException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final int errno;

  MalformedRequestException(int errno, String message) {
    super(message, null, false, false);
    this.errno = errno;
  }

  /** What to answer, positive. */
  int errno() {
    return errno;
  }
}
