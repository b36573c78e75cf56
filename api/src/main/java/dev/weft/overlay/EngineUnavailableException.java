// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/** No engine, or more than one, is on the class path or module path. */
public final class EngineUnavailableException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public EngineUnavailableException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
