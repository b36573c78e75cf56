// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file descriptor. Calls may come from any thread, but none may be under way or follow when
 * it is closed: the number may belong to another file by then.
 */
public final class FileDescriptor implements AutoCloseable {

  private static final MethodHandle READ =
      NativeLibrary.libc().call("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle WRITE =
      NativeLibrary.libc().call("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle CLOSE = NativeLibrary.libc().call("close", JAVA_INT, JAVA_INT);

  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes over an open descriptor. */
  public FileDescriptor(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("descriptor: " + number + " is negative");
    }
    this.number = number;
  }

  /** The number. */
  public int number() {
    return number;
  }

  /**
   * {@code read(2)} into native memory.
   *
   * @return octets read, or {@code -errno}
   */
  public int read(MemorySegment target, long offset, long length) {
    Objects.checkFromIndexSize(offset, length, target.byteSize());
    return transfer(READ, target.address() + offset, length);
  }

  /**
   * {@code write(2)} from native memory.
   *
   * @return octets written, or {@code -errno}
   */
  public int write(MemorySegment source, long offset, long length) {
    Objects.checkFromIndexSize(offset, length, source.byteSize());
    return transfer(WRITE, source.address() + offset, length);
  }

  private int transfer(MethodHandle function, long address, long length) {
    MemorySegment errno = Errno.capture();
    try {
      long result = (long) function.invokeExact(errno, number, address, length);
      return result < 0 ? -Errno.of(errno) : Math.toIntExact(result);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        int _ = (int) CLOSE.invokeExact(Errno.capture(), number);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
    }
  }
}
