// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.tun.IcmpErrorLimit;
import dev.weft.testkit.IpPackets;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InProcessEndpointTest {

  private static final int MTU = 1420;
  private static final InetAddress OWN_V4 = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress OWN_V6 = InetAddress.ofLiteral("fd07::1");
  private static final InetAddress PEER_V4 = InetAddress.ofLiteral("10.7.0.2");
  private static final InetAddress PEER_V6 = InetAddress.ofLiteral("fd07::2");

  private final InnerDropCounters drops = new InnerDropCounters();
  private final InProcessEndpoint endpoint = new InProcessEndpoint(MTU, drops, 0);
  private final OwnAddresses own =
      new OwnAddresses(
          List.of(InterfaceAddress.parse("10.7.0.1/24"), InterfaceAddress.parse("fd07::1/64")));

  @ParameterizedTest
  @ValueSource(strings = {"v4", "v6"})
  void answersAnEchoRequestAsLinuxDoes(String version) {
    byte[] recorded = LinuxPackets.packet("echo." + version + ".reply");
    byte[] reply = answer(LinuxPackets.packet("echo." + version + ".request")).orElseThrow();
    assertTrue(IpPackets.isValid(reply));
    assertArrayEquals(IpPackets.payload(recorded), IpPackets.payload(reply));
    assertEquals(IpPackets.source(recorded), IpPackets.source(reply));
    assertEquals(IpPackets.destination(recorded), IpPackets.destination(reply));
    assertEquals(64, version.equals("v4") ? reply[8] : reply[7]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v4.", "v6.", "v4.long.", "v6.long."})
  void refusesUnclaimedUdpAsLinuxDoes(String kind) {
    byte[] recorded = LinuxPackets.packet("unreachable." + kind + "error");
    byte[] error = answer(LinuxPackets.packet("unreachable." + kind + "datagram")).orElseThrow();
    assertTrue(IpPackets.isValid(error));
    assertArrayEquals(IpPackets.payload(recorded), IpPackets.payload(error));
    assertEquals(IpPackets.source(recorded), IpPackets.source(error));
    assertEquals(IpPackets.destination(recorded), IpPackets.destination(error));
    assertEquals(1, drops.get(InnerDrop.PORT_UNREACHABLE));
  }

  @Test
  void quotesNoMoreThanTheMtuHolds() {
    InProcessEndpoint narrow = new InProcessEndpoint(600, drops, 0);
    PacketBuffer packet = LinuxPackets.buffer(LinuxPackets.packet("unreachable.v6.long.datagram"));
    InnerPacket view = new InnerPacket();
    assertTrue(view.read(packet));
    assertTrue(narrow.answer(packet, view, own, 0));
    assertEquals(600, packet.length());
    assertTrue(IpPackets.isValid(packet.toByteArray()));
  }

  @Test
  void limitsTheRateOfErrors() {
    byte[] datagram = LinuxPackets.packet("unreachable.v4.datagram");
    int errors = 0;
    for (int i = 0; i < 100; i++) {
      errors += answer(datagram).isPresent() ? 1 : 0;
    }
    assertEquals(IcmpErrorLimit.BURST, errors);
    assertEquals(100, drops.get(InnerDrop.PORT_UNREACHABLE));
    assertTrue(answer(datagram, IcmpErrorLimit.NANOS_PER_ERROR).isPresent());
  }

  @Test
  void neverForwards() {
    assertDropped(
        InnerDrop.NOT_LOCAL,
        IpPackets.echoRequest(PEER_V4, InetAddress.ofLiteral("10.7.0.3"), 1, 1, new byte[8]));
    assertDropped(
        InnerDrop.NOT_LOCAL,
        IpPackets.udp(PEER_V6, 1, InetAddress.ofLiteral("2001:db8::1"), 53, new byte[8]));
  }

  @ParameterizedTest
  @CsvSource({
    "10.7.0.2, 10.7.0.255",
    "10.7.0.2, 255.255.255.255",
    "10.7.0.2, 224.0.0.1",
    "fd07::2, ff02::1"
  })
  void answersNothingThatWentToMany(String source, String destination) {
    InetAddress from = InetAddress.ofLiteral(source);
    InetAddress to = InetAddress.ofLiteral(destination);
    assertTrue(answer(IpPackets.echoRequest(from, to, 1, 1, new byte[8])).isEmpty());
    assertTrue(answer(IpPackets.udp(from, 1, to, 2, new byte[8])).isEmpty());
    assertEquals(2, drops.get(InnerDrop.NOT_LOCAL));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"})
  void answersNobodyWhoIsNoSingleHost(String source) {
    InetAddress from = InetAddress.ofLiteral(source);
    InetAddress to = from.getAddress().length == 4 ? OWN_V4 : OWN_V6;
    assertTrue(answer(IpPackets.echoRequest(from, to, 1, 1, new byte[8])).isEmpty());
    assertTrue(answer(IpPackets.udp(from, 1, to, 2, new byte[8])).isEmpty());
    assertEquals(2, drops.get(InnerDrop.BAD_SOURCE));
  }

  @Test
  void answersNoErrorWithAnError() {
    for (String version : List.of("v4", "v6")) {
      byte[] error = LinuxPackets.packet("unreachable." + version + ".error");
      boolean ipv6 = version.equals("v6");
      byte[] towardsUs = repackaged(error, ipv6 ? PEER_V6 : PEER_V4, ipv6 ? OWN_V6 : OWN_V4, ipv6);
      assertDropped(InnerDrop.ICMP_IGNORED, towardsUs);
    }
    assertDropped(InnerDrop.ICMP_IGNORED, IpPackets.echoReply(PEER_V4, OWN_V4, 1, 1, new byte[4]));
  }

  private static byte[] repackaged(
      byte[] packet, InetAddress source, InetAddress destination, boolean ipv6) {
    byte[] payload = IpPackets.payload(packet);
    PacketBuffer buffer =
        LinuxPackets.buffer(
            IpPackets.packet(source, destination, IcmpLayout.protocol(ipv6), payload));
    InnerPacketWriter.writeIcmpChecksum(buffer, ipv6);
    return buffer.toByteArray();
  }

  @Test
  void dropsFragments() {
    byte[] first = LinuxPackets.packet("echo.v4.request");
    ByteBuffer.wrap(first).putShort(6, (short) 0x2000);
    assertDropped(InnerDrop.FRAGMENT, withHeaderChecksum(first));
    byte[] later = LinuxPackets.packet("echo.v4.request");
    ByteBuffer.wrap(later).putShort(6, (short) 0x0001);
    assertDropped(InnerDrop.FRAGMENT, withHeaderChecksum(later));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 43, 44, 51, 60, 135})
  void dropsExtensionHeaders(int nextHeader) {
    byte[] inner = new byte[24];
    inner[0] = 58;
    assertDropped(InnerDrop.EXTENSION_HEADER, IpPackets.packet(PEER_V6, OWN_V6, nextHeader, inner));
  }

  @Test
  void dropsIpv4Options() {
    byte[] plain = LinuxPackets.packet("echo.v4.request");
    byte[] packet = new byte[plain.length + 4];
    System.arraycopy(plain, 0, packet, 0, 20);
    System.arraycopy(plain, 20, packet, 24, plain.length - 20);
    packet[0] = 0x46;
    ByteBuffer.wrap(packet).putShort(2, (short) packet.length);
    assertDropped(InnerDrop.IPV4_OPTIONS, packet);
  }

  @Test
  void dropsWhatWasDamaged() {
    for (String name :
        List.of(
            "echo.v4.request",
            "echo.v6.request",
            "unreachable.v4.datagram",
            "unreachable.v6.datagram")) {
      byte[] packet = LinuxPackets.packet(name);
      packet[packet.length - 1] ^= 0x10;
      assertDropped(InnerDrop.BAD_CHECKSUM, packet);
    }
    byte[] header = LinuxPackets.packet("echo.v4.request");
    header[8]++;
    assertDropped(InnerDrop.BAD_CHECKSUM, header);
  }

  @Test
  void wantsAUdpChecksumOverIpv6Alone() {
    byte[] v6 = LinuxPackets.packet("unreachable.v6.datagram");
    ByteBuffer.wrap(v6).putShort(46, (short) 0);
    assertDropped(InnerDrop.BAD_CHECKSUM, v6);
    byte[] v4 = LinuxPackets.packet("unreachable.v4.datagram");
    ByteBuffer.wrap(v4).putShort(26, (short) 0);
    assertTrue(answer(v4).isPresent());
  }

  @Test
  void dropsOtherProtocols() {
    assertDropped(
        InnerDrop.UNSUPPORTED_PROTOCOL, IpPackets.packet(PEER_V4, OWN_V4, 6, new byte[20]));
    // ICMP of the other version of IP is no ICMP.
    assertDropped(
        InnerDrop.UNSUPPORTED_PROTOCOL, IpPackets.packet(PEER_V6, OWN_V6, 1, new byte[20]));
  }

  @Test
  void dropsWhatIsTooShortForItsProtocol() {
    assertDropped(InnerDrop.INNER_MALFORMED, IpPackets.packet(PEER_V4, OWN_V4, 17, new byte[7]));
    assertDropped(InnerDrop.INNER_MALFORMED, IpPackets.packet(PEER_V4, OWN_V4, 1, new byte[7]));
    assertDropped(InnerDrop.INNER_MALFORMED, IpPackets.packet(PEER_V6, OWN_V6, 58, new byte[7]));
  }

  @Test
  void dropsAnEchoRequestWhoseAnswerWouldBeTooLong() {
    assertDropped(
        InnerDrop.TOO_LONG, IpPackets.echoRequest(PEER_V4, OWN_V4, 1, 1, new byte[MTU - 28 + 1]));
    assertTrue(
        answer(IpPackets.echoRequest(PEER_V4, OWN_V4, 1, 1, new byte[MTU - 28])).isPresent());
  }

  @Test
  void ignoresPaddingBehindThePacket() {
    byte[] request = LinuxPackets.packet("echo.v6.request");
    byte[] padded = new byte[request.length + 9];
    System.arraycopy(request, 0, padded, 0, request.length);
    byte[] reply = answer(padded).orElseThrow();
    assertEquals(request.length, reply.length);
    assertTrue(IpPackets.isValid(reply));
  }

  private void assertDropped(InnerDrop reason, byte[] packet) {
    long before = drops.get(reason);
    assertTrue(answer(packet).isEmpty());
    assertEquals(before + 1, drops.get(reason), reason::name);
  }

  private Optional<byte[]> answer(byte[] packet) {
    return answer(packet, 0);
  }

  private Optional<byte[]> answer(byte[] packet, long nowNanos) {
    PacketBuffer buffer = LinuxPackets.buffer(packet);
    InnerPacket view = new InnerPacket();
    assertTrue(view.read(buffer));
    return endpoint.answer(buffer, view, own, nowNanos)
        ? Optional.of(buffer.toByteArray())
        : Optional.empty();
  }

  private static byte[] withHeaderChecksum(byte[] packet) {
    PacketBuffer buffer = LinuxPackets.buffer(packet);
    InnerPacketWriter.writeHops(buffer, false);
    return buffer.toByteArray();
  }
}
