// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The socket functions of the C library that netlink needs. Each returns {@code -errno}. */
final class SocketCalls {

  private static final NativeLibrary LIBC = NativeLibrary.libc();

  private static final MethodHandle SOCKET =
      LIBC.call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND =
      LIBC.call("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SETSOCKOPT =
      LIBC.call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SENDTO =
      LIBC.call("sendto", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle RECVFROM =
      LIBC.call(
          "recvfrom", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

  private SocketCalls() {}

  static int socket(int domain, int type, int protocol) {
    MemorySegment errno = Errno.capture();
    try {
      int result = (int) SOCKET.invokeExact(errno, domain, type, protocol);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int bind(int socket, MemorySegment address) {
    MemorySegment errno = Errno.capture();
    try {
      int result =
          (int) BIND.invokeExact(errno, socket, address.address(), (int) address.byteSize());
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int setsockopt(int socket, int level, int option, MemorySegment value) {
    MemorySegment errno = Errno.capture();
    try {
      int result =
          (int)
              SETSOCKOPT.invokeExact(
                  errno, socket, level, option, value.address(), (int) value.byteSize());
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int sendto(int socket, MemorySegment octets, MemorySegment address) {
    MemorySegment errno = Errno.capture();
    try {
      long result =
          (long)
              SENDTO.invokeExact(
                  errno,
                  socket,
                  octets.address(),
                  octets.byteSize(),
                  0,
                  address.address(),
                  (int) address.byteSize());
      return result < 0 ? -Errno.of(errno) : (int) result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  static int recvfrom(
      int socket,
      MemorySegment octets,
      int flags,
      MemorySegment address,
      MemorySegment addressLength) {
    MemorySegment errno = Errno.capture();
    try {
      long result =
          (long)
              RECVFROM.invokeExact(
                  errno,
                  socket,
                  octets.address(),
                  octets.byteSize(),
                  flags,
                  address.address(),
                  addressLength.address());
      return result < 0 ? -Errno.of(errno) : (int) result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
