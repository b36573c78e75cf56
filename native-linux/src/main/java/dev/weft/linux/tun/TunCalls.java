// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/** The system calls of TUN devices; results are {@code -errno} after a failure. Thread-safe. */
final class TunCalls {

  // include/uapi/linux/if_tun.h; the same on all machines but MIPS, PowerPC and SPARC, where the
  // two bits of the direction have other values
  static final long TUNSETIFF = 0x400454ca;
  static final long TUNGETFEATURES = 0x800454cfL;
  static final long TUNSETOFFLOAD = 0x400454d0;
  static final long TUNGETIFF = 0x800454d2L;
  static final long TUNGETVNETHDRSZ = 0x800454d7L;
  static final long TUNSETVNETHDRSZ = 0x400454d8;

  static final int IFF_TUN = 0x0001;
  static final int IFF_MULTI_QUEUE = 0x0100;
  static final int IFF_NO_PI = 0x1000;
  static final int IFF_VNET_HDR = 0x4000;

  static final int TUN_F_CSUM = 0x01;
  static final int TUN_F_TSO4 = 0x02;
  static final int TUN_F_TSO6 = 0x04;
  static final int TUN_F_USO4 = 0x20;
  static final int TUN_F_USO6 = 0x40;

  /** The octets of an interface name, its zero included. */
  static final int IFNAMSIZ = 16;

  /** What is used of {@code struct ifreq}, netdevice(7). */
  static final StructLayout IFREQ =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(IFNAMSIZ, JAVA_BYTE).withName("ifr_name"),
          JAVA_SHORT.withName("ifr_flags"),
          MemoryLayout.paddingLayout(22));

  static final long IFR_NAME = IFREQ.byteOffset(PathElement.groupElement("ifr_name"));
  static final long IFR_FLAGS = IFREQ.byteOffset(PathElement.groupElement("ifr_flags"));

  private static final MethodHandle OPEN =
      NativeLibrary.libc().variadicCall("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle IOCTL =
      NativeLibrary.libc().variadicCall("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle FCNTL =
      NativeLibrary.libc().variadicCall("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int FD_CLOEXEC = 1;

  private TunCalls() {}

  /** Opens a device file for both directions, non-blocking, not inherited. */
  static int open(String path) {
    MemorySegment errno = Errno.capture();
    try (Arena arena = Arena.ofConfined()) {
      long name = arena.allocateFrom(path).address();
      int result = (int) OPEN.invokeExact(errno, name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** {@code ioctl(2)} with a number or an address. */
  static int ioctl(int descriptor, long request, long argument) {
    MemorySegment errno = Errno.capture();
    try {
      int result = (int) IOCTL.invokeExact(errno, descriptor, request, argument);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Makes a descriptor non-blocking, and not inherited. */
  static int setUp(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL, 0);
    if (flags < 0) {
      return flags;
    }
    int result = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    return result < 0 ? result : fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }

  private static int fcntl(int descriptor, int command, int argument) {
    MemorySegment errno = Errno.capture();
    try {
      int result = (int) FCNTL.invokeExact(errno, descriptor, command, argument);
      return result < 0 ? -Errno.of(errno) : result;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
