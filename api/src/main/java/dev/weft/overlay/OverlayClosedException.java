// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/** The overlay is closing or closed. */
public final class OverlayClosedException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public OverlayClosedException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public OverlayClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
