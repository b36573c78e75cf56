// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.tun.IcmpErrorLimit;
import dev.weft.testkit.IpPackets;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnreachableAnswersTest {

  private static final String HOST_V4 = "10.7.0.1";
  private static final String NOBODY_V4 = "10.7.0.99";
  private static final String HOST_V6 = "fd07::1";
  private static final String NOBODY_V6 = "fd07::99";

  /** Before the answer, where nothing may be written. */
  private static final int OFFSET = 10;

  private final UnreachableAnswers answers = new UnreachableAnswers(0);

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] udp(String source, String destination, int octets) {
    return IpPackets.udp(address(source), 5000, address(destination), 6000, new byte[octets]);
  }

  private static byte[] ping(String source, String destination) {
    return IpPackets.echoRequest(address(source), address(destination), 7, 1, new byte[56]);
  }

  /** The answer; empty for none. */
  private byte[] answer(byte[] packet, long nowNanos) {
    byte[] target = new byte[OFFSET + UnreachableAnswers.MAX_LENGTH];
    int length =
        answers.compose(
            MemorySegment.ofArray(packet),
            0,
            packet.length,
            nowNanos,
            MemorySegment.ofArray(target),
            OFFSET);
    assertArrayEquals(new byte[OFFSET], Arrays.copyOf(target, OFFSET));
    return Arrays.copyOfRange(target, OFFSET, OFFSET + length);
  }

  private byte[] answer(byte[] packet) {
    return answer(packet, 0);
  }

  private static void assertUnreachable(byte[] answer, byte[] packet, int type, int code) {
    assertTrue(IpPackets.isValid(answer));
    assertEquals(IpPackets.source(packet), IpPackets.destination(answer));
    assertEquals(IpPackets.destination(packet), IpPackets.source(answer));
    byte[] message = IpPackets.payload(answer);
    assertEquals(type, message[0]);
    assertEquals(code, message[1]);
    assertArrayEquals(new byte[4], Arrays.copyOfRange(message, 4, 8));
    byte[] quoted = Arrays.copyOfRange(message, 8, message.length);
    assertArrayEquals(Arrays.copyOf(packet, quoted.length), quoted);
  }

  @Test
  void anIpv4PacketGetsHostUnreachable() {
    byte[] packet = ping(HOST_V4, NOBODY_V4);
    byte[] answer = answer(packet);
    assertUnreachable(answer, packet, 3, 1);
    assertEquals(20 + 8 + packet.length, answer.length);
  }

  @Test
  void anIpv6PacketGetsAddressUnreachable() {
    byte[] packet = udp(HOST_V6, NOBODY_V6, 11);
    byte[] answer = answer(packet);
    assertUnreachable(answer, packet, 1, 3);
    assertEquals(40 + 8 + packet.length, answer.length);
  }

  @Test
  void aLongPacketIsQuotedAsFarAsItMayBe() {
    byte[] ipv4 = udp(HOST_V4, NOBODY_V4, 1300);
    byte[] answer = answer(ipv4);
    assertUnreachable(answer, ipv4, 3, 1);
    assertEquals(576, answer.length);
    byte[] ipv6 = udp(HOST_V6, NOBODY_V6, 1300);
    answer = answer(ipv6);
    assertUnreachable(answer, ipv6, 1, 3);
    assertEquals(1280, answer.length);
  }

  @ParameterizedTest
  @CsvSource({
    "10.7.0.1, 224.0.0.251",
    "10.7.0.1, 255.255.255.255",
    "10.7.0.1, 240.0.0.1",
    "10.7.0.1, 127.0.0.1",
    "0.0.0.0, 10.7.0.99",
    "127.0.0.1, 10.7.0.99",
    "224.0.0.1, 10.7.0.99",
    "255.255.255.255, 10.7.0.99",
    "fd07::1, ff02::fb",
    "fd07::1, ::1",
    "::, fd07::99",
    "::1, fd07::99",
    "ff02::1, fd07::99"
  })
  void nothingToOrFromWhatIsNotOneHostIsAnswered(String source, String destination) {
    assertEquals(0, answer(udp(source, destination, 11)).length);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 11, 12, 40})
  void icmpErrorsAreNotAnswered(int type) {
    byte[] message = new byte[36];
    message[0] = (byte) type;
    assertEquals(
        0, answer(IpPackets.packet(address(HOST_V4), address(NOBODY_V4), 1, message)).length);
    assertEquals(
        0, answer(IpPackets.packet(address(HOST_V6), address(NOBODY_V6), 58, message)).length);
    // Not even behind another header.
    byte[] behind = new byte[8 + message.length];
    behind[0] = 58;
    behind[8] = (byte) type;
    assertEquals(
        0, answer(IpPackets.packet(address(HOST_V6), address(NOBODY_V6), 60, behind)).length);
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 129, 135})
  void informationalMessagesBehindOptionsAreAnswered(int type) {
    byte[] behind = new byte[44];
    behind[0] = 58;
    behind[8] = (byte) type;
    byte[] packet = IpPackets.packet(address(HOST_V6), address(NOBODY_V6), 60, behind);
    assertUnreachable(answer(packet), packet, 1, 3);
  }

  @Test
  void ofFragmentsOnlyTheFirstIsAnswered() {
    byte[] ipv4 = udp(HOST_V4, NOBODY_V4, 64);
    ipv4[6] = 0x20;
    assertTrue(answer(ipv4).length > 0);
    ipv4[7] = 1;
    assertEquals(0, answer(ipv4).length);
    byte[] fragment = new byte[40];
    fragment[0] = 17;
    fragment[3] = 1;
    byte[] ipv6 = IpPackets.packet(address(HOST_V6), address(NOBODY_V6), 44, fragment);
    assertTrue(answer(ipv6).length > 0);
    ipv6[43] = 8;
    assertEquals(0, answer(ipv6).length);
  }

  @Test
  void noMoreThanTheLimitAllowsAreAnswered() {
    byte[] packet = ping(HOST_V4, NOBODY_V4);
    for (int i = 0; i < IcmpErrorLimit.BURST; i++) {
      assertTrue(answer(packet).length > 0);
    }
    assertEquals(0, answer(packet).length);
    assertEquals(IcmpErrorLimit.BURST, answers.answers());
    assertTrue(answer(packet, IcmpErrorLimit.NANOS_PER_ERROR).length > 0);
    assertEquals(0, answer(packet, IcmpErrorLimit.NANOS_PER_ERROR).length);
  }

  @Test
  void whatIsNotAnsweredCostsNothingOfTheLimit() {
    for (int i = 0; i < 100; i++) {
      assertEquals(0, answer(udp(HOST_V4, "224.0.0.251", 11)).length);
    }
    assertTrue(answer(ping(HOST_V4, NOBODY_V4)).length > 0);
  }

  @Test
  void noOctetsAreReadOutsideOfThePacket() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] packet = new byte[random.nextInt(80)];
      random.nextBytes(packet);
      if (packet.length > 6) {
        packet[0] = (byte) (random.nextBoolean() ? 0x60 : 0x40 | (packet[0] & 0xf));
        packet[6] = random.nextInt(4) == 0 ? 0 : packet[6];
      }
      MemorySegment memory = MemorySegment.ofArray(packet).asReadOnly();
      byte[] target = new byte[UnreachableAnswers.MAX_LENGTH];
      int length =
          answers.compose(
              memory, 0, packet.length, i * 1_000_000_000L, MemorySegment.ofArray(target), 0);
      assertEquals(length > 0, target[0] != 0);
      assertEquals(
          length == 0 ? 0 : (packet[0] >> 4 == 6 ? 48 : 28) + packet.length,
          length,
          () -> Arrays.toString(packet));
    }
  }
}
