// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import dev.weft.linux.libc.LinuxException;
import java.io.Serial;

/**
 * The kernel refused a request, or did not answer it. Tells the kernel's own words if it had any.
 */
public final class NetlinkException extends LinuxException {

  @Serial private static final long serialVersionUID = 1;

  private final String operation;
  private final String kernelText;

  /**
   * A refused request.
   *
   * @param operation what was attempted, on what: {@code adding route 10.0.0.0/8}
   * @param errno the positive error number
   * @param kernelText what the kernel said about it; may be empty
   */
  public NetlinkException(String operation, int errno, String kernelText) {
    super(operation, errno);
    this.operation = operation;
    this.kernelText = kernelText;
  }

  /** What was attempted. */
  public String operation() {
    return operation;
  }

  /** What the kernel said; empty if it gave the error number only. */
  public String kernelText() {
    return kernelText;
  }

  @Override
  public String getMessage() {
    String failure = String.valueOf(super.getMessage());
    return kernelText.isEmpty() ? failure : failure + ": " + kernelText;
  }
}
