// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.poll;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/**
 * Waits until one of a few descriptors can be read: {@code ppoll(2)}. Belongs to one thread, which
 * must be a platform thread: the call pins a virtual one. Allocates nothing per call. Who closes a
 * descriptor stops polling it first.
 */
public final class Poller {

  static final StructLayout POLLFD =
      MemoryLayout.structLayout(
          JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"), JAVA_SHORT.withName("revents"));

  static final StructLayout TIMESPEC =
      MemoryLayout.structLayout(JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_nsec"));

  private static final MethodHandle PPOLL =
      NativeLibrary.libc().call("ppoll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final long SIZE = POLLFD.byteSize();
  private static final long EVENTS = POLLFD.byteOffset(PathElement.groupElement("events"));
  private static final long REVENTS = POLLFD.byteOffset(PathElement.groupElement("revents"));

  private static final short POLLIN = 1;
  private static final short POLLERR = 8;
  private static final short POLLHUP = 0x10;
  private static final short POLLNVAL = 0x20;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final MemorySegment pollfds;
  private final MemorySegment timeout;
  private final MemorySegment errno;
  private final int count;

  /**
   * A poller of these descriptors, interested in each.
   *
   * @param arena gives the memory: 8 octets a descriptor and a few more
   */
  public Poller(Arena arena, int... descriptors) {
    count = descriptors.length;
    pollfds = arena.allocate(POLLFD, count);
    timeout = arena.allocate(TIMESPEC);
    errno = arena.allocate(Linker.Option.captureStateLayout());
    for (int i = 0; i < count; i++) {
      pollfds.set(JAVA_INT, i * SIZE, descriptors[i]);
      setInterested(i, true);
    }
  }

  /**
   * Waits.
   *
   * @param timeoutNanos 0: not at all; negative: for ever
   * @return how many descriptors are ready, failed ones included; 0 after the time or a signal of
   *     the system; or {@code -errno}
   */
  public int poll(long timeoutNanos) {
    long timespec = 0;
    if (timeoutNanos >= 0) {
      timeout.set(JAVA_LONG, 0, timeoutNanos / NANOS_PER_SECOND);
      timeout.set(JAVA_LONG, Long.BYTES, timeoutNanos % NANOS_PER_SECOND);
      timespec = timeout.address();
    }
    int result;
    try {
      result = (int) PPOLL.invokeExact(errno, pollfds.address(), (long) count, timespec, 0L);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    return result < 0 ? failed(Errno.of(errno)) : result;
  }

  private int failed(int error) {
    // The kernel leaves the answers of the last call where they are.
    for (int i = 0; i < count; i++) {
      pollfds.set(JAVA_SHORT, i * SIZE + REVENTS, (short) 0);
    }
    return error == Errno.EINTR ? 0 : -error;
  }

  /** Whether the last {@link #poll} found something to read there, be it an error. */
  public boolean isReadable(int index) {
    return (answer(index) & (POLLIN | POLLERR | POLLHUP)) != 0;
  }

  /** Whether the last {@link #poll} found it failed, hung up or not open. */
  public boolean hasFailed(int index) {
    return (answer(index) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  }

  private int answer(int index) {
    return pollfds.get(JAVA_SHORT, Objects.checkIndex(index, count) * SIZE + REVENTS);
  }

  /** Whether something to read there ends {@link #poll}; a failure always does. */
  public void setInterested(int index, boolean readable) {
    pollfds.set(
        JAVA_SHORT,
        Objects.checkIndex(index, count) * SIZE + EVENTS,
        readable ? POLLIN : (short) 0);
  }
}
