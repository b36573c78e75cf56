// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.poll;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A descriptor that one thread polls and any thread makes readable: {@code eventfd(2)}, not
 * blocking, not inherited. Thread-safe, {@link #close} included: a signal that comes too late does
 * nothing, and cannot reach another file that got the number meanwhile.
 */
public final class EventDescriptor implements AutoCloseable {

  private static final MethodHandle EVENTFD =
      NativeLibrary.libc().call("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);

  private static final int EFD_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;

  /** What is added to the counter; never changes. */
  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1);

  /** Where the counter goes; nobody reads it, so that all may share it. */
  private static final MemorySegment IGNORED = Arena.global().allocate(JAVA_LONG);

  private static final int CLOSED = Integer.MIN_VALUE;

  private final FileDescriptor descriptor;

  /** The calls under way, with {@link #CLOSED} added when no more may begin. */
  private final AtomicInteger users = new AtomicInteger();

  private EventDescriptor(FileDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Makes one that is not readable.
   *
   * @throws LinuxException if the system has no descriptor left
   */
  public static EventDescriptor open() {
    MemorySegment errno = Errno.capture();
    try {
      int result = (int) EVENTFD.invokeExact(errno, 0, EFD_CLOEXEC | EFD_NONBLOCK);
      int number = result < 0 ? -Errno.of(errno) : result;
      return new EventDescriptor(
          new FileDescriptor(LinuxException.check("opening an event descriptor", number)));
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** The number, to be polled; only until {@link #close}. */
  public int number() {
    return descriptor.number();
  }

  /** Makes it readable until the next {@link #drain}. */
  public void signal() {
    if (enter()) {
      // EAGAIN: the counter is at its limit, so that it is readable anyway
      int _ = descriptor.write(ONE, 0, Long.BYTES);
      leave();
    }
  }

  /** Makes it not readable, until the next {@link #signal}. */
  public void drain() {
    if (enter()) {
      int _ = descriptor.read(IGNORED, 0, Long.BYTES);
      leave();
    }
  }

  private boolean enter() {
    int before;
    do {
      before = users.get();
      if (before < 0) {
        return false;
      }
    } while (!users.compareAndSet(before, before + 1));
    return true;
  }

  private void leave() {
    if (users.decrementAndGet() == CLOSED) {
      descriptor.close();
    }
  }

  /** Idempotent; nobody may poll it any more. */
  @Override
  public void close() {
    if (users.getAndUpdate(count -> count | CLOSED) == 0) {
      descriptor.close();
    }
  }
}
