// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Messages for {@link UdpSocket#send}, which stay until {@link #clear}. A message is a datagram, or
 * several of one size for one destination that the kernel or the network card cuts out of one piece
 * of memory, the last of which may be shorter. Belongs to one thread. Allocates nothing once made.
 */
public final class SendBatch {

  private final int messages;
  private final MemorySegment headers;
  private final MemorySegment vectors;
  private final MemorySegment names;
  private final MemorySegment control;
  private final MemorySegment errno;

  private final int[] lengths;
  private final int[] segmentSizes;
  private final long[] payloadOffsets;
  private final SocketAddress[] destinations;

  private int size;

  /**
   * Room for messages.
   *
   * @param arena gives the memory: some 200 octets a message
   * @param messages at least 1
   */
  public SendBatch(Arena arena, int messages) {
    if (messages < 1) {
      throw new IllegalArgumentException("messages: " + messages + " must be at least 1");
    }
    this.messages = messages;
    headers = arena.allocate(SocketLayouts.MMSGHDR, messages);
    vectors = arena.allocate(SocketLayouts.IOVEC, messages);
    names = arena.allocate(SocketLayouts.NAME_STRIDE * messages, 8);
    control = arena.allocate(ControlMessages.SEND_SPACE * messages, 8);
    errno = arena.allocate(Linker.Option.captureStateLayout());
    for (int i = 0; i < messages; i++) {
      long header = i * SocketLayouts.MSG_STRIDE;
      long vector = vectors.address() + i * SocketLayouts.IOV_STRIDE;
      long name = names.address() + i * SocketLayouts.NAME_STRIDE;
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_NAME, name);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_IOV, vector);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_IOVLEN, 1);
    }
    lengths = new int[messages];
    segmentSizes = new int[messages];
    payloadOffsets = new long[messages];
    destinations = new SocketAddress[messages];
  }

  /** Forgets all messages. */
  public void clear() {
    size = 0;
  }

  /** How many messages there are. */
  public int size() {
    return size;
  }

  /** Whether there is no room for another message. */
  public boolean isFull() {
    return size == messages;
  }

  /**
   * Adds a message. UDP takes 65507 octets over IPv4 and 65527 over IPv6, and of segments 64 (since
   * Linux 6.9: 128), else {@link UdpSocket#send} fails with EMSGSIZE or EINVAL; it fails with EIO
   * where the network card makes no checksums.
   *
   * @param payload native memory, which stays as it is until the message was sent
   * @param length 0 to 65535
   * @param segmentSize 0, or not less than {@code length}: one datagram; otherwise the octets of
   *     each datagram but the last
   * @param destination of the socket's family
   * @throws IllegalStateException if it is full
   */
  public void add(
      MemorySegment payload, long offset, int length, int segmentSize, SocketAddress destination) {
    if (isFull()) {
      throw new IllegalStateException("the batch is full: " + messages + " messages");
    }
    if (!payload.isNative()) {
      throw new IllegalArgumentException("payload: is not native memory");
    }
    Objects.checkFromIndexSize(offset, length, payload.byteSize());
    if (length > 0xffff || segmentSize < 0) {
      throw new IllegalArgumentException(
          "length: " + length + " or segmentSize: " + segmentSize + " is out of range");
    }
    int i = size;
    int segments = segmentSize < length ? segmentSize : 0;
    long name = i * SocketLayouts.NAME_STRIDE;
    long controlOffset = i * ControlMessages.SEND_SPACE;
    long controlLength = ControlMessages.write(control, controlOffset, segments, destination);
    long header = i * SocketLayouts.MSG_STRIDE;
    headers.set(JAVA_INT, header + SocketLayouts.MSG_NAMELEN, destination.write(names, name));
    headers.set(
        JAVA_LONG,
        header + SocketLayouts.MSG_CONTROL,
        controlLength == 0 ? 0 : control.address() + controlOffset);
    headers.set(JAVA_LONG, header + SocketLayouts.MSG_CONTROLLEN, controlLength);
    long vector = i * SocketLayouts.IOV_STRIDE;
    vectors.set(JAVA_LONG, vector + SocketLayouts.IOV_BASE, payload.address() + offset);
    vectors.set(JAVA_LONG, vector + SocketLayouts.IOV_LEN, length);
    lengths[i] = length;
    segmentSizes[i] = segments;
    payloadOffsets[i] = offset;
    destinations[i] = destination;
    size++;
  }

  /** Calls sendmmsg; returns the number of messages taken or {@code -errno}. */
  int send(int descriptor, int first) {
    Objects.checkFromToIndex(first, size, size);
    return first == size
        ? 0
        : SocketCalls.sendmmsg(
            errno, descriptor, headers.address() + first * SocketLayouts.MSG_STRIDE, size - first);
  }

  /** The octets of a message. */
  public int length(int i) {
    return lengths[checked(i)];
  }

  /** The octets of each datagram but the last; 0 if the message is one datagram. */
  public int segmentSize(int i) {
    return segmentSizes[checked(i)];
  }

  /** Where the message begins in the memory that was given with it. */
  public long payloadOffset(int i) {
    return payloadOffsets[checked(i)];
  }

  /** Where the message goes. */
  public SocketAddress destination(int i) {
    return destinations[checked(i)];
  }

  private int checked(int i) {
    return Objects.checkIndex(i, size);
  }
}
