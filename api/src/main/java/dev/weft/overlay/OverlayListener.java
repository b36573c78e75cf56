// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

/** Told what happens in an overlay, on the overlay's queue. It must not block. */
@FunctionalInterface
public interface OverlayListener {

  /** Something happened. */
  void onEvent(OverlayEvent event);
}
