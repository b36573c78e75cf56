// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import dev.weft.transport.PacketPort;
import java.io.Serial;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An embedder's packet port with the batches that go to and from it. Owned by the overlay's queue.
 */
final class SuppliedPort {

  /** Packets in a batch. */
  static final int BATCH = 32;

  /** The embedder's port threw. */
  static final class FailedException extends RuntimeException {

    @Serial private static final long serialVersionUID = 1;

    FailedException(RuntimeException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private final PacketPort port;
  private final int mtuOctets;
  private final InnerDropCounters drops;
  private final AtomicBoolean woken = new AtomicBoolean();
  private @Nullable PacketBatch fromHost;
  private @Nullable PacketBatch toHost;
  private boolean closed;

  SuppliedPort(PacketPort port, int mtuOctets, InnerDropCounters drops) {
    this.port = port;
    this.mtuOctets = mtuOctets;
    this.drops = drops;
  }

  /**
   * Starts listening.
   *
   * @param wake run on any thread when {@link #read} is worth calling; once until {@link
   *     #beginReading}
   */
  void onReadable(Runnable wake) {
    port.onReadable(
        () -> {
          if (woken.compareAndSet(false, true)) {
            wake.run();
          }
        });
  }

  /** Marks the port as woken. False if it is already, and a read is on its way. */
  boolean wake() {
    return woken.compareAndSet(false, true);
  }

  /** Says that {@link #read} is about to be called; what comes from now on wakes anew. */
  void beginReading() {
    woken.set(false);
  }

  /** The next packets of the host, at most {@link #BATCH}. */
  PacketBatch read() {
    PacketBatch batch = fromHost;
    if (batch == null) {
      batch =
          new PacketBatch(BATCH, WireGuardDevice.HEAD_ROOM, mtuOctets + WireGuardDevice.TAIL_ROOM);
      fromHost = batch;
    }
    batch.clear();
    try {
      port.read(batch);
    } catch (RuntimeException e) {
      throw new FailedException(e);
    }
    return batch;
  }

  /**
   * Takes packets out of a batch that are longer than the MTU or leave no room for the tunnel's.
   */
  void removeUnfit(PacketBatch batch) {
    int kept = 0;
    int size = batch.size();
    for (int i = 0; i < size; i++) {
      PacketBuffer packet = batch.get(i);
      if (isFit(packet)) {
        if (kept != i) {
          batch.get(kept).set(WireGuardDevice.HEAD_ROOM, 0);
          batch.get(kept).copyFrom(packet);
        }
        kept++;
      } else {
        drops.count(InnerDrop.TOO_LONG);
      }
    }
    for (int i = kept; i < size; i++) {
      batch.dropLast();
    }
  }

  private boolean isFit(PacketBuffer packet) {
    return packet.length() <= mtuOctets
        && packet.headRoom() >= WireGuardDevice.HEAD_ROOM
        && packet.tailRoom() >= WireGuardDevice.TAIL_ROOM;
  }

  /** Copies a packet for the host; it is written with the batch. */
  void gather(PacketBuffer packet) {
    PacketBatch batch = toHost;
    if (batch == null) {
      batch = new PacketBatch(BATCH, 0, InnerDemux.packetCapacity(mtuOctets));
      toHost = batch;
    }
    if (batch.isFull()) {
      drops.count(InnerDrop.QUEUE_FULL);
      return;
    }
    PacketBuffer copy = batch.append();
    if (copy.tailRoom() < packet.length()) {
      batch.dropLast();
      drops.count(InnerDrop.TOO_LONG);
      return;
    }
    copy.copyFrom(packet);
  }

  /** Whether {@link #write} must come before the next {@link #gather}. */
  boolean isFull() {
    return toHost != null && toHost.isFull();
  }

  /** Writes what was gathered. */
  void write() {
    PacketBatch batch = toHost;
    if (batch != null && batch.size() > 0 && !closed) {
      int size = batch.size();
      try {
        drops.count(InnerDrop.PORT_REFUSED, size - Math.clamp(port.write(batch), 0, size));
      } catch (RuntimeException e) {
        throw new FailedException(e);
      } finally {
        batch.clear();
      }
    }
  }

  /** Gives the memory of the batches back until they are needed again. */
  void releaseMemory() {
    fromHost = null;
    toHost = null;
  }

  void close() {
    closed = true;
    releaseMemory();
    port.close();
  }
}
