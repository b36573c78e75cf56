// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.linux.netlink.MalformedMessageException;
import dev.weft.linux.netlink.NetlinkMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RowsProperties {

  private static final List<Integer> TYPES = List.of(16, 20, 24, 32);

  @Property
  void anyPayloadIsARowOrMalformed(@ForAll @Size(max = 96) byte[] payload) {
    readAsEveryRow(payload);
  }

  /** Attributes whose lengths fit, so that the readers of the values are reached. */
  @Property
  void anyAttributesAreARowOrMalformed(
      @ForAll boolean six,
      @ForAll @IntRange(max = 255) int prefixLength,
      @ForAll @Size(max = 6) List<@Size(max = 20) byte[]> values,
      @ForAll @IntRange(max = 22) int firstType) {
    for (int header : new int[] {8, 12, 16}) {
      ByteBuffer octets = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());
      octets.put((byte) (six ? 10 : 2)).put((byte) prefixLength).position(header);
      for (int i = 0; i < values.size(); i++) {
        octets.putShort((short) (4 + values.get(i).length)).putShort((short) (firstType + i));
        octets.put(values.get(i)).position((octets.position() + 3) & ~3);
      }
      byte[] payload = new byte[octets.position()];
      octets.get(0, payload);
      readAsEveryRow(payload);
    }
  }

  private static void readAsEveryRow(byte[] payload) {
    for (int type : TYPES) {
      for (IpFamily family : IpFamily.values()) {
        try {
          NetlinkMessage message = message(type, payload);
          switch (type) {
            case 16 -> Links.decode(message);
            case 20 -> Addresses.decode(message, family);
            case 24 -> Routes.decode(message, family, true);
            default -> Rules.decode(message, family);
          }
        } catch (MalformedMessageException e) {
          assertTrue(String.valueOf(e.getMessage()).contains("offset"));
        }
      }
    }
  }

  private static NetlinkMessage message(int type, byte[] payload) throws MalformedMessageException {
    ByteBuffer octets =
        ByteBuffer.allocate(16 + payload.length)
            .order(ByteOrder.nativeOrder())
            .putInt(16 + payload.length)
            .putShort((short) type)
            .putShort((short) 0)
            .putLong(0)
            .put(payload)
            .flip();
    return NetlinkMessage.split(octets).getFirst();
  }
}
