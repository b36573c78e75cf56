// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/**
 * No data plane can meet the requirements; the message lists every provider with reason and remedy.
 */
public final class DataPlaneUnavailableException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public DataPlaneUnavailableException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public DataPlaneUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
