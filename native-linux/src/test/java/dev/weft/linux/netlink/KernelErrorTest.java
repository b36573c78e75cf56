// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.linux.libc.Errno;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class KernelErrorTest {

  private static final int CAPPED = 0x100;
  private static final int ACK_TLVS = 0x200;

  @Test
  void zeroIsSuccess() throws MalformedMessageException {
    NetlinkMessage message = message(2, CAPPED, request(0).u32(0).u32(0).u32(0).u32(0));

    assertEquals(new KernelError(0, ""), KernelError.ofError(message));
  }

  @Test
  void theTextFollowsACappedRequest() throws MalformedMessageException {
    NetlinkMessage message =
        message(
            2,
            CAPPED | ACK_TLVS,
            request(-Errno.EINVAL).u32(999).u32(0).u32(0).u32(0).attributeString(1, "No way\n"));

    assertEquals(new KernelError(Errno.EINVAL, "No way"), KernelError.ofError(message));
  }

  @Test
  void theTextFollowsAWholeRequest() throws MalformedMessageException {
    NetlinkMessage message =
        message(
            2,
            ACK_TLVS,
            request(-Errno.EEXIST)
                .u32(20)
                .u32(0)
                .u32(0)
                .u32(0)
                .u32(0x04030201)
                .attributeString(1, "It exists"));

    assertEquals(new KernelError(Errno.EEXIST, "It exists"), KernelError.ofError(message));
  }

  @Test
  void aRequestLongerThanTheErrorIsMalformed() throws MalformedMessageException {
    NetlinkMessage message = message(2, 0, request(-1).u32(21).u32(0).u32(0).u32(0));

    assertThrows(MalformedMessageException.class, () -> KernelError.ofError(message));
  }

  @Test
  void aDumpEndsWithAnErrorOfItsOwn() throws MalformedMessageException {
    NetlinkMessage message =
        message(3, ACK_TLVS, request(-Errno.ENOENT).attributeString(1, "no table"));

    assertEquals(new KernelError(Errno.ENOENT, "no table"), KernelError.ofDone(message));
  }

  @Test
  void theExceptionNamesOperationErrnoAndText() {
    NetlinkException e = new NetlinkException("adding x", Errno.EEXIST, "File exists");

    assertEquals("adding x failed: EEXIST (exists already): File exists", e.getMessage());
    assertEquals(Errno.EEXIST, e.errno());
    assertEquals("adding x", e.operation());
    assertEquals("File exists", e.kernelText());
    assertEquals(
        "adding x failed: EEXIST (exists already)",
        new NetlinkException("adding x", Errno.EEXIST, "").getMessage());
  }

  private static NetlinkRequest request(int error) {
    return NetlinkRequest.of(0, 0).u32(error);
  }

  private static NetlinkMessage message(int type, int flags, NetlinkRequest payload)
      throws MalformedMessageException {
    ByteBuffer octets = payload.encode(flags, 1);
    octets.putShort(4, (short) type);
    return NetlinkMessage.split(octets).getFirst();
  }
}
