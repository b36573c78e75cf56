// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class NetlinkSocketTest {

  private static final int RTM_GETLINK = 18;
  private static final int RTM_GETROUTE = 26;

  @Test
  void aListIsReadToItsEndAndTheSocketIsReadyForTheNext() {
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
      for (int i = 0; i < 3; i++) {
        List<Integer> types =
            socket.dump("listing", getLink(0), message -> Optional.of(message.type()));

        assertFalse(types.isEmpty());
        types.forEach(type -> assertEquals(16, type));
      }
    }
  }

  @Test
  void aRefusalNamesOperationErrnoAndTheKernelsText() {
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
      NetlinkRequest broken = NetlinkRequest.of(RTM_GETROUTE, 0).u8(2, 33, 0, 0, 0, 0, 0, 0).u32(0);

      NetlinkException e =
          assertThrows(
              NetlinkException.class, () -> socket.ask("asking nonsense", broken, Optional::of));

      assertEquals(Errno.EINVAL, e.errno());
      assertEquals("asking nonsense", e.operation());
      assertFalse(e.kernelText().isEmpty());
      assertEquals(
          "asking nonsense failed: EINVAL (invalid argument): " + e.kernelText(), e.getMessage());
    }
  }

  @Test
  void aRefusalLeavesTheSocketUsable() {
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
      assertThrows(
          NetlinkException.class,
          () -> socket.ask("asking", getLink(Integer.MAX_VALUE), Optional::of));

      assertEquals(
          16,
          socket.ask("asking", getLink(1), message -> Optional.of(message.type())).orElseThrow());
    }
  }

  @Test
  void aRowThatIsMalformedFailsTheListAfterItsEnd() {
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE)) {
      NetlinkException e =
          assertThrows(
              NetlinkException.class,
              () ->
                  socket.dump(
                      "listing",
                      getLink(0),
                      _ -> {
                        throw new MalformedMessageException("made up", 3);
                      }));

      assertEquals(Errno.EIO, e.errno());
      assertFalse(socket.dump("listing", getLink(0), Optional::of).isEmpty());
    }
  }

  @Test
  void aClosedSocketIsRefusedAndClosingTwiceIsFine() {
    NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.ROUTE);
    socket.close();
    socket.close();

    assertThrows(IllegalStateException.class, () -> socket.ask("asking", getLink(1), Optional::of));
  }

  @Test
  void anUnknownProtocolIsAnExceptionWithItsErrno() {
    LinuxException e = assertThrows(LinuxException.class, () -> NetlinkSocket.open(31));

    assertEquals(93, e.errno()); // EPROTONOSUPPORT
  }

  private static NetlinkRequest getLink(int index) {
    return NetlinkRequest.of(RTM_GETLINK, 0).u8(0, 0).u16(0).u32(index).u32(0).u32(0);
  }
}
