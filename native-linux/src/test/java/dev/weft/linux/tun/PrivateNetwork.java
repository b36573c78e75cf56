// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeLibrary;
import dev.weft.linux.udp.UdpSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Runs a test on a thread that has a network namespace of its own, which ends with the thread and
 * its descriptors; or on one that gave its privileges up.
 */
public final class PrivateNetwork {

  /** What a thread does. */
  @FunctionalInterface
  public interface Body {
    void run() throws Throwable;
  }

  private static final MethodHandle UNSHARE =
      NativeLibrary.libc().call("unshare", JAVA_INT, JAVA_INT);
  private static final MethodHandle CAPSET =
      NativeLibrary.libc().call("capset", JAVA_INT, JAVA_LONG, JAVA_LONG);

  private static final int CLONE_NEWNET = 0x40000000;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;
  private static final long SIOCSIFFLAGS = 0x8914;
  private static final long SIOCSIFADDR = 0x8916;
  private static final long SIOCSIFNETMASK = 0x891c;
  private static final short IFF_UP = 1;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private PrivateNetwork() {}

  /** Skips the test where there are no TUN devices, unless they are required. */
  public static void run(Body body) {
    require(TunDevice.unavailableReason());
    onThread(
        () -> {
          MemorySegment errno = Errno.capture();
          int result = (int) UNSHARE.invokeExact(errno, CLONE_NEWNET);
          require(
              result == 0
                  ? Optional.empty()
                  : Optional.of("no network namespace: " + Errno.describe(Errno.of(errno))));
          body.run();
        });
  }

  /** Runs on a thread without any privilege. */
  public static void runUnprivileged(Body body) {
    onThread(
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocateFrom(JAVA_INT, CAPABILITY_VERSION_3, 0);
            MemorySegment none = arena.allocate(JAVA_INT, 6);
            int result =
                (int) CAPSET.invokeExact(Errno.capture(), header.address(), none.address());
            Assertions.assertEquals(0, result, "giving up privileges");
          }
          body.run();
        });
  }

  private static void require(Optional<String> missing) {
    boolean required =
        List.of(System.getProperty("weft.require", "").split(",", -1)).contains("tun");
    missing.ifPresent(
        reason -> {
          Assertions.assertFalse(required, "weft.require lists tun, but " + reason);
          Assumptions.abort("requires tun: " + reason);
        });
  }

  private static void onThread(Body body) {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .name("private network")
            .daemon()
            .start(
                () -> {
                  try {
                    body.run();
                  } catch (Throwable e) {
                    thrown.set(e);
                  }
                });
    try {
      Assertions.assertTrue(thread.join(LIMIT), "it took over " + LIMIT);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    switch (thrown.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new AssertionError(e);
    }
  }

  /** Brings an interface up. */
  public static void bringUp(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = request(arena, name);
      request.set(JAVA_SHORT, TunCalls.IFR_FLAGS, IFF_UP);
      ioctl("bringing up " + name, SIOCSIFFLAGS, request);
    }
  }

  /** Gives an interface an IPv4 address in a network of 256, and brings it up. */
  public static void bringUp(String name, int address) {
    try (Arena arena = Arena.ofConfined()) {
      ioctl("setting the address", SIOCSIFADDR, addressRequest(arena, name, address));
      ioctl("setting the mask", SIOCSIFNETMASK, addressRequest(arena, name, 0xffffff00));
    }
    bringUp(name);
  }

  private static MemorySegment addressRequest(Arena arena, String name, int address) {
    MemorySegment request = request(arena, name);
    request.set(JAVA_SHORT, TunCalls.IFR_FLAGS, (short) 2);
    request.set(JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN), TunCalls.IFR_FLAGS + 4, address);
    return request;
  }

  private static MemorySegment request(Arena arena, String name) {
    byte[] octets = name.getBytes(StandardCharsets.US_ASCII);
    MemorySegment request = arena.allocate(TunCalls.IFREQ);
    MemorySegment.copy(octets, 0, request, JAVA_BYTE, TunCalls.IFR_NAME, octets.length);
    return request;
  }

  private static void ioctl(String operation, long number, MemorySegment request) {
    try (UdpSocket socket = UdpSocket.open(false)) {
      LinuxException.check(
          operation, TunCalls.ioctl(socket.descriptor(), number, request.address()));
    }
  }
}
