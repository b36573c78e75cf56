// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.testkit.IpPackets;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InnerPacketWriterTest {

  private static final ByteBuffer PAYLOAD =
      ByteBuffer.wrap("weft over udp".getBytes(StandardCharsets.US_ASCII)).asReadOnlyBuffer();

  @Test
  void writesUdpOverIpv4AsLinuxDoes() {
    PacketBuffer packet =
        InnerPacketWriter.udp(
            Endpoint.parse("10.7.0.1:5000"), Endpoint.parse("10.7.0.2:6000"), PAYLOAD);
    byte[] recorded = LinuxPackets.packet("udp.v4");
    assertTrue(IpPackets.isValid(packet.toByteArray()));
    assertArrayEquals(IpPackets.payload(recorded), IpPackets.payload(packet.toByteArray()));
    assertAddressesEqual(recorded, packet.toByteArray());
  }

  @Test
  void writesUdpOverIpv6AsLinuxDoes() {
    PacketBuffer packet =
        InnerPacketWriter.udp(
            Endpoint.parse("[fd07::1]:5000"), Endpoint.parse("[fd07::2]:6000"), PAYLOAD);
    byte[] recorded = LinuxPackets.packet("udp.v6");
    assertTrue(IpPackets.isValid(packet.toByteArray()));
    assertArrayEquals(IpPackets.payload(recorded), IpPackets.payload(packet.toByteArray()));
    assertAddressesEqual(recorded, packet.toByteArray());
  }

  @Test
  void writesEchoRequestsAsLinuxDoes() {
    for (String version : new String[] {"v4", "v6"}) {
      byte[] recorded = LinuxPackets.packet("echo." + version + ".outgoing");
      ByteBuffer icmp = ByteBuffer.wrap(IpPackets.payload(recorded));
      PacketBuffer packet =
          InnerPacketWriter.echoRequest(
              IpPackets.source(recorded),
              IpPackets.destination(recorded),
              Short.toUnsignedInt(icmp.getShort(4)),
              Short.toUnsignedInt(icmp.getShort(6)),
              Arrays.copyOfRange(icmp.array(), 8, icmp.capacity()));
      assertTrue(IpPackets.isValid(packet.toByteArray()));
      assertArrayEquals(icmp.array(), IpPackets.payload(packet.toByteArray()));
    }
  }

  @Test
  void writesAllOnesForAUdpChecksumOfZero() {
    // Two octets that bring the sum of this datagram to all ones.
    Endpoint source = Endpoint.parse("10.7.0.1:5000");
    Endpoint destination = Endpoint.parse("10.7.0.2:6000");
    byte[] plain =
        InnerPacketWriter.udp(source, destination, ByteBuffer.wrap(new byte[2])).toByteArray();
    byte[] payload = {plain[26], plain[27]};
    byte[] packet =
        InnerPacketWriter.udp(source, destination, ByteBuffer.wrap(payload)).toByteArray();
    assertEquals((short) 0xffff, ByteBuffer.wrap(packet).getShort(26));
    assertTrue(IpPackets.isValid(packet));
  }

  @Test
  void leavesRoomForTheTunnelAndThePositionOfThePayload() {
    ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}).position(2);
    PacketBuffer packet =
        InnerPacketWriter.udp(
            Endpoint.parse("[fd07::1]:5000"), Endpoint.parse("[fd07::2]:6000"), payload);
    assertEquals(2, payload.position());
    assertEquals(51, packet.length());
    assertTrue(packet.headRoom() >= WireGuardDevice.HEAD_ROOM);
    assertTrue(packet.tailRoom() >= WireGuardDevice.TAIL_ROOM);
  }

  private static void assertAddressesEqual(byte[] expected, byte[] actual) {
    assertEquals(IpPackets.source(expected), IpPackets.source(actual));
    assertEquals(IpPackets.destination(expected), IpPackets.destination(actual));
  }
}
