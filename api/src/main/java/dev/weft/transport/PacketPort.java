// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.util.OptionalInt;

/**
 * Where plain IP packets enter and leave an overlay: a TUN device, the in-process endpoint, or an
 * embedder's own. {@link #read} and {@link #write} are called by the data plane's owner thread only
 * and never block; {@link #onReadable} may be called from any thread.
 */
public interface PacketPort extends AutoCloseable {

  /**
   * Appends packets that the host wants to send into the overlay.
   *
   * @param batch filled with {@link PacketBatch#append()} up to its capacity; its memory is the
   *     caller's
   * @return the number of packets appended; 0 if there are none
   */
  int read(PacketBatch batch);

  /**
   * Takes packets that arrived from the overlay.
   *
   * @param batch the packets; their memory is the caller's again on return
   * @return the number accepted; the others are dropped, and counted by the caller
   */
  int write(PacketBatch batch);

  /**
   * Registers what to run when {@link #read} has something to return again. It must not block, may
   * be run on any thread, and is run once immediately if packets wait already.
   */
  void onReadable(Runnable listener);

  /** A descriptor that a worker can poll, if there is one. */
  default OptionalInt fileDescriptor() {
    return OptionalInt.empty();
  }

  /** Releases what the port holds. Idempotent; afterwards reads and writes return 0. */
  @Override
  void close();
}
