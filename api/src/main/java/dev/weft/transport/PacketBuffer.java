// SPDX-License-Identifier: Apache-2.0

package dev.weft.transport;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A window on packet memory: a memory segment, where the packet starts and how long it is, with
 * head room before it and tail room behind it. Layers add headers and tags in place, by moving the
 * window. Mutable; used by one thread at a time; the memory belongs to whoever made the buffer.
 */
public final class PacketBuffer {

  private final MemorySegment segment;
  private long offset;
  private int length;

  /** An empty window at the given place of a segment. */
  public PacketBuffer(MemorySegment segment, long offset) {
    this.segment = Objects.requireNonNull(segment, "segment");
    set(offset, 0);
  }

  /** A heap buffer of its own with that much head room and capacity behind it. */
  public static PacketBuffer allocate(int headRoom, int capacity) {
    return new PacketBuffer(
        MemorySegment.ofArray(new byte[Math.addExact(headRoom, capacity)]), headRoom);
  }

  /** The whole memory; the packet is {@code length()} octets from {@code offset()}. */
  public MemorySegment segment() {
    return segment;
  }

  /** Where the packet starts. */
  public long offset() {
    return offset;
  }

  /** Octets of the packet. */
  public int length() {
    return length;
  }

  /** Octets before the packet. */
  public long headRoom() {
    return offset;
  }

  /** Octets behind the packet. */
  public long tailRoom() {
    return segment.byteSize() - offset - length;
  }

  /**
   * Moves the window.
   *
   * @throws IndexOutOfBoundsException if it would leave the segment
   */
  public void set(long newOffset, int newLength) {
    Objects.checkFromIndexSize(newOffset, newLength, segment.byteSize());
    offset = newOffset;
    length = newLength;
  }

  /** Changes the length; the start stays. */
  public void setLength(int newLength) {
    set(offset, newLength);
  }

  /**
   * Copies a packet into this buffer, at the current offset.
   *
   * @throws IndexOutOfBoundsException if it does not fit or is not in the source; nothing changes
   */
  public void copyFrom(byte[] source, int sourceOffset, int count) {
    Objects.checkFromIndexSize(sourceOffset, count, source.length);
    set(offset, count);
    MemorySegment.copy(source, sourceOffset, segment, ValueLayout.JAVA_BYTE, offset, count);
  }

  /**
   * Copies another buffer's packet into this one, at the current offset.
   *
   * @throws IndexOutOfBoundsException if it does not fit; nothing changes
   */
  public void copyFrom(PacketBuffer source) {
    set(offset, source.length);
    MemorySegment.copy(source.segment, source.offset, segment, offset, source.length);
  }

  /** A copy of the packet. */
  public byte[] toByteArray() {
    byte[] copy = new byte[length];
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, copy, 0, length);
    return copy;
  }
}
