// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import java.util.Locale;

/** Of a {@link Runner}. */
enum RunState {
  /** What it needs is being opened. */
  STARTING,
  /** Packets flow. */
  RUNNING,
  /** Open, but nothing flows. */
  SUSPENDED,
  /** What it needs could not be opened, or failed. */
  FAILED,
  CLOSED;

  /** For messages. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it was opened, and not closed or failed since. */
  boolean isOpen() {
    return this == RUNNING || this == SUSPENDED;
  }
}
