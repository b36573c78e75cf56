// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import dev.weft.transport.PacketPort;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A packet port in memory: {@link #inject} what the host sends into the overlay, {@link #take} what
 * came out of it. Thread-safe.
 */
public final class MemoryTun implements PacketPort {

  /** How many packets wait in each direction at most, unless another number is given. */
  public static final int DEFAULT_CAPACITY = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final int capacity;
  private final ArrayDeque<byte[]> towardsOverlay = new ArrayDeque<>();
  private final ArrayDeque<byte[]> fromOverlay = new ArrayDeque<>();
  private @Nullable Runnable readable;
  private @Nullable MemoryTun peer;
  private boolean closed;

  /** A port with the default capacity. */
  public MemoryTun() {
    this(DEFAULT_CAPACITY);
  }

  /** A port that holds so many packets in each direction. */
  public MemoryTun(int capacity) {
    this.capacity = capacity;
  }

  /** Two ports of which each reads what is written to the other. */
  public static List<MemoryTun> pair() {
    MemoryTun one = new MemoryTun();
    MemoryTun other = new MemoryTun();
    one.peer = other;
    other.peer = one;
    return List.of(one, other);
  }

  /**
   * Has the host send a packet into the overlay.
   *
   * @param packet an IP packet; copied
   * @return false if the port is closed or full
   */
  public boolean inject(byte[] packet) {
    Runnable listener;
    lock.lock();
    try {
      if (closed || towardsOverlay.size() >= capacity) {
        return false;
      }
      towardsOverlay.add(packet.clone());
      listener = readable;
    } finally {
      lock.unlock();
    }
    if (listener != null) {
      listener.run();
    }
    return true;
  }

  /** Takes the packets that came out of the overlay, in order. */
  public List<byte[]> take() {
    lock.lock();
    try {
      List<byte[]> packets = new ArrayList<>(fromOverlay);
      fromOverlay.clear();
      return packets;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the overlay closed it. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(PacketBatch batch) {
    lock.lock();
    try {
      int count = 0;
      while (!closed && !batch.isFull() && !towardsOverlay.isEmpty()) {
        byte[] packet = towardsOverlay.remove();
        PacketBuffer buffer = batch.append();
        if (packet.length > buffer.tailRoom()) {
          batch.dropLast();
        } else {
          buffer.copyFrom(packet, 0, packet.length);
          count++;
        }
      }
      return count;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int write(PacketBatch batch) {
    MemoryTun other = peer;
    int count = 0;
    for (int i = 0; i < batch.size(); i++) {
      byte[] packet = batch.get(i).toByteArray();
      if (other != null ? !isClosed() && other.inject(packet) : keep(packet)) {
        count++;
      }
    }
    return count;
  }

  private boolean keep(byte[] packet) {
    lock.lock();
    try {
      return !closed && fromOverlay.size() < capacity && fromOverlay.add(packet);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onReadable(Runnable listener) {
    boolean now;
    lock.lock();
    try {
      readable = listener;
      now = !closed && !towardsOverlay.isEmpty();
    } finally {
      lock.unlock();
    }
    if (now) {
      listener.run();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      readable = null;
      towardsOverlay.clear();
    } finally {
      lock.unlock();
    }
  }
}
