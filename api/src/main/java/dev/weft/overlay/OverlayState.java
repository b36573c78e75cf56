// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

/** The life of an overlay, in order. */
public enum OverlayState {
  /** The plane and the services are being opened. */
  STARTING,
  /** Packets flow. */
  RUNNING,
  /** Resources are being released. */
  CLOSING,
  /** Everything was released. */
  CLOSED
}
