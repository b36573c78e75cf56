// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetlinkRequestTest {

  @Test
  void aMessageHasItsLengthFlagsAndSequence() {
    ByteBuffer message =
        NetlinkRequest.of(24, NetlinkRequest.CREATE).u8(2, 8).u16(0x1234).encode(4, 77);

    ByteBuffer expected =
        ByteBuffer.allocate(20)
            .order(ByteOrder.nativeOrder())
            .putInt(20)
            .putShort((short) 24)
            .putShort((short) 0x405)
            .putInt(77)
            .putInt(0)
            .put((byte) 2)
            .put((byte) 8)
            .putShort((short) 0x1234)
            .flip();
    assertEquals(expected, message);
  }

  @Test
  void attributesArePaddedButTellTheirOwnLength() {
    ByteBuffer message = NetlinkRequest.of(16, 0).attributeString(3, "wg0").u8(9).encode(0, 1);

    ByteBuffer expected =
        ByteBuffer.allocate(9)
            .order(ByteOrder.nativeOrder())
            .putShort((short) 8)
            .putShort((short) 3)
            .put(new byte[] {'w', 'g', '0', 0, 9})
            .flip();
    assertEquals(expected, message.slice(16, message.limit() - 16));
  }

  @Test
  void aRequestIsReadBackAsItWasBuilt() throws MalformedMessageException {
    ByteBuffer octets =
        NetlinkRequest.of(18, 0)
            .u32(5)
            .attributeU8(1, 200)
            .attributeU16(2, 50_000)
            .attributeU32(3, -7)
            .attributeString(4, "text")
            .nested(5, inner -> inner.attributeU8(1, 1).attribute(2, new byte[300]))
            .encode(0, 9);

    List<NetlinkMessage> messages = NetlinkMessage.split(octets);

    assertEquals(1, messages.size());
    NetlinkMessage message = messages.getFirst();
    assertEquals(18, message.type());
    assertEquals(9, message.sequence());
    assertEquals(5, message.header(4).getInt(0));
    NetlinkAttributes attributes = message.attributes(4);
    assertEquals(5, attributes.count());
    assertEquals(200, attributes.u8(1).orElseThrow());
    assertEquals(50_000, attributes.u16(2).orElseThrow());
    assertEquals(-7, attributes.u32(3).orElseThrow());
    assertEquals("text", attributes.string(4).orElseThrow());
    NetlinkAttributes nested = attributes.nested(5).orElseThrow();
    assertEquals(1, nested.u8(1).orElseThrow());
    assertArrayEquals(new byte[300], nested.octets(2).orElseThrow());
    assertFalse(attributes.has(6));
    assertTrue(attributes.u32(6).isEmpty());
  }

  @Test
  void elementsOfAnArrayKeepTheirOrder() throws MalformedMessageException {
    ByteBuffer octets =
        NetlinkRequest.of(18, 0)
            .nested(2, first -> first.attributeU8(1, 1))
            .nested(2, second -> second.attributeU8(1, 2))
            .encode(0, 1);

    List<NetlinkAttributes.Nested> elements =
        NetlinkMessage.split(octets).getFirst().attributes(0).elements();

    assertEquals(2, elements.size());
    assertEquals(2, elements.get(1).type());
    assertEquals(1, elements.get(0).attributes().u8(1).orElseThrow());
    assertEquals(2, elements.get(1).attributes().u8(1).orElseThrow());
  }

  @Test
  void anAttributeThatIsTooLongIsRefused() {
    NetlinkRequest request = NetlinkRequest.of(18, 0);
    byte[] octets = new byte[65_532];

    assertThrows(IllegalArgumentException.class, () -> request.attribute(1, octets));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            NetlinkRequest.of(18, 0)
                .nested(
                    1,
                    inner -> inner.attribute(1, new byte[40_000]).attribute(2, new byte[40_000])));
  }

  @Test
  void aNumberThatIsTooShortIsMalformed() throws MalformedMessageException {
    ByteBuffer octets = NetlinkRequest.of(18, 0).attributeU16(1, 1).encode(0, 1);
    NetlinkAttributes attributes = NetlinkMessage.split(octets).getFirst().attributes(0);

    assertThrows(MalformedMessageException.class, () -> attributes.u32(1));
    assertEquals(1, attributes.u16(1).orElseThrow());
  }
}
