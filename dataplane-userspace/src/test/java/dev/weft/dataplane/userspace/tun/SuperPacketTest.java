// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SuperPacketTest {

  private static final int TCP_IPV4 = 1;
  private static final int UDP_FRAGMENTS = 3;
  private static final int TCP_IPV6 = 4;
  private static final int UDP_SEGMENTS = 5;
  private static final int ECN = 0x80;

  private static final int BEFORE = 64;

  private final SuperPacket superPacket = new SuperPacket();
  private MemorySegment memory = MemorySegment.NULL;

  /** What the kernel would give of a packet: its checksum field holds the pseudo-header's sum. */
  private static byte[] unfinished(TransportPacket packet, int gsoType, int gsoSize) {
    byte[] octets = packet.octets();
    int start = packet.ipHeaderLength();
    int offset = packet.tcp() ? 16 : 6;
    int begun = (packet.tcp() ? 6 : 17) + octets.length - start;
    int sum = TransportPacket.sum(begun, octets, packet.ipv6() ? 8 : 12, start);
    TransportPacket.put(octets, start + offset, sum);
    ByteBuffer read = ByteBuffer.allocate(10 + octets.length).order(ByteOrder.nativeOrder());
    read.put((byte) 1).put((byte) gsoType).putShort((short) packet.headerLength());
    read.putShort((short) gsoSize).putShort((short) start).putShort((short) offset);
    return read.put(octets).array();
  }

  private static int gsoType(TransportPacket packet) {
    return packet.tcp() ? packet.ipv6() ? TCP_IPV6 : TCP_IPV4 : UDP_SEGMENTS;
  }

  private boolean begin(byte[] read) {
    memory = MemorySegment.ofArray(new byte[BEFORE + read.length + BEFORE]);
    memory.fill((byte) 0x5a);
    MemorySegment.copy(read, 0, memory, ValueLayout.JAVA_BYTE, BEFORE, read.length);
    boolean sound = superPacket.begin(memory, BEFORE, read.length);
    if (!sound) {
      assertEquals(0, superPacket.count());
      assertFalse(superPacket.next());
    }
    return sound;
  }

  /** Each copied before the next is asked for, as encryption would. */
  private List<byte[]> packets() {
    List<byte[]> packets = new ArrayList<>();
    while (superPacket.next()) {
      packets.add(
          memory
              .asSlice(superPacket.packetOffset(), superPacket.packetLength())
              .toArray(ValueLayout.JAVA_BYTE));
    }
    assertEquals(superPacket.count(), packets.size());
    for (long i = 0; i < BEFORE; i++) {
      assertEquals(0x5a, memory.get(ValueLayout.JAVA_BYTE, i));
      assertEquals(0x5a, memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1 - i));
    }
    return packets;
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void aSuperPacketBecomesThePacketsItStandsFor(boolean ipv6, boolean tcp) {
    TransportPacket whole = TransportPacket.of(ipv6, tcp).withPayload(2500);
    if (tcp) {
      whole = whole.withOptions(new byte[] {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8});
    }
    assertTrue(begin(unfinished(whole, gsoType(whole), 1000)));
    assertEquals(3, superPacket.count());
    assertEquals(ipv6, superPacket.isIpv6());
    List<byte[]> packets = packets();
    for (int i = 0; i < 3; i++) {
      int from = i * 1000;
      byte[] payload =
          Arrays.copyOfRange(whole.payload().toByteArray(), from, Math.min(2500, from + 1000));
      TransportPacket expected =
          whole
              .withSequence(whole.sequence() + from)
              .withIdentification(false, whole.identification() + i)
              .withPayload(payload);
      assertArrayEquals(expected.octets(), packets.get(i));
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void payloadsShorterThanHeadersKeepTheirOctets(boolean ipv6, boolean tcp) {
    for (int size = 1; size < 80; size++) {
      TransportPacket whole = TransportPacket.of(ipv6, tcp).withPayload(300);
      assertTrue(begin(unfinished(whole, gsoType(whole), size)));
      byte[] payload = new byte[300];
      int at = 0;
      for (byte[] packet : packets()) {
        assertEquals(0xffff, TransportPacket.transportSum(packet));
        int length = packet.length - whole.headerLength();
        System.arraycopy(packet, whole.headerLength(), payload, at, length);
        at += length;
      }
      assertArrayEquals(whole.payload().toByteArray(), payload);
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void anUnfinishedChecksumIsFinished(boolean ipv6, boolean tcp) {
    TransportPacket packet = TransportPacket.of(ipv6, tcp).withPayload(777);
    assertTrue(begin(unfinished(packet, 0, 0)));
    assertArrayEquals(packet.octets(), packets().getFirst());
  }

  @Test
  void anUnfinishedChecksumMayBeOfAPacketInside() {
    byte[] outer = new byte[20 + 28];
    byte[] inner = TransportPacket.of(false, false).octets();
    System.arraycopy(inner, 0, outer, 20, 28);
    outer[0] = 0x45;
    TransportPacket.put(outer, 2, 48);
    outer[9] = 4;
    TransportPacket.put(outer, 46, TransportPacket.sum(17 + 8, inner, 12, 20));
    byte[] read = new byte[58];
    System.arraycopy(outer, 0, read, 10, 48);
    ByteBuffer.wrap(read)
        .order(ByteOrder.nativeOrder())
        .put(0, (byte) 1)
        .putShort(6, (short) 40)
        .putShort(8, (short) 6);
    assertTrue(begin(read));
    byte[] packet = packets().getFirst();
    assertArrayEquals(inner, Arrays.copyOfRange(packet, 20, 48));
  }

  @Test
  void aUdpChecksumIsNeverZero() {
    for (int i = 0; i < 0x10000; i++) {
      TransportPacket tried =
          TransportPacket.of(false, false).withPayload((byte) (i >>> 8), (byte) i);
      if (Short.toUnsignedInt(ByteBuffer.wrap(tried.octets()).getShort(26)) == 0xffff) {
        assertTrue(begin(unfinished(tried, 0, 0)));
        assertArrayEquals(tried.octets(), packets().getFirst());
        return;
      }
    }
    throw new AssertionError("no payload has that checksum");
  }

  @Test
  void aPacketWithoutFlagsPassesAsItIs() {
    byte[] packet = TransportPacket.of(false, true).withPayload(99).octets();
    packet[36]++;
    byte[] read = new byte[10 + packet.length];
    System.arraycopy(packet, 0, read, 10, packet.length);
    assertTrue(begin(read));
    assertEquals(1, superPacket.count());
    assertArrayEquals(packet, packets().getFirst());
  }

  @Test
  void addressesAreThoseOfCryptokeyRouting() {
    assertTrue(begin(unfinished(TransportPacket.of(false, true), 0, 0)));
    assertFalse(superPacket.isIpv6());
    assertEquals(0x0a07_0002L << 32, superPacket.destinationHigh());
    assertEquals(0, superPacket.destinationLow());
    assertTrue(begin(unfinished(TransportPacket.of(true, true), 0, 0)));
    assertTrue(superPacket.isIpv6());
    assertEquals(0xfd07L << 48, superPacket.destinationHigh());
    assertEquals(2, superPacket.destinationLow());
  }

  @Test
  void onlyTheLastPushesAndFinishesAndOnlyTheFirstTellsOfAWindowReduced() {
    int finPushCwrAck = 0x01 | 0x08 | 0x80 | 0x10;
    TransportPacket whole =
        TransportPacket.of(false, true).withFlags(finPushCwrAck).withPayload(300);
    assertTrue(begin(unfinished(whole, TCP_IPV4 | ECN, 100)));
    List<byte[]> packets = packets();
    assertEquals((byte) 0x90, packets.get(0)[33]);
    assertEquals((byte) 0x10, packets.get(1)[33]);
    assertEquals((byte) 0x19, packets.get(2)[33]);
    assertTrue(begin(unfinished(whole, TCP_IPV4, 300)));
    assertEquals((byte) 0x99, packets().getFirst()[33]);
  }

  @Test
  void ipv4OptionsAndIpv6ExtensionHeadersAreInEachPacket() {
    TransportPacket whole = TransportPacket.of(true, true).withPayload(2000);
    byte[] plain = unfinished(whole, TCP_IPV6, 1000);
    byte[] extended = new byte[plain.length + 8];
    System.arraycopy(plain, 0, extended, 0, 50);
    System.arraycopy(plain, 50, extended, 58, plain.length - 50);
    extended[16] = 60;
    extended[50] = 6;
    ByteBuffer.wrap(extended).order(ByteOrder.nativeOrder()).putShort(6, (short) 48);
    assertTrue(begin(extended));
    List<byte[]> packets = packets();
    assertEquals(2, packets.size());
    for (byte[] packet : packets) {
      assertEquals(40 + 8 + 20 + 1000, packet.length);
      assertEquals(8 + 20 + 1000, ByteBuffer.wrap(packet).getShort(4));
      assertArrayEquals(Arrays.copyOfRange(extended, 50, 58), Arrays.copyOfRange(packet, 40, 48));
      int begun = 6 + 1020;
      int sum = TransportPacket.sum(begun, packet, 8, 40);
      assertEquals(0xffff, TransportPacket.sum(sum, packet, 48, packet.length));
    }
  }

  /** The kernel's super-packets may be longer than a header can say: BIG TCP. */
  @Test
  void theLengthInTheHeaderOfASuperPacketDoesNotCount() {
    TransportPacket whole = TransportPacket.of(false, true).withPayload(0xffff);
    byte[] read = unfinished(whole, TCP_IPV4, 1000);
    TransportPacket.put(read, 12, 0);
    assertTrue(begin(read));
    assertEquals(66, superPacket.count());
    for (byte[] packet : packets()) {
      assertEquals(packet.length, ByteBuffer.wrap(packet).getShort(2));
      assertEquals(0xffff, TransportPacket.sum(0, packet, 0, 20));
      assertEquals(0xffff, TransportPacket.transportSum(packet));
    }
  }

  @Test
  void aSuperPacketWhoseChecksumIsFinishedIsTakenApartToo() {
    TransportPacket whole = TransportPacket.of(false, true).withPayload(2000);
    byte[] read = unfinished(whole, TCP_IPV4, 1000);
    Arrays.fill(read, 0, 1, (byte) 0);
    Arrays.fill(read, 6, 10, (byte) 0);
    assertTrue(begin(read));
    for (byte[] packet : packets()) {
      assertEquals(0xffff, TransportPacket.transportSum(packet));
    }
  }

  @Test
  void datagramsWithoutChecksumGetNone() {
    TransportPacket whole = TransportPacket.of(false, false).withPayload(2000);
    byte[] read = unfinished(whole, UDP_SEGMENTS, 1000);
    Arrays.fill(read, 0, 1, (byte) 0);
    Arrays.fill(read, 6, 10, (byte) 0);
    TransportPacket.put(read, 36, 0);
    assertTrue(begin(read));
    for (byte[] packet : packets()) {
      assertEquals(0, ByteBuffer.wrap(packet).getShort(26));
    }
  }

  @Test
  void aSuperPacketWithoutPayloadIsOnePacket() {
    TransportPacket packet = TransportPacket.of(false, true);
    assertTrue(begin(unfinished(packet, TCP_IPV4, 1000)));
    assertEquals(1, superPacket.count());
    assertArrayEquals(packet.octets(), packets().getFirst());
  }

  // What is not sound.

  @ParameterizedTest
  @ValueSource(ints = {2, UDP_FRAGMENTS, TCP_IPV6, 6, 0x7f})
  void anotherKindOfSuperPacketIsRefused(int gsoType) {
    TransportPacket whole = TransportPacket.of(false, true).withPayload(2000);
    assertTrue(begin(unfinished(whole, TCP_IPV4, 1000)));
    assertFalse(begin(unfinished(whole, gsoType, 1000)));
  }

  @Test
  void aSuperPacketOfAnotherProtocolOrVersionIsRefused() {
    assertFalse(begin(unfinished(TransportPacket.of(false, true), UDP_SEGMENTS, 1000)));
    assertFalse(begin(unfinished(TransportPacket.of(false, false), TCP_IPV4, 1000)));
    assertFalse(begin(unfinished(TransportPacket.of(true, true), TCP_IPV4, 1000)));
    assertFalse(begin(unfinished(TransportPacket.of(true, false), TCP_IPV6, 1000)));
  }

  @Test
  void aSuperPacketWithoutSizeIsRefused() {
    TransportPacket whole = TransportPacket.of(false, true).withPayload(2000);
    assertFalse(begin(unfinished(whole, TCP_IPV4, 0)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 19, 21, 24, 2011, 2040, 65535})
  void aSuperPacketWhoseChecksumStartsElsewhereIsRefused(int start) {
    byte[] read = unfinished(TransportPacket.of(false, true).withPayload(2000), TCP_IPV4, 1000);
    ByteBuffer.wrap(read).order(ByteOrder.nativeOrder()).putShort(6, (short) start);
    assertFalse(begin(read));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0x40, 0xf0})
  void aTcpHeaderThatDoesNotFitIsRefused(int words) {
    byte[] read = unfinished(TransportPacket.of(false, true).withPayload(39), TCP_IPV4, 10);
    read[10 + 32] = (byte) words;
    assertFalse(begin(read));
  }

  @Test
  void packetsLongerThanAHeaderCanSayAreRefused() {
    TransportPacket whole = TransportPacket.of(false, true).withPayload(0xffff);
    assertFalse(begin(unfinished(whole, TCP_IPV4, 0xffff)));
    assertTrue(begin(unfinished(whole, TCP_IPV4, 0xffff - 40)));
    assertEquals(0xffff, packets().getFirst().length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0x15, 0x35, 0x55, 0x75, 0x44, 0x4f})
  void whatIsNoIpPacketIsRefused(int first) {
    byte[] read = unfinished(TransportPacket.of(false, true), 0, 0);
    assertTrue(begin(read));
    read[10] = (byte) first;
    assertFalse(begin(read));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsCutOffIsRefused(boolean ipv6) {
    byte[] one = unfinished(TransportPacket.of(ipv6, true), 0, 0);
    for (int length = 0; length < one.length; length++) {
      assertFalse(begin(Arrays.copyOf(one, length)));
    }
    byte[] many = unfinished(TransportPacket.of(ipv6, true), ipv6 ? TCP_IPV6 : TCP_IPV4, 100);
    for (int length = 0; length < many.length; length++) {
      assertFalse(begin(Arrays.copyOf(many, length)));
    }
  }

  @Test
  void aLengthThatIsNoLengthIsRefused() {
    assertFalse(superPacket.begin(MemorySegment.ofArray(new byte[100]), 0, -1));
    assertFalse(superPacket.begin(MemorySegment.ofArray(new byte[100]), 0, Integer.MIN_VALUE));
  }

  @Test
  void anIpLengthThatIsNoneIsRefused() {
    byte[] read = unfinished(TransportPacket.of(false, true), 0, 0);
    TransportPacket.put(read, 12, 19);
    assertFalse(begin(read));
    TransportPacket.put(read, 12, 41);
    assertFalse(begin(read));
  }

  @ParameterizedTest
  @CsvSource({"19,16", "20,19", "38,1", "40,0", "65535,65535", "0,0"})
  void aChecksumOutsideOfThePacketIsRefused(int start, int offset) {
    byte[] read = unfinished(TransportPacket.of(false, true), 0, 0);
    ByteBuffer.wrap(read)
        .order(ByteOrder.nativeOrder())
        .putShort(6, (short) start)
        .putShort(8, (short) offset);
    assertFalse(begin(read));
  }

  @Test
  void whatWasRefusedLeavesNothingOfWhatWasBefore() {
    assertTrue(begin(unfinished(TransportPacket.of(false, true).withPayload(300), TCP_IPV4, 100)));
    assertTrue(superPacket.next());
    assertFalse(begin(new byte[200]));
  }
}
