// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/** No echo reply came in time, or no peer has the address. */
public final class PingException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public PingException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public PingException(String message, Throwable cause) {
    super(message, cause);
  }
}
