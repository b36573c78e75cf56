// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.io.Serial;

/** A device does not take a configuration. The message holds no secret. */
public final class ConfigurationRefusedException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final int errno;

  /**
   * With its reason.
   *
   * @param errno a positive number of errno.h, as Linux has them
   */
  public ConfigurationRefusedException(int errno, String message) {
    super(message, null, false, false);
    if (errno <= 0) {
      throw new IllegalArgumentException("errno: " + errno + " is not positive");
    }
    this.errno = errno;
  }

  /** The number of errno.h. */
  public int errno() {
    return errno;
  }
}
