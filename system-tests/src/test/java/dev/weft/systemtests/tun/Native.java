// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.time.Duration;

/**
 * The system calls that these tests need and Java has not: entering a network namespace, and
 * sockets for ICMP echo requests, icmp(7). Thread-safe.
 */
final class Native {

  private static final MethodHandle OPEN =
      NativeLibrary.libc().variadicCall("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle CLOSE = call("close", JAVA_INT);
  private static final MethodHandle SETNS = call("setns", JAVA_INT, JAVA_INT);
  private static final MethodHandle SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CONNECT = call("connect", JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SETSOCKOPT =
      call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SEND =
      NativeLibrary.libc().call("send", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle RECV =
      NativeLibrary.libc().call("recv", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private static final MethodHandle IOCTL =
      NativeLibrary.libc().variadicCall("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

  private static final int O_RDWR = 2;
  private static final int TUNSETIFF = 0x400454ca;
  private static final int IFREQ_OCTETS = 40;
  private static final int IFREQ_FLAGS = 16;
  private static final int CLONE_NEWNET = 0x40000000;
  private static final int O_CLOEXEC = 0x80000;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;

  private Native() {}

  private static MethodHandle call(String name, ValueLayout... arguments) {
    return NativeLibrary.libc().call(name, JAVA_INT, arguments);
  }

  /** Moves the calling thread, and only that, to a network namespace. */
  static void enter(String file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          check(
              "opening " + file,
              (int) OPEN.invoke(Errno.capture(), arena.allocateFrom(file).address(), O_CLOEXEC));
      try {
        check("entering " + file, (int) SETNS.invoke(Errno.capture(), descriptor, CLONE_NEWNET));
      } finally {
        close(descriptor);
      }
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * The descriptor of a new TUN interface, as a process gets one that is started with {@code
   * WG_TUN_FD}.
   *
   * @param flags of if_tun.h
   */
  static int openTun(String name, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          check(
              "opening /dev/net/tun",
              (int)
                  OPEN.invoke(
                      Errno.capture(), arena.allocateFrom("/dev/net/tun").address(), O_RDWR));
      MemorySegment request = arena.allocate(IFREQ_OCTETS, 8);
      request.setString(0, name);
      request.set(JAVA_SHORT, IFREQ_FLAGS, (short) flags);
      check(
          "making " + name,
          (int) IOCTL.invoke(Errno.capture(), descriptor, (long) TUNSETIFF, request.address()));
      return descriptor;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** A socket of the caller's namespace that sends echo requests to one address. */
  static int openPing(InetAddress target, Duration timeout) throws IOException {
    boolean ipv6 = target.getAddress().length == 16;
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          check(
              "socket",
              (int)
                  SOCKET.invoke(
                      Errno.capture(),
                      ipv6 ? AF_INET6 : AF_INET,
                      SOCK_DGRAM_CLOEXEC,
                      ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP));
      MemorySegment address = arena.allocate(28, 8);
      address.set(JAVA_SHORT, 0, (short) (ipv6 ? AF_INET6 : AF_INET));
      byte[] octets = target.getAddress();
      MemorySegment.copy(octets, 0, address, ValueLayout.JAVA_BYTE, ipv6 ? 8 : 4, octets.length);
      check(
          "connect to " + target,
          (int) CONNECT.invoke(Errno.capture(), descriptor, address.address(), ipv6 ? 28 : 16));
      MemorySegment time = arena.allocate(16, 8);
      time.set(JAVA_LONG, 0, timeout.toSeconds());
      time.set(JAVA_LONG, 8, timeout.toNanosPart() / 1000);
      check(
          "setsockopt",
          (int)
              SETSOCKOPT.invoke(
                  Errno.capture(), descriptor, SOL_SOCKET, SO_RCVTIMEO, time.address(), 16));
      return descriptor;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** {@code send(2)}; a negative error number after a failure. */
  static int send(int descriptor, MemorySegment memory, int length) throws IOException {
    MemorySegment errno = Errno.capture();
    try {
      long result = (long) SEND.invoke(errno, descriptor, memory.address(), (long) length, 0);
      return result < 0 ? -Errno.of(errno) : (int) result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** {@code recv(2)}; a negative error number after a failure. */
  static int receive(int descriptor, MemorySegment memory) throws IOException {
    MemorySegment errno = Errno.capture();
    try {
      long result = (long) RECV.invoke(errno, descriptor, memory.address(), memory.byteSize(), 0);
      return result < 0 ? -Errno.of(errno) : (int) result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void close(int descriptor) throws IOException {
    try {
      int _ = (int) CLOSE.invoke(Errno.capture(), descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static int check(String what, int result) throws IOException {
    if (result < 0) {
      throw new IOException(what + " failed: " + Errno.describe(Errno.of(Errno.capture())));
    }
    return result;
  }

  private static IOException unexpected(Throwable e) {
    return e instanceof IOException io ? io : new IOException(e);
  }
}
