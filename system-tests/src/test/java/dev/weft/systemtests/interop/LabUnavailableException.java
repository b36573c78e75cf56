// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.io.Serial;

/** This system cannot run a lab; the message says why, and what would help. */
final class LabUnavailableException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  LabUnavailableException(String message) {
    super(message);
  }
}
