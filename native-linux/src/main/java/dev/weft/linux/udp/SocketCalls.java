// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The calls of sockets under their C names; results are {@code -errno} after a failure. */
final class SocketCalls {

  static final int SOCK_DGRAM = 2;
  static final int SOCK_NONBLOCK = 0x800;
  static final int SOCK_CLOEXEC = 0x80000;

  static final int MSG_TRUNC = 0x20;
  private static final int MSG_DONTWAIT = 0x40;

  private static final MethodHandle SOCKET =
      NativeLibrary.libc().call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND =
      NativeLibrary.libc().call("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle CONNECT =
      NativeLibrary.libc().call("connect", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle GETSOCKNAME =
      NativeLibrary.libc().call("getsockname", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SETSOCKOPT =
      NativeLibrary.libc()
          .call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle GETSOCKOPT =
      NativeLibrary.libc()
          .call("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle RECVMMSG =
      NativeLibrary.libc()
          .call("recvmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle SENDMMSG =
      NativeLibrary.libc().call("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);

  private SocketCalls() {}

  /** A datagram socket that does not block and is not inherited. */
  static int socket(int family) {
    MemorySegment errno = Errno.capture();
    try {
      int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
      int result = (int) SOCKET.invokeExact(errno, family, type, 0);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int bind(int descriptor, MemorySegment name, int length) {
    return address(BIND, descriptor, name, length);
  }

  static int connect(int descriptor, MemorySegment name, int length) {
    return address(CONNECT, descriptor, name, length);
  }

  private static int address(
      MethodHandle function, int descriptor, MemorySegment name, int length) {
    MemorySegment errno = Errno.capture();
    try {
      int result = (int) function.invokeExact(errno, descriptor, name.address(), length);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int getsockname(int descriptor, MemorySegment name) {
    MemorySegment errno = Errno.capture();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocateFrom(JAVA_INT, Math.toIntExact(name.byteSize()));
      int result =
          (int) GETSOCKNAME.invokeExact(errno, descriptor, name.address(), length.address());
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int setsockopt(int descriptor, int level, int option, int value) {
    MemorySegment errno = Errno.capture();
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocateFrom(JAVA_INT, value).address();
      int result = (int) SETSOCKOPT.invokeExact(errno, descriptor, level, option, address, 4);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** For options whose values are not negative. */
  static int getsockopt(int descriptor, int level, int option) {
    MemorySegment errno = Errno.capture();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      MemorySegment length = arena.allocateFrom(JAVA_INT, 4);
      int result =
          (int)
              GETSOCKOPT.invokeExact(
                  errno, descriptor, level, option, value.address(), length.address());
      return result < 0 ? -Errno.of(errno) : value.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Without waiting; the error number goes to a segment of the caller's. */
  static int recvmmsg(MemorySegment errno, int descriptor, MemorySegment headers, int count) {
    try {
      int result =
          (int) RECVMMSG.invokeExact(errno, descriptor, headers.address(), count, MSG_DONTWAIT, 0L);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Without waiting, from an address inside an array of headers. */
  static int sendmmsg(MemorySegment errno, int descriptor, long headers, int count) {
    try {
      int result = (int) SENDMMSG.invokeExact(errno, descriptor, headers, count, MSG_DONTWAIT);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
