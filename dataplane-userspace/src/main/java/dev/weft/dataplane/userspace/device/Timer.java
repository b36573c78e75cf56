// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/** The timers of a peer. Source: WG §6. */
enum Timer {
  /** Repeats an initiation that was not answered. WG §6.4. */
  RETRANSMIT_HANDSHAKE(0),
  /** Answers received data with a keepalive when there is nothing else to send. WG §6.5. */
  SEND_KEEPALIVE(1),
  /** Starts a handshake when sent data was not answered. WG §6.5. */
  NEW_HANDSHAKE(2),
  /** Erases keys long after they were last of use. WG §6.3. */
  ZERO_KEY_MATERIAL(3),
  /** Keeps the path open through middleboxes. */
  PERSISTENT_KEEPALIVE(4);

  private final int slot;

  Timer(int slot) {
    this.slot = slot;
  }

  /** Its place in a {@link TimerTable}. */
  int slot() {
    return slot;
  }
}
