// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.io.Serial;

/** An underlay socket could not be opened: the address is not local, or the port is in use. */
public final class UnderlayException extends OverlayException {

  @Serial private static final long serialVersionUID = 1;

  /** With a message. */
  public UnderlayException(String message) {
    super(message);
  }

  /** With a message and a cause. */
  public UnderlayException(String message, Throwable cause) {
    super(message, cause);
  }
}
