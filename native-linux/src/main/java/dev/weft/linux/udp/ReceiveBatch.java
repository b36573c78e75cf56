// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Buffers that {@link UdpSocket#receive} fills, with what it tells of each message. A message is a
 * datagram, or with UDP_GRO several of one sender and one size, the last of which may be shorter.
 * Belongs to one thread; everything is valid until the next call, and indices are below the number
 * that the last one returned. Addresses have the form of {@link SocketAddress}. Allocates nothing
 * once made.
 */
public final class ReceiveBatch {

  private final int messages;
  private final int bufferOctets;
  private final MemorySegment memory;
  private final MemorySegment headers;
  private final MemorySegment names;
  private final MemorySegment control;
  private final MemorySegment errno;

  private final ControlMessages parsed = new ControlMessages();
  private final int[] segmentSizes;
  private final boolean[] locals;
  private final long[] localHighs;
  private final long[] localLows;
  private final int[] interfaces;

  private int received;

  /**
   * Room for messages.
   *
   * @param arena gives the memory: a buffer and some 300 octets a message
   * @param messages at least 1
   * @param bufferOctets at least 1; with UDP_GRO 65535 lest messages be truncated
   */
  public ReceiveBatch(Arena arena, int messages, int bufferOctets) {
    if (messages < 1 || bufferOctets < 1) {
      throw new IllegalArgumentException(
          "messages: " + messages + " and bufferOctets: " + bufferOctets + " must be at least 1");
    }
    this.messages = messages;
    this.bufferOctets = bufferOctets;
    memory = arena.allocate((long) messages * bufferOctets, 64);
    headers = arena.allocate(SocketLayouts.MMSGHDR, messages);
    names = arena.allocate(SocketLayouts.NAME_STRIDE * messages, 8);
    control = arena.allocate(ControlMessages.RECEIVE_SPACE * messages, 8);
    errno = arena.allocate(Linker.Option.captureStateLayout());
    MemorySegment vectors = arena.allocate(SocketLayouts.IOVEC, messages);
    for (int i = 0; i < messages; i++) {
      long vector = i * SocketLayouts.IOV_STRIDE;
      vectors.set(JAVA_LONG, vector + SocketLayouts.IOV_BASE, memory.address() + buffer(i));
      vectors.set(JAVA_LONG, vector + SocketLayouts.IOV_LEN, bufferOctets);
      long header = i * SocketLayouts.MSG_STRIDE;
      long name = names.address() + i * SocketLayouts.NAME_STRIDE;
      long controlAddress = control.address() + i * ControlMessages.RECEIVE_SPACE;
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_NAME, name);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_IOV, vectors.address() + vector);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_IOVLEN, 1);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_CONTROL, controlAddress);
    }
    segmentSizes = new int[messages];
    locals = new boolean[messages];
    localHighs = new long[messages];
    localLows = new long[messages];
    interfaces = new int[messages];
  }

  private long buffer(int i) {
    return (long) i * bufferOctets;
  }

  /** Calls recvmmsg; returns the number of messages or {@code -errno}. */
  int receive(int descriptor) {
    received = 0;
    for (int i = 0; i < messages; i++) {
      long header = i * SocketLayouts.MSG_STRIDE;
      // The kernel replaces these by what it used.
      headers.set(JAVA_INT, header + SocketLayouts.MSG_NAMELEN, (int) SocketLayouts.NAME_STRIDE);
      headers.set(JAVA_LONG, header + SocketLayouts.MSG_CONTROLLEN, ControlMessages.RECEIVE_SPACE);
      headers.set(JAVA_INT, header + SocketLayouts.MSG_FLAGS, 0);
    }
    int result = SocketCalls.recvmmsg(errno, descriptor, headers, messages);
    for (int i = 0; i < result; i++) {
      readControl(i);
    }
    received = Math.max(result, 0);
    return result;
  }

  private void readControl(int i) {
    long stated =
        headers.get(JAVA_LONG, i * SocketLayouts.MSG_STRIDE + SocketLayouts.MSG_CONTROLLEN);
    parsed.read(
        control,
        i * ControlMessages.RECEIVE_SPACE,
        Math.clamp(stated, 0, ControlMessages.RECEIVE_SPACE));
    segmentSizes[i] = parsed.segmentSize;
    locals[i] = parsed.local;
    localHighs[i] = parsed.localHigh;
    localLows[i] = parsed.localLow;
    interfaces[i] = parsed.interfaceIndex;
  }

  /** Where the datagrams are, the caller's to change until the next call. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where in {@link #memory} a message begins. */
  public long offset(int i) {
    return buffer(checked(i));
  }

  /** The octets of all datagrams of a message together; at most those of the buffer. */
  public int length(int i) {
    return Math.clamp(headers.get(JAVA_INT, header(i) + SocketLayouts.MSG_LEN), 0, bufferOctets);
  }

  /** The octets of each datagram but the last; {@link #length} if there is one. */
  public int segmentSize(int i) {
    int length = length(i);
    int size = segmentSizes[i];
    return size > 0 && size < length ? size : length;
  }

  /** Whether the end of the message did not fit into the buffer and is lost. */
  public boolean isTruncated(int i) {
    int flags = headers.get(JAVA_INT, header(i) + SocketLayouts.MSG_FLAGS);
    return (flags & SocketCalls.MSG_TRUNC) != 0;
  }

  /** Whether the sender's address is an IPv6 one. */
  public boolean isIpv6(int i) {
    return names.get(JAVA_SHORT, name(i) + SocketLayouts.FAMILY) == SocketLayouts.AF_INET6;
  }

  /** The sender's port. */
  public int sourcePort(int i) {
    return Short.toUnsignedInt(names.get(SocketLayouts.NET_SHORT, name(i) + SocketLayouts.PORT));
  }

  /** The first 8 octets of the sender's address. */
  public long sourceHigh(int i) {
    return isIpv6(i)
        ? names.get(SocketLayouts.NET_LONG, name(i) + SocketLayouts.ADDRESS6)
        : (long) names.get(SocketLayouts.NET_INT, name(i) + SocketLayouts.ADDRESS4) << 32;
  }

  /** The last 8 octets of the sender's address; 0 for IPv4. */
  public long sourceLow(int i) {
    return isIpv6(i)
        ? names.get(SocketLayouts.NET_LONG, name(i) + SocketLayouts.ADDRESS6 + Long.BYTES)
        : 0;
  }

  /** The interface of a link-local sender; otherwise 0. */
  public int sourceScope(int i) {
    return isIpv6(i) ? names.get(JAVA_INT, name(i) + SocketLayouts.SCOPE) : 0;
  }

  /** Whether the own address is known: after {@link UdpSocket#enablePacketInfo}. */
  public boolean hasLocal(int i) {
    return locals[checked(i)];
  }

  /** The first 8 octets of the own address to answer from. */
  public long localHigh(int i) {
    return localHighs[checked(i)];
  }

  /** The last 8 octets of the own address; 0 for IPv4. */
  public long localLow(int i) {
    return localLows[checked(i)];
  }

  /** The interface that it came in by; 0 if not known. */
  public int interfaceIndex(int i) {
    return interfaces[checked(i)];
  }

  private int checked(int i) {
    return Objects.checkIndex(i, received);
  }

  private long header(int i) {
    return checked(i) * SocketLayouts.MSG_STRIDE;
  }

  private long name(int i) {
    return checked(i) * SocketLayouts.NAME_STRIDE;
  }
}
