// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Octets as a little-endian machine has them. */
final class ControlMessagesTest {

  private static final String GRO_1452 = "1400000000000000" + "11000000" + "68000000" + "ac050000";
  private static final String PKTINFO =
      "1c00000000000000" + "00000000" + "08000000" + "02000000" + "7f000002" + "7fffffff";
  private static final String PKTINFO6 =
      "2400000000000000"
          + "29000000"
          + "32000000"
          + "20010db8000000000000000000000005"
          + "03000000";
  private static final String PAD = "00000000";

  private final Arena arena = Arena.ofConfined();
  private final ControlMessages messages = new ControlMessages();

  @BeforeEach
  void isLittleEndian() {
    Assumptions.assumeTrue(
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "requires a little-endian machine");
  }

  @AfterEach
  void close() {
    arena.close();
  }

  /** The memory ends with the octets, so that reading on would be an exception. */
  private void read(String hex) {
    byte[] octets = HexFormat.of().parseHex(hex);
    MemorySegment memory = arena.allocate(octets.length, 8);
    MemorySegment.copy(octets, 0, memory, JAVA_BYTE, 0, octets.length);
    messages.read(memory, 0, octets.length);
  }

  @Test
  void allKindsAreFoundInAnyOrder() {
    read(GRO_1452 + PAD + PKTINFO);
    assertEquals(1452, messages.segmentSize);
    assertTrue(messages.local);
    assertEquals(0x7f000002_00000000L, messages.localHigh);
    assertEquals(0, messages.localLow);
    assertEquals(2, messages.interfaceIndex);
    read(PKTINFO6 + PAD + GRO_1452);
    assertEquals(1452, messages.segmentSize);
    assertEquals(0x20010db8_00000000L, messages.localHigh);
    assertEquals(5, messages.localLow);
    assertEquals(3, messages.interfaceIndex);
  }

  @Test
  void nothingIsLeftOfTheMessageBefore() {
    read(GRO_1452 + PAD + PKTINFO6);
    read("");
    assertEquals(0, messages.segmentSize);
    assertFalse(messages.local);
    assertEquals(0, messages.localHigh);
    assertEquals(0, messages.localLow);
    assertEquals(0, messages.interfaceIndex);
  }

  @Test
  void anUnknownMessageIsPassedOver() {
    String mark = "1400000000000000" + "01000000" + "24000000" + "2a000000";
    read(mark + PAD + GRO_1452);
    assertEquals(1452, messages.segmentSize);
  }

  @Test
  void lengthsThatLieEndTheReading() {
    for (String length :
        new String[] {
          "0000000000000000", // would never end
          "0f00000000000000", // shorter than its own header
          "1500000000000000", // longer than what there is
          "ffffffffffffff7f", // overflows when aligned
          "f8ffffffffffffff", // negative
          "0000000000000080"
        }) {
      read(length + GRO_1452.substring(16));
      assertEquals(0, messages.segmentSize, length);
    }
  }

  @Test
  void aMessageBehindALieIsNotReached() {
    read("0000000000000000" + GRO_1452.substring(16) + PAD + PKTINFO);
    assertFalse(messages.local);
  }

  @Test
  void dataThatAreTooShortForTheirTypeAreIgnored() {
    read("1200000000000000" + "11000000" + "68000000" + "ac05");
    assertEquals(0, messages.segmentSize);
    read("1b00000000000000" + "00000000" + "08000000" + "02000000" + "7f000002" + "7fffff");
    assertFalse(messages.local);
    read("2000000000000000" + "29000000" + "32000000" + "20010db8000000000000000000000005");
    assertFalse(messages.local);
  }

  @Test
  void aHeaderThatIsCutShortIsIgnored() {
    read(GRO_1452 + PAD + PKTINFO.substring(0, 30));
    assertEquals(1452, messages.segmentSize);
    assertFalse(messages.local);
  }

  @Test
  void impossibleSegmentSizesAreIgnored() {
    for (String size : new String[] {"00000000", "ffffffff", "00000100", "00000080"}) {
      read(GRO_1452.substring(0, 32) + size);
      assertEquals(0, messages.segmentSize, size);
    }
    read(GRO_1452.substring(0, 32) + "ffff0000");
    assertEquals(65535, messages.segmentSize);
  }

  @Test
  void theSamePlacesAreReadAtAnOffset() {
    MemorySegment memory = arena.allocate(64, 8);
    byte[] octets = HexFormat.of().parseHex(GRO_1452);
    MemorySegment.copy(octets, 0, memory, JAVA_BYTE, 40, octets.length);
    messages.read(memory, 40, octets.length);
    assertEquals(1452, messages.segmentSize);
  }

  @Test
  void whatIsWrittenHasTheKernelsForm() {
    SocketAddress plain = SocketAddress.of(false, 0, 0, 1, 0);
    assertArrayEquals(new byte[0], written(0, plain));
    String segment = "1200000000000000" + "11000000" + "67000000" + "ac05";
    assertArrayEquals(hex(segment + "000000000000"), written(1452, plain));
    SocketAddress from = plain.withSource(0x7f000002_00000000L, 0, 2);
    String source =
        "1c00000000000000" + "00000000" + "08000000" + "02000000" + "7f000002" + "00000000" + PAD;
    assertArrayEquals(hex(source), written(0, from));
    assertArrayEquals(hex(segment + "000000000000" + source), written(1452, from));
    SocketAddress from6 = SocketAddress.of(true, 0, 1, 1, 0).withSource(0x20010db8_00000000L, 5, 3);
    assertArrayEquals(hex(PKTINFO6 + PAD), written(0, from6));
    assertEquals(ControlMessages.SEND_SPACE, written(1452, from6).length);
  }

  private byte[] written(int segmentSize, SocketAddress destination) {
    MemorySegment memory = arena.allocate(ControlMessages.SEND_SPACE, 8);
    long length = ControlMessages.write(memory, 0, segmentSize, destination);
    return memory.asSlice(0, length).toArray(JAVA_BYTE);
  }

  private static byte[] hex(String octets) {
    return HexFormat.of().parseHex(octets);
  }
}
