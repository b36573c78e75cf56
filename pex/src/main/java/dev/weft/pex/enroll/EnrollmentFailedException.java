// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.overlay.OverlayException;
import java.io.Serial;

/**
 * No server took this host in before the time was over. The message says how far it came.
 *
 * @since 0.1.0
 */
public final class EnrollmentFailedException extends OverlayException {

  @Serial private static final long serialVersionUID = 1L;

  EnrollmentFailedException(String message) {
    super(message);
  }
}
