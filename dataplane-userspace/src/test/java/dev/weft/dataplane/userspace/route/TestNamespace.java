// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.FileDescriptor;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeLibrary;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import dev.weft.linux.rtnetlink.Links;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.function.Executable;

/**
 * A network namespace of its own for a test: the test's body runs on a thread that has left the
 * namespace of the others, unshare(2). It ends with that thread and the descriptors opened there.
 */
final class TestNamespace {

  private static final int CLONE_NEWNET = 0x40000000;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final int RTM_NEWLINK = 16;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_INFO_KIND = 1;

  private static final int O_RDWR = 2;
  private static final int TUNSETIFF = 0x400454ca;
  private static final int IFF_TUN_NO_PI = 0x1001;
  private static final int IFREQ_OCTETS = 40;
  private static final int IFREQ_FLAGS = 16;

  private TestNamespace() {}

  /**
   * Runs the body; skips the test where that is not permitted, unless {@code weft.require} says.
   */
  static void run(Executable body) throws Throwable {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .name("test-namespace")
            .start(
                () -> {
                  try {
                    enter();
                    body.execute();
                  } catch (Throwable e) {
                    thrown.set(e);
                  }
                });
    if (!thread.join(LIMIT)) {
      thread.interrupt();
      Assertions.fail("the test did not end in " + LIMIT);
    }
    if (thrown.get() != null) {
      throw thrown.get();
    }
  }

  private static void enter() throws Throwable {
    int result =
        (int)
            NativeLibrary.libc()
                .call("unshare", JAVA_INT, JAVA_INT)
                .invoke(Errno.capture(), CLONE_NEWNET);
    if (result != 0
        && !List.of(System.getProperty("weft.require", "").split(",", -1)).contains("tun")) {
      Assumptions.abort("requires tun: needs root");
    }
    Assertions.assertEquals(0, result, "unshare");
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
      new Links(socket).setUp(1, true);
    }
  }

  /** Makes a TUN interface, which goes when the descriptor is closed. */
  static FileDescriptor openTun(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom("/dev/net/tun");
      MemorySegment request = arena.allocate(IFREQ_OCTETS);
      request.setString(0, name);
      request.set(JAVA_SHORT, IFREQ_FLAGS, (short) IFF_TUN_NO_PI);
      int descriptor =
          (int)
              NativeLibrary.libc()
                  .variadicCall("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT)
                  .invoke(Errno.capture(), path.address(), O_RDWR);
      Assertions.assertTrue(descriptor >= 0, "opening /dev/net/tun");
      FileDescriptor tun = new FileDescriptor(descriptor);
      int result =
          (int)
              NativeLibrary.libc()
                  .variadicCall("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG)
                  .invoke(Errno.capture(), descriptor, (long) TUNSETIFF, request.address());
      if (result != 0) {
        tun.close();
        throw new LinuxException("making " + name, Errno.of(Errno.capture()));
      }
      return tun;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Makes a pair of interfaces that are each other's cable, the first one up. */
  static int addUnderlay(NetlinkSocket socket, String name) {
    socket.execute(
        "adding " + name,
        NetlinkRequest.of(RTM_NEWLINK, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE)
            .u8(0, 0)
            .u16(0)
            .u32(0)
            .u32(0)
            .u32(0)
            .attributeString(IFLA_IFNAME, name)
            .nested(IFLA_LINKINFO, info -> info.attributeString(IFLA_INFO_KIND, "veth")));
    Links links = new Links(socket);
    links.list().stream().skip(1).forEach(link -> links.setUp(link.index(), true));
    return links.byName(name).orElseThrow().index();
  }
}
