// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/**
 * The configuration needs a service (VXLAN, PEX) whose artifact is not on the path; the message
 * names it.
 */
public final class ServiceUnavailableException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public ServiceUnavailableException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public ServiceUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
