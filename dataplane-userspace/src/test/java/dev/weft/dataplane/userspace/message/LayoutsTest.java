// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.peer.PublicKey;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where each field is: written out, not computed from the code under test. */
final class LayoutsTest {

  private static Octets octets(int first, int length) {
    byte[] octets = new byte[length];
    for (int i = 0; i < length; i++) {
      octets[i] = (byte) (first + i);
    }
    return Octets.of(octets);
  }

  private static PacketBuffer buffer(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(20, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  private static String hex(byte[] octets, int from, int to) {
    return HexFormat.of().formatHex(octets, from, to);
  }

  @Test
  void theFieldsOfAnInitiationAreWhereTheyBelong() {
    byte[] message =
        new HandshakeInitiation(
                0x04030201,
                PublicKey.of(octets(0x10, 32).toByteArray()),
                octets(0x40, 48),
                octets(0x80, 28),
                octets(0xa0, 16),
                octets(0xc0, 16))
            .toByteArray();
    assertEquals("0100000001020304", hex(message, 0, 8));
    assertEquals("1011", hex(message, 8, 10));
    assertEquals("2f40", hex(message, 39, 41));
    assertEquals("6f80", hex(message, 87, 89));
    assertEquals("9ba0", hex(message, 115, 117));
    assertEquals("afc0", hex(message, 131, 133));
    assertEquals("cf", hex(message, 147, 148));
    assertEquals(116, Macs.mac1Offset(message));
    assertEquals(132, Macs.mac2Offset(message));
  }

  @Test
  void theFieldsOfAResponseAreWhereTheyBelong() {
    byte[] message =
        new HandshakeResponse(
                0x04030201,
                0x08070605,
                PublicKey.of(octets(0x10, 32).toByteArray()),
                octets(0x40, 16),
                octets(0xa0, 16),
                octets(0xc0, 16))
            .toByteArray();
    assertEquals("020000000102030405060708", hex(message, 0, 12));
    assertEquals("10", hex(message, 12, 13));
    assertEquals("2f40", hex(message, 43, 45));
    assertEquals("4fa0", hex(message, 59, 61));
    assertEquals("afc0", hex(message, 75, 77));
    assertEquals(60, Macs.mac1Offset(message));
    assertEquals(76, Macs.mac2Offset(message));
  }

  @Test
  void theFieldsOfACookieReplyAreWhereTheyBelong() {
    byte[] message = new CookieReply(0x04030201, octets(0x10, 24), octets(0x40, 32)).toByteArray();
    assertEquals("0300000001020304", hex(message, 0, 8));
    assertEquals("10", hex(message, 8, 9));
    assertEquals("2740", hex(message, 31, 33));
    assertEquals(64, message.length);
  }

  @Test
  void theHeaderOfADataMessageGoesIntoTheHeadRoom() {
    PacketBuffer packet = buffer(new byte[] {9, 9});
    TransportDataLayout.writeHeader(packet, 0x04030201, 0x8000000000000005L);
    assertEquals(
        "04000000" + "01020304" + "0500000000000080" + "0909",
        HexFormat.of().formatHex(packet.toByteArray()));
    assertEquals(4, packet.offset());
    assertEquals(0x04030201, TransportDataLayout.receiver(packet));
    assertEquals(0x8000000000000005L, TransportDataLayout.counter(packet));
    assertEquals(32, TransportDataLayout.MIN_LENGTH);
  }

  @Test
  void withoutHeadRoomThereIsNoHeader() {
    PacketBuffer packet = PacketBuffer.allocate(15, 10);
    assertThrows(
        IndexOutOfBoundsException.class, () -> TransportDataLayout.writeHeader(packet, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 148, HANDSHAKE_INITIATION",
    "1, 147,",
    "1, 149,",
    "2, 92, HANDSHAKE_RESPONSE",
    "2, 93,",
    "3, 64, COOKIE_REPLY",
    "3, 63,",
    "4, 32, TRANSPORT_DATA",
    "4, 31,",
    "4, 33, TRANSPORT_DATA",
    "4, 65535, TRANSPORT_DATA",
    "0, 148,",
    "5, 64,",
    "0, 0,",
    "1, 3,",
    "4, 4,"
  })
  void typeAndLengthMustFit(
      int type, int length, @org.jspecify.annotations.Nullable MessageType expected) {
    byte[] octets = new byte[length];
    if (length > 0) {
      octets[0] = (byte) type;
    }
    assertEquals(expected, MessageType.of(buffer(octets)));
  }

  @Test
  void reservedOctetsMustBeZero() {
    for (int i = 1; i < 4; i++) {
      byte[] octets = new byte[148];
      octets[0] = 1;
      octets[i] = 1;
      assertNull(MessageType.of(buffer(octets)));
      MalformedMessageException thrown =
          assertThrows(
              MalformedMessageException.class,
              () -> HandshakeInitiation.decode(ByteBuffer.wrap(octets)));
      assertEquals(0, thrown.offset());
      assertEquals(0, thrown.getStackTrace().length);
    }
  }

  @Test
  void aFieldOfTheWrongLengthIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new CookieReply(1, octets(0, 23), octets(0, 32)));
  }

  @Test
  void ipv4AddressesStandInTheTopBits() {
    byte[] packet = new byte[28];
    packet[0] = 0x45;
    packet[3] = 28;
    packet[12] = (byte) 0xc0;
    packet[19] = 7;
    PacketBuffer buffer = buffer(packet);
    assertEquals(28, IpLayout.totalLength(buffer));
    assertEquals(0xc000_0000_0000_0000L, IpLayout.sourceHigh(buffer));
    assertEquals(0x0000_0007_0000_0000L, IpLayout.destinationHigh(buffer));
    assertEquals(0, IpLayout.sourceLow(buffer));
    assertEquals(0, IpLayout.destinationLow(buffer));
  }

  @Test
  void ipv6AddressesAreTwoHalves() {
    byte[] packet = new byte[44];
    packet[0] = 0x60;
    packet[5] = 4;
    Arrays.fill(packet, 8, 16, (byte) 1);
    Arrays.fill(packet, 16, 24, (byte) 2);
    Arrays.fill(packet, 24, 32, (byte) 3);
    Arrays.fill(packet, 32, 40, (byte) 4);
    PacketBuffer buffer = buffer(packet);
    assertEquals(44, IpLayout.totalLength(buffer));
    assertEquals(0x0101010101010101L, IpLayout.sourceHigh(buffer));
    assertEquals(0x0202020202020202L, IpLayout.sourceLow(buffer));
    assertEquals(0x0303030303030303L, IpLayout.destinationHigh(buffer));
    assertEquals(0x0404040404040404L, IpLayout.destinationLow(buffer));
  }

  @ParameterizedTest
  @CsvSource({
    "45, 20, 20, 20",
    "45, 20, 32, 20",
    "45, 21, 20, 0",
    "45, 19, 32, 0",
    "46, 20, 32, 0",
    "46, 24, 24, 24",
    "44, 20, 20, 0",
    "35, 20, 20, 0",
    "45, 20, 19, 0"
  })
  void anIpv4PacketMustHoldItsHeaderAndLength(
      String first, int claimed, int present, int expected) {
    byte[] packet = new byte[present];
    packet[0] = (byte) HexFormat.fromHexDigits(first);
    packet[3] = (byte) claimed;
    assertEquals(expected, IpLayout.totalLength(buffer(packet)));
  }

  @ParameterizedTest
  @CsvSource({"0, 40, 40", "1, 41, 41", "1, 40, 0", "0, 39, 0", "0, 48, 40"})
  void anIpv6PacketMustHoldItsHeaderAndLength(int claimed, int present, int expected) {
    byte[] packet = new byte[present];
    packet[0] = 0x60;
    packet[5] = (byte) claimed;
    assertEquals(expected, IpLayout.totalLength(buffer(packet)));
  }
}
