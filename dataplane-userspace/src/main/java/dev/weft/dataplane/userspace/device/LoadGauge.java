// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

/**
 * Decides when a device is under load: more than {@link
 * ProtocolConstants#UNDER_LOAD_HANDSHAKES_PER_SECOND} handshake messages arrived within the last
 * second, and for {@link ProtocolConstants#UNDER_LOAD_HOLD_TIME} after that. A device works each
 * message off at once, so there is no queue whose length could tell. Owned by the device's thread.
 * Source: WG §5.3, which leaves the measure open.
 */
final class LoadGauge {

  private static final int SLOTS = 8;
  private static final long SLOT_NANOS = 1_000_000_000L / SLOTS;

  private final int[] counts = new int[SLOTS];
  private int total;
  private boolean started;
  private long startNanos;
  private long slot;
  private boolean loaded;
  private long loadedNanos;

  /** Counts a message; true if the device is under load. */
  boolean onHandshakeMessage(long nowNanos) {
    if (!started) {
      started = true;
      startNanos = nowNanos;
    }
    // From the start, because the clock itself may pass its greatest value.
    advance((nowNanos - startNanos) / SLOT_NANOS);
    counts[index(slot)]++;
    total++;
    if (total > ProtocolConstants.UNDER_LOAD_HANDSHAKES_PER_SECOND) {
      loaded = true;
      loadedNanos = nowNanos;
    } else if (loaded && nowNanos - loadedNanos >= ProtocolConstants.UNDER_LOAD_HOLD_TIME) {
      loaded = false;
    }
    return loaded;
  }

  private void advance(long newSlot) {
    long steps = Math.min(newSlot - slot, SLOTS);
    for (long i = 1; i <= steps; i++) {
      int index = index(slot + i);
      total -= counts[index];
      counts[index] = 0;
    }
    slot = Math.max(slot, newSlot);
  }

  private static int index(long slot) {
    return (int) (slot % SLOTS);
  }
}
