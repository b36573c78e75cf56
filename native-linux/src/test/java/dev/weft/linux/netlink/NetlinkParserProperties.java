// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class NetlinkParserProperties {

  @Property
  void anyOctetsAreMessagesOrMalformed(@ForAll @Size(max = 256) byte[] octets) {
    read(ByteBuffer.wrap(octets));
  }

  @Property
  void anyPayloadIsReadOrMalformed(
      @ForAll @IntRange(max = 5) int type,
      @ForAll @IntRange(max = 0xffff) int flags,
      @ForAll @Size(max = 128) byte[] payload) {
    ByteBuffer octets =
        ByteBuffer.allocate(16 + payload.length)
            .order(ByteOrder.nativeOrder())
            .putInt(16 + payload.length)
            .putShort((short) type)
            .putShort((short) flags)
            .putLong(0)
            .put(payload)
            .flip();

    assertEquals(1, read(octets));
  }

  @Property
  void anyLengthsOfAttributesAreReadOrMalformed(
      @ForAll @Size(max = 12) List<@IntRange(max = 24) Integer> lengths) {
    ByteBuffer octets = ByteBuffer.allocate(16 + 4 * lengths.size()).order(ByteOrder.nativeOrder());
    octets.putInt(octets.capacity()).putShort((short) 16).putShort((short) 0).putLong(0);
    lengths.forEach(length -> octets.putShort(length.shortValue()).putShort((short) 1));

    assertEquals(1, read(octets.flip()));
  }

  @Property
  void aCutMessageIsMalformed(
      @ForAll @Size(max = 40) byte[] value, @ForAll @IntRange(min = 1, max = 63) int cut) {
    ByteBuffer whole = NetlinkRequest.of(16, 0).attribute(7, value).encode(0, 3);
    ByteBuffer octets = whole.slice(0, Math.max(1, whole.limit() - cut));

    assertEquals(-1, read(octets));
  }

  @Property
  void attributesAreReadAsTheyWereWritten(
      @ForAll @Size(max = 8) List<@Size(max = 40) byte[]> values) throws MalformedMessageException {
    NetlinkRequest request = NetlinkRequest.of(16, 0);
    for (int i = 0; i < values.size(); i++) {
      request.attribute(i, values.get(i));
    }

    NetlinkAttributes read = NetlinkMessage.split(request.encode(0, 3)).getFirst().attributes(0);

    assertEquals(values.size(), read.count());
    for (int i = 0; i < values.size(); i++) {
      assertArrayEquals(values.get(i), read.octets(i).orElseThrow());
    }
  }

  /** Reads all there is to read; returns how many messages, -1 if they are malformed. */
  private static int read(ByteBuffer octets) {
    List<NetlinkMessage> messages;
    try {
      messages = NetlinkMessage.split(octets);
    } catch (MalformedMessageException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("offset"));
      return -1;
    }
    for (NetlinkMessage message : messages) {
      ignoring(() -> KernelError.ofError(message));
      ignoring(() -> KernelError.ofDone(message));
      for (int header : new int[] {0, 8, 12, 16}) {
        ignoring(() -> message.header(header));
        ignoring(() -> readAll(message.attributes(header)));
        ignoring(() -> message.attributes(header).elements());
      }
    }
    return messages.size();
  }

  private static void readAll(NetlinkAttributes attributes) {
    for (int type = 0; type < 32; type++) {
      int each = type;
      assertEquals(attributes.has(each), attributes.octets(each).isPresent());
      ignoring(() -> attributes.u8(each));
      ignoring(() -> attributes.u16(each));
      ignoring(() -> attributes.u32(each));
      ignoring(() -> attributes.string(each));
      ignoring(() -> attributes.nested(each));
    }
  }

  @FunctionalInterface
  private interface Reading {
    void run() throws MalformedMessageException;
  }

  private static void ignoring(Reading reading) {
    try {
      reading.run();
    } catch (MalformedMessageException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("offset"));
    }
  }
}
