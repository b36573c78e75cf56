// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import dev.weft.linux.netlink.NetlinkRequest;
import dev.weft.linux.netlink.NetlinkSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.function.Executable;

/**
 * A network namespace of its own for a test: the test's body runs on a thread that has left the
 * namespace of the others, unshare(2). It ends with that thread and the sockets opened there.
 */
final class TestNamespace {

  private static final int CLONE_NEWNET = 0x40000000;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final int RTM_NEWLINK = 16;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int VETH_INFO_PEER = 1;

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

  /** Makes a pair of interfaces that are each other's cable; returns the index of the first. */
  static int addPair(NetlinkSocket socket, String first, String second) {
    socket.execute(
        "adding " + first,
        NetlinkRequest.of(RTM_NEWLINK, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE)
            .u8(0, 0)
            .u16(0)
            .u32(0)
            .u32(0)
            .u32(0)
            .attributeString(IFLA_IFNAME, first)
            .nested(
                IFLA_LINKINFO,
                info ->
                    info.attributeString(IFLA_INFO_KIND, "veth")
                        .nested(
                            IFLA_INFO_DATA,
                            data ->
                                data.nested(
                                    VETH_INFO_PEER,
                                    peer ->
                                        peer.u8(0, 0)
                                            .u16(0)
                                            .u32(0)
                                            .u32(0)
                                            .u32(0)
                                            .attributeString(IFLA_IFNAME, second)))));
    Links links = new Links(socket);
    links.setUp(links.byName(second).orElseThrow().index(), true);
    return links.byName(first).orElseThrow().index();
  }
}
