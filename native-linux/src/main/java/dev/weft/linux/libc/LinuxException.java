// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import java.io.Serial;

/** A call of the system failed where that was not expected. */
public class LinuxException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  private final int errno;

  /** A failure that has no error number. */
  public LinuxException(String message) {
    super(message);
    errno = 0;
  }

  /**
   * A failed call.
   *
   * @param operation what was attempted, on what: {@code opening /dev/net/tun}
   * @param errno the positive error number
   */
  public LinuxException(String operation, int errno) {
    super(operation + " failed: " + Errno.describe(errno));
    this.errno = errno;
  }

  /**
   * A failed call of which more is known.
   *
   * @param operation what was attempted, on what
   * @param errno the positive error number
   * @param explanation what it means here, and what helps
   */
  public LinuxException(String operation, int errno, String explanation) {
    super(operation + " failed: " + Errno.describe(errno) + ": " + explanation);
    this.errno = errno;
  }

  /** The positive error number; 0 if there is none. */
  public int errno() {
    return errno;
  }

  /**
   * Passes a result through.
   *
   * @param operation what was attempted
   * @param result a result that is {@code -errno} after a failure
   * @throws LinuxException if the result is negative
   */
  public static int check(String operation, int result) {
    if (result < 0) {
      throw new LinuxException(operation, -result);
    }
    return result;
  }
}
