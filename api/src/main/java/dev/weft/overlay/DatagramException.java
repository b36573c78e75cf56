// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/** A UDP port on an overlay address could not be claimed. */
public final class DatagramException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public DatagramException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public DatagramException(String message, Throwable cause) {
    super(message, cause);
  }
}
