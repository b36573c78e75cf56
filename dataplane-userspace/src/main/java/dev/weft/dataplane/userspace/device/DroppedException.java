// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/**
 * A handshake message goes no further. Checked and without a stack trace, because a remote decides
 * how often it is thrown.
 */
final class DroppedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final DropReason reason;

  DroppedException(DropReason reason) {
    super(reason.label(), null, false, false);
    this.reason = reason;
  }

  DropReason reason() {
    return reason;
  }
}
