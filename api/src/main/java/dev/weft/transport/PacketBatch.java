// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

/**
 * A reusable array of {@link PacketBuffer}s that travel together. The first {@link #size()} buffers
 * hold packets. Mutable; used by one thread at a time; the memory belongs to whoever made the
 * batch.
 */
public final class PacketBatch {

  private final PacketBuffer[] buffers;
  private final int headRoom;
  private int size;

  /**
   * A batch with memory of its own.
   *
   * @param capacity the most packets it holds
   * @param headRoom octets kept free before each packet
   * @param packetCapacity octets behind the head room of each packet, tail room included
   */
  public PacketBatch(int capacity, int headRoom, int packetCapacity) {
    this.headRoom = headRoom;
    buffers = new PacketBuffer[capacity];
    for (int i = 0; i < capacity; i++) {
      buffers[i] = PacketBuffer.allocate(headRoom, packetCapacity);
    }
  }

  /** The most packets it holds. */
  public int capacity() {
    return buffers.length;
  }

  /** Packets it holds now. */
  public int size() {
    return size;
  }

  /** Whether no further packet fits. */
  public boolean isFull() {
    return size == buffers.length;
  }

  /**
   * The packet at the index.
   *
   * @throws IndexOutOfBoundsException if the index is not below {@link #capacity()}
   */
  public PacketBuffer get(int index) {
    return buffers[index];
  }

  /**
   * Takes the next free buffer into the batch, empty, with its head room restored.
   *
   * @throws IllegalStateException if the batch is full
   */
  public PacketBuffer append() {
    if (isFull()) {
      throw new IllegalStateException("the batch is full");
    }
    PacketBuffer buffer = buffers[size++];
    buffer.set(headRoom, 0);
    return buffer;
  }

  /**
   * Gives the last buffer back, for example after nothing was read into it.
   *
   * @throws IllegalStateException if the batch is empty
   */
  public void dropLast() {
    if (size == 0) {
      throw new IllegalStateException("the batch is empty");
    }
    size--;
  }

  /** Empties the batch; the buffers stay. */
  public void clear() {
    size = 0;
  }
}
