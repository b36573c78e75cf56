// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/**
 * What can go wrong with an overlay. The message says what was attempted, on what, and what to do
 * about it. Subclasses: one for each thing a caller can do.
 */
public class OverlayException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public OverlayException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public OverlayException(String message, Throwable cause) {
    super(message, cause);
  }
}
