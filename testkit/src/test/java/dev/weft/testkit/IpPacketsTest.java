// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class IpPacketsTest {

  private static final InetAddress FOUR = InetAddress.ofLiteral("10.1.2.3");
  private static final InetAddress FOUR_TOO = InetAddress.ofLiteral("192.0.2.9");
  private static final InetAddress SIX = InetAddress.ofLiteral("fd00::1");
  private static final InetAddress SIX_TOO = InetAddress.ofLiteral("fd00::2");

  @Test
  void anIpv4HeaderIsThatOfAWellKnownExample() {
    // The worked example of many texts on RFC 1071; its checksum is b861.
    byte[] packet =
        IpPackets.packet(
            InetAddress.ofLiteral("192.168.0.1"),
            InetAddress.ofLiteral("192.168.0.199"),
            IpPackets.UDP,
            new byte[0x73 - 20]);
    assertEquals(
        "4500007300004000" + "4011b861c0a80001" + "c0a800c7",
        HexFormat.of().formatHex(packet, 0, 20));
  }

  @Test
  void whatWasPutInComesOut() {
    byte[] data = "payload".getBytes(StandardCharsets.UTF_8);
    byte[] packet = IpPackets.udp(SIX, 1, SIX_TOO, 2, data);
    assertEquals(SIX, IpPackets.source(packet));
    assertEquals(SIX_TOO, IpPackets.destination(packet));
    assertEquals(IpPackets.UDP, IpPackets.protocol(packet));
    byte[] datagram = IpPackets.payload(packet);
    assertArrayEquals(data, Arrays.copyOfRange(datagram, 8, datagram.length));
    assertEquals(48 + 7, packet.length);
    assertEquals(28 + 7, IpPackets.udp(FOUR, 1, FOUR_TOO, 2, data).length);
  }

  @Test
  void echoMessagesHaveTheTypesOfTheirFamily() {
    byte[] none = new byte[0];
    assertEquals(8, IpPackets.payload(IpPackets.echoRequest(FOUR, FOUR_TOO, 1, 2, none))[0]);
    assertEquals(0, IpPackets.payload(IpPackets.echoReply(FOUR, FOUR_TOO, 1, 2, none))[0]);
    assertEquals((byte) 128, IpPackets.payload(IpPackets.echoRequest(SIX, SIX_TOO, 1, 2, none))[0]);
    assertEquals((byte) 129, IpPackets.payload(IpPackets.echoReply(SIX, SIX_TOO, 1, 2, none))[0]);
  }

  @Test
  void aChangedOctetIsNoticed() {
    byte[] packet = IpPackets.udp(FOUR, 1, FOUR_TOO, 2, new byte[9]);
    assertTrue(IpPackets.isValid(packet));
    packet[packet.length - 1] ^= 1;
    assertFalse(IpPackets.isValid(packet));
    assertFalse(IpPackets.isValid(new byte[3]));
  }

  @Test
  void familiesAreNotMixed() {
    assertThrows(
        IllegalArgumentException.class, () -> IpPackets.packet(FOUR, SIX, 17, new byte[1]));
  }
}
