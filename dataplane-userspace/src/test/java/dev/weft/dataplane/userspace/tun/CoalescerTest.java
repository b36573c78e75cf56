// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.tun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CoalescerTest {

  private static final int SYN = 0x02;
  private static final int FIN = 0x01;
  private static final int RST = 0x04;
  private static final int URG = 0x20;
  private static final int ECE = 0x40;
  private static final int CWR = 0x80;

  private final CoalescerFixture fixture = new CoalescerFixture();

  private static TransportPacket tcp(boolean ipv6) {
    return TransportPacket.of(ipv6, true).withPayload(1000);
  }

  private static TransportPacket udp(boolean ipv6) {
    return TransportPacket.of(ipv6, false).withPayload(1000);
  }

  // What is merged, and how it is written.

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void packetsThatFollowEachOtherAreOneWrite(boolean ipv6, boolean tcp) {
    TransportPacket first = TransportPacket.of(ipv6, tcp).withPayload(1000);
    TransportPacket second = first.next();
    TransportPacket third = second.next(300);
    fixture.receive(first, second, third);
    List<byte[]> writes = fixture.flushed();
    assertEquals(1, writes.size());
    assertEquals(10 + first.headerLength() + 2300, writes.getFirst().length);
    assertPackets(writes, first, second, third);
    assertEquals(2, fixture.coalescer.mergedPackets());
    assertEquals(1, fixture.coalescer.writes());
  }

  /** Field by field, since what takes it apart here could make the same mistake. */
  @ParameterizedTest
  @CsvSource({"false,false,5,6", "false,true,1,16", "true,false,5,6", "true,true,4,16"})
  void theHeaderSaysWhatTheKernelHasToFinish(
      boolean ipv6, boolean tcp, int gsoType, int checksumOffset) {
    TransportPacket first = TransportPacket.of(ipv6, tcp).withOptions().withPayload(700);
    fixture.receive(first, first.next());
    byte[] write = fixture.flushed().getFirst();
    ByteBuffer vnet = ByteBuffer.wrap(write).order(ByteOrder.nativeOrder());
    assertEquals(1, vnet.get(0));
    assertEquals(gsoType, vnet.get(1));
    assertEquals(first.headerLength(), vnet.getShort(2));
    assertEquals(700, vnet.getShort(4));
    assertEquals(first.ipHeaderLength(), vnet.getShort(6));
    assertEquals(checksumOffset, vnet.getShort(8));

    byte[] packet = Arrays.copyOfRange(write, 10, write.length);
    ByteBuffer ip = ByteBuffer.wrap(packet);
    int transport = first.ipHeaderLength();
    int transportLength = packet.length - transport;
    if (ipv6) {
      assertEquals(transportLength, ip.getShort(4));
    } else {
      assertEquals(packet.length, ip.getShort(2));
      assertEquals(0xffff, TransportPacket.sum(0, packet, 0, 20));
    }
    if (!tcp) {
      assertEquals(transportLength, ip.getShort(transport + 4));
    }
    int addresses = ipv6 ? 8 : 12;
    int pseudoHeader =
        TransportPacket.sum((tcp ? 6 : 17) + transportLength, packet, addresses, transport);
    assertEquals(pseudoHeader, Short.toUnsignedInt(ip.getShort(transport + checksumOffset)));
  }

  @Test
  void aPacketAloneIsWrittenAsItCame() {
    TransportPacket packet = tcp(false);
    fixture.receive(packet);
    byte[] expected = new byte[10 + packet.octets().length];
    System.arraycopy(packet.octets(), 0, expected, 10, packet.octets().length);
    assertArrayEquals(expected, fixture.flushed().getFirst());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tcpOptionsThatAreTheSameMayBeThere(boolean ipv6) {
    byte[] timestamps = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    TransportPacket first = tcp(ipv6).withOptions(timestamps);
    assertMerged(first, first.next());
    byte[] mostOptions = new byte[40];
    Arrays.fill(mostOptions, (byte) 1);
    TransportPacket longest = tcp(ipv6).withOptions(mostOptions);
    assertMerged(longest, longest.next());
  }

  @Test
  void identificationsThatFollowEachOtherMayBeFragmented() {
    TransportPacket first = tcp(false).withIdentification(true, 0xffff);
    assertMerged(first, first.next(), first.next().next());
  }

  @Test
  void identificationsOfPacketsNotToBeFragmentedDoNotMatter() {
    TransportPacket first = tcp(false).withIdentification(false, 9);
    fixture.receive(first, first.next().withIdentification(false, 9));
    List<byte[]> writes = fixture.flushed();
    assertEquals(1, writes.size());
    assertPackets(writes, first, first.next().withIdentification(false, 10));
  }

  // What ends a super-packet.

  @Test
  void pushIsTheEndAndIsKept() {
    TransportPacket first = tcp(false);
    TransportPacket second = first.next().withFlags(TransportPacket.ACK | TransportPacket.PUSH);
    fixture.receive(first, second);
    assertEquals(1, fixture.writes.size(), "written before the flush");
    TransportPacket third = second.next().withFlags(TransportPacket.ACK);
    fixture.receive(third, third.next());
    assertEquals(2, fixture.flushed().size());
    assertPackets(fixture.writes, first, second, third, third.next());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aShorterPayloadIsTheEnd(boolean tcp) {
    TransportPacket first = TransportPacket.of(false, tcp).withPayload(1000);
    TransportPacket second = first.next(999);
    fixture.receive(first, second);
    assertEquals(1, fixture.writes.size(), "written before the flush");
    fixture.receive(second.next(999));
    assertEquals(2, fixture.flushed().size());
    assertPackets(fixture.writes, first, second, second.next(999));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLongerPayloadBeginsAnew(boolean tcp) {
    TransportPacket first = TransportPacket.of(false, tcp).withPayload(1000);
    assertNotMerged(first, first.next(1001));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingGetsLongerThanAnIpv4PacketMayBe(boolean ipv6) {
    TransportPacket packet = TransportPacket.of(ipv6, true).withPayload(1380);
    List<TransportPacket> sent = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      sent.add(packet);
      fixture.receive(packet);
      packet = packet.next();
    }
    List<byte[]> writes = fixture.flushed();
    assertEquals(3, writes.size());
    writes.forEach(write -> assertTrue(write.length - 10 <= 0xffff));
    assertEquals(10 + packet.headerLength() + 47 * 1380, writes.getFirst().length);
    assertPackets(writes, sent.toArray(TransportPacket[]::new));
  }

  @Test
  void twoOfTheLongestPacketsAreTwoWrites() {
    TransportPacket first = tcp(false).withPayload(0xffff - 40);
    assertNotMerged(first, first.next());
    TransportPacket small = tcp(false);
    assertNotMerged(small, small.next(0xffff - 40), small.next(0xffff - 40).next(0xffff - 40));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sixtyFourDatagramsAreTheMost(boolean ipv6) {
    TransportPacket packet = udp(ipv6).withPayload(10);
    List<TransportPacket> sent = new ArrayList<>();
    for (int i = 0; i < 65; i++) {
      sent.add(packet);
      packet = packet.next();
    }
    fixture.receive(sent.toArray(TransportPacket[]::new));
    assertEquals(2, fixture.flushed().size());
    assertPackets(fixture.writes, sent.toArray(TransportPacket[]::new));
  }

  // What is not merged.

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void whatDiffersInWhoseItIsIsAnotherFlow(boolean ipv6, boolean tcp) {
    InetAddress near = InetAddress.ofLiteral(ipv6 ? "fd07::3" : "10.7.0.3");
    InetAddress far = InetAddress.ofLiteral(ipv6 ? "fd08::2" : "10.8.0.2");
    TransportPacket first = TransportPacket.of(ipv6, tcp).withPayload(1000);
    List<UnaryOperator<TransportPacket>> changes =
        List.of(
            packet -> packet.withAddresses(near, packet.destination()),
            packet -> packet.withAddresses(far, packet.destination()),
            packet -> packet.withAddresses(packet.source(), near),
            packet -> packet.withAddresses(packet.source(), far),
            packet -> packet.withPorts(4001, 5000),
            packet -> packet.withPorts(4000, 5001),
            packet -> packet.withPorts(5000, 4000));
    for (UnaryOperator<TransportPacket> change : changes) {
      TransportPacket other = change.apply(first.next());
      List<byte[]> writes = flushedOnce(2, first, other);
      // Between flows there is no order.
      boolean inTurn = Arrays.equals(first.octets(), packet(writes.getFirst()));
      assertArrayEquals(first.octets(), packet(writes.get(inTurn ? 0 : 1)));
      assertArrayEquals(other.octets(), packet(writes.get(inTurn ? 1 : 0)));
    }
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void packetsWithDifferentIpHeadersAreNotMerged(boolean ipv6, boolean tcp) {
    TransportPacket first = TransportPacket.of(ipv6, tcp).withPayload(1000);
    assertNotMerged(first, first.next().withTrafficClass(1));
    assertNotMerged(first, first.next().withTrafficClass(0x80));
    assertNotMerged(first, first.next().withTimeToLive(63));
  }

  @Test
  void packetsWithDifferentFlowLabelsAreNotMerged() {
    TransportPacket first = tcp(true);
    byte[] second = first.next().octets();
    second[3] = 1;
    fixture.receive(first);
    fixture.receive(second);
    assertEquals(2, fixture.flushed().size());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlySomeNotToBeFragmentedAreNotMerged(boolean tcp) {
    TransportPacket first = TransportPacket.of(false, tcp).withPayload(1000);
    assertNotMerged(first, first.next().withIdentification(true, 8));
    assertNotMerged(first.withIdentification(true, 7), first.next());
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 7, 9, 0x108})
  void identificationsThatDoNotFollowAreNotMerged(int identification) {
    TransportPacket first = tcp(false).withIdentification(true, 7);
    assertNotMerged(first, first.next().withIdentification(true, identification));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void packetsWithDifferentTcpHeadersAreNotMerged(boolean ipv6) {
    TransportPacket first = tcp(ipv6).withOptions(new byte[] {1, 1, 1, 1});
    assertNotMerged(first, first.next().withAcknowledgment(78));
    assertNotMerged(first, first.next().withWindow(513));
    assertNotMerged(first, first.next().withOptions(new byte[] {1, 1, 1, 0}));
    assertNotMerged(first, first.next().withOptions());
    assertNotMerged(first, first.next().withOptions(new byte[8]));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 1000, -1000, 1L << 31})
  void aSequenceNumberThatDoesNotFollowIsNotMerged(long away) {
    TransportPacket first = tcp(false);
    assertNotMerged(first, first.withSequence(first.sequence() + 1000 + away).withPayload(1000));
  }

  @ParameterizedTest
  @ValueSource(ints = {FIN, SYN, RST, URG, ECE, CWR})
  void aFlagBesidesAckAndPushIsNotMerged(int flag) {
    TransportPacket first = tcp(false);
    TransportPacket second = first.next().withFlags(TransportPacket.ACK | flag);
    assertNotMerged(first, second, second.next().withFlags(TransportPacket.ACK));
    assertNotMerged(second, second.next());
  }

  @Test
  void aPacketWithoutAckIsNotMerged() {
    TransportPacket first = tcp(false).withFlags(0);
    assertNotMerged(first, first.next());
  }

  @Test
  void anAcknowledgmentWithoutDataIsNotMerged() {
    TransportPacket first = tcp(false);
    TransportPacket second = first.next(0);
    assertNotMerged(first, second, second.next(1000));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReservedBitOfTcpIsNotMerged(boolean ipv6) {
    TransportPacket first = tcp(ipv6);
    byte[] one = first.octets();
    byte[] two = first.next().octets();
    one[first.ipHeaderLength() + 12] |= 1;
    two[first.ipHeaderLength() + 12] |= 1;
    TransportPacket.rightChecksums(one);
    TransportPacket.rightChecksums(two);
    assertNotMerged(one, two);
  }

  @Test
  void anotherUrgentPointerIsNotMerged() {
    TransportPacket first = tcp(false);
    byte[] second = first.next().octets();
    second[39] = 1;
    TransportPacket.rightChecksums(second);
    assertNotMerged(first.octets(), second);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDatagramWithoutChecksumIsNotMerged(boolean ipv6) {
    TransportPacket first = udp(ipv6);
    byte[] one = first.octets();
    byte[] two = first.next().octets();
    TransportPacket.put(one, first.ipHeaderLength() + 6, 0);
    TransportPacket.put(two, first.ipHeaderLength() + 6, 0);
    assertNotMerged(one, two);
  }

  @Test
  void anEmptyDatagramIsNotMerged() {
    TransportPacket first = udp(false).withPayload(0);
    assertNotMerged(first, first, udp(false), first, udp(false));
  }

  @Test
  void aDatagramThatSaysItIsShorterThanItsPacketIsNotMerged() {
    byte[] odd = udp(false).octets();
    TransportPacket.put(odd, 24, 1007);
    assertNotMerged(udp(false).octets(), odd, udp(false).octets());
  }

  @Test
  void aTcpHeaderLongerThanItsPacketIsNotMerged() {
    byte[] cut = tcp(false).withPayload(8).octets();
    cut[32] = (byte) 0xf0;
    TransportPacket.rightChecksums(cut);
    assertNotMerged(cut, cut);
    byte[] tooShort = tcp(false).octets();
    tooShort[32] = 0x40;
    TransportPacket.rightChecksums(tooShort);
    assertNotMerged(tooShort, tooShort);
  }

  @Test
  void ipv4OptionsAreNotMerged() {
    byte[] one = withIpv4Options(tcp(false).octets());
    byte[] two = withIpv4Options(tcp(false).next().octets());
    assertNotMerged(one, two);
  }

  @Test
  void fragmentsAreNotMerged() {
    byte[] one = tcp(false).octets();
    byte[] two = tcp(false).next().octets();
    one[6] = 0x20;
    two[6] = 0x20;
    TransportPacket.rightChecksums(one);
    TransportPacket.rightChecksums(two);
    assertNotMerged(one, two);
    one[6] = 0;
    one[7] = 1;
    two[6] = 0;
    two[7] = 1;
    TransportPacket.rightChecksums(one);
    TransportPacket.rightChecksums(two);
    assertNotMerged(one, two);
  }

  @Test
  void otherProtocolsAreNotMerged() {
    byte[] sctp = udp(false).octets();
    sctp[9] = (byte) 132;
    assertNotMerged(sctp, sctp);
    byte[] extension = tcp(true).octets();
    extension[6] = 0;
    assertNotMerged(extension, extension);
  }

  // Checksums.

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void aWrongChecksumIsNeitherMergedNorMended(boolean ipv6, boolean tcp) {
    TransportPacket first = TransportPacket.of(ipv6, tcp).withPayload(1000);
    byte[] wrong = first.next().octets();
    wrong[wrong.length - 1]++;
    byte[] third = first.next().next().octets();
    assertNotMerged(first.octets(), wrong, third);
    assertNotMerged(wrong, third);
  }

  @Test
  void aWrongChecksumOfTheIpv4HeaderIsNotMended() {
    TransportPacket first = tcp(false);
    byte[] wrong = first.next().octets();
    wrong[11]++;
    assertNotMerged(first.octets(), wrong, first.next().next().octets());
  }

  @Test
  void withoutVerificationChecksumsDoNotMatter() {
    CoalescerFixture trusting =
        new CoalescerFixture(8, new Coalescer.Options(true, true, false, true));
    byte[] wrong = tcp(false).next().octets();
    wrong[wrong.length - 1]++;
    trusting.receive(tcp(false));
    trusting.receive(wrong);
    assertEquals(1, trusting.flushed().size());
  }

  // Order.

  @ParameterizedTest
  @ValueSource(ints = {FIN, SYN, RST, URG})
  void whatCannotBeMergedDoesNotOvertakeItsFlow(int flag) {
    TransportPacket first = tcp(false);
    TransportPacket other = first.withPorts(1, 2);
    fixture.receive(first, other, first.next().withFlags(TransportPacket.ACK | flag));
    assertPackets(fixture.writes, first, first.next().withFlags(TransportPacket.ACK | flag));
    assertEquals(3, fixture.flushed().size());
  }

  @Test
  void whatMayBelongToAFlowDoesNotOvertakeIt() {
    TransportPacket first = tcp(false);
    byte[] fragment = first.next().octets();
    fragment[7] = 100;
    TransportPacket elsewhere =
        first.withAddresses(first.source(), InetAddress.ofLiteral("10.7.0.9"));
    fixture.receive(first, elsewhere);
    fixture.receive(fragment);
    assertEquals(2, fixture.writes.size());
    assertPackets(fixture.writes.subList(0, 1), first);
    assertArrayEquals(fragment, packet(fixture.writes.get(1)));
    byte[] extension = TransportPacket.of(true, true).octets();
    extension[6] = 44;
    fixture.receive(tcp(true));
    fixture.receive(extension);
    assertEquals(4, fixture.writes.size());
    assertArrayEquals(extension, packet(fixture.writes.get(3)));
  }

  @Test
  void flowsThatTakeTurnsAreEachMerged() {
    CoalescerFixture turns = new CoalescerFixture(3, CoalescerFixture.ALL);
    TransportPacket[] flows = {tcp(false), tcp(true), udp(false)};
    List<List<TransportPacket>> sent =
        List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < 40; i++) {
      int flow = i * 7 % 3;
      sent.get(flow).add(flows[flow]);
      turns.receive(flows[flow]);
      flows[flow] = flows[flow].next();
    }
    assertEquals(0, turns.writes.size());
    List<byte[]> writes = turns.flushed();
    assertEquals(3, writes.size());
    for (byte[] write : writes) {
      int version = write[10] >> 4;
      int flow = version == 6 ? 1 : write[19] == 17 ? 2 : 0;
      assertPackets(List.of(write), sent.get(flow).toArray(TransportPacket[]::new));
    }
  }

  @Test
  void theFlowUnusedForLongestMakesRoom() {
    CoalescerFixture two = new CoalescerFixture(2, CoalescerFixture.ALL);
    TransportPacket first = tcp(false);
    TransportPacket second = first.withPorts(1, 2);
    TransportPacket third = first.withPorts(3, 4);
    two.receive(first, second, first.next(), third);
    assertPackets(two.writes, second);
    assertEquals(3, two.flushed().size());
  }

  // What was not fit.

  @Test
  void whatWasNotFitLeavesNoTrace() {
    TransportPacket first = tcp(false);
    TransportPacket second = first.next();
    byte[] rubbish = new byte[1500];
    Arrays.fill(rubbish, (byte) 0xaa);
    fixture.receiveUnfit(rubbish, 1500);
    fixture.receive(first);
    fixture.receiveUnfit(rubbish, 1500);
    fixture.receiveUnfit(rubbish, 3);
    fixture.receiveUnfit(new byte[0], 0);
    fixture.receive(second);
    fixture.receiveUnfit(rubbish, 0);
    fixture.receiveUnfit(new byte[0xffff], 0xffff);
    assertEquals(1, fixture.flushed().size());
    assertPackets(fixture.writes, first, second);
  }

  @Test
  void aTargetThatWasForgottenIsRejected() {
    TransportPacket first = tcp(false);
    fixture.receive(first);
    MemorySegment memory = fixture.coalescer.memory();
    memory.asSlice(fixture.coalescer.target(500), 500).fill((byte) 1);
    memory.asSlice(fixture.coalescer.target(500), 500).fill((byte) 1);
    assertPackets(fixture.flushed(), first);
    assertThrows(IllegalStateException.class, () -> fixture.coalescer.accept(40));
  }

  @Test
  void moreThanAnIpPacketMayHaveIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> fixture.coalescer.target(0x10000));
    assertThrows(IllegalArgumentException.class, () -> fixture.coalescer.target(-1));
  }

  // Options.

  @Test
  void whatIsSwitchedOffIsNotMerged() {
    CoalescerFixture off = new CoalescerFixture(8, new Coalescer.Options(true, false, true, true));
    off.receive(udp(false), udp(false).next());
    off.receive(tcp(false), tcp(false).next());
    assertEquals(3, off.flushed().size());
    off.coalescer.setOptions(new Coalescer.Options(false, true, true, true));
    off.receive(udp(false), udp(false).next());
    off.receive(tcp(false), tcp(false).next());
    assertEquals(6, off.flushed().size());
  }

  @Test
  void changedOptionsDoNotLoseOpenFlows() {
    fixture.receive(tcp(false), udp(false));
    fixture.coalescer.setOptions(new Coalescer.Options(false, false, true, true));
    assertEquals(2, fixture.writes.size());
    fixture.receive(tcp(false).next());
    assertEquals(3, fixture.writes.size(), "written at once");
  }

  @Test
  void withoutVnetHeaderPacketsAreWrittenBareAndAtOnce() {
    CoalescerFixture bare = new CoalescerFixture(8, new Coalescer.Options(true, true, true, false));
    TransportPacket first = tcp(false);
    bare.receive(first, first.next());
    assertEquals(2, bare.writes.size());
    assertArrayEquals(first.octets(), bare.writes.get(0));
    assertArrayEquals(first.next().octets(), bare.writes.get(1));
    assertEquals(0, bare.coalescer.mergedPackets());
  }

  // Memory.

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStreamIsMergedWhereItWasDecrypted(boolean tcp) {
    TransportPacket packet = TransportPacket.of(false, tcp).withPayload(1000);
    fixture.receive(packet);
    long first = fixture.coalescer.target(1028);
    fixture.receive(packet.next());
    assertEquals(first + 1000, fixture.coalescer.target(1028));
    fixture.coalescer.reject();
  }

  @Test
  void flowsThatTakeTurnsAreDecryptedInPlaceFromTheSecondTurn() {
    TransportPacket one = tcp(false);
    TransportPacket two = tcp(false).withPorts(1, 2);
    fixture.receive(one, two, one.next(), two.next());
    long behindOne = fixture.coalescer.target(1040);
    fixture.receive(one.next().next());
    long behindTwo = fixture.coalescer.target(1040);
    fixture.receive(two.next().next());
    assertEquals(behindOne + 1000, fixture.coalescer.target(1040));
    fixture.receive(one.next().next().next());
    assertEquals(behindTwo + 1000, fixture.coalescer.target(1040));
  }

  @Test
  void memoryIsBoundedAndChecked() {
    assertEquals(9 * 65_600, Coalescer.memoryOctets(8));
    assertThrows(IllegalArgumentException.class, () -> Coalescer.memoryOctets(0));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Coalescer(
                MemorySegment.ofArray(new byte[9 * 65_600 - 1]),
                8,
                CoalescerFixture.ALL,
                (memory, offset, length) -> {}));
  }

  private void assertMerged(TransportPacket... packets) {
    assertPackets(flushedOnce(1, packets), packets);
  }

  private void assertNotMerged(TransportPacket... packets) {
    assertPackets(flushedOnce(packets.length, packets), packets);
  }

  private List<byte[]> flushedOnce(int expected, TransportPacket... packets) {
    fixture.writes.clear();
    fixture.receive(packets);
    assertEquals(expected, fixture.flushed().size());
    return fixture.writes;
  }

  /** Octet for octet as they came, with empty vnet headers. */
  private void assertNotMerged(byte[]... packets) {
    fixture.writes.clear();
    for (byte[] packet : packets) {
      fixture.receive(packet);
    }
    List<byte[]> writes = fixture.flushed();
    assertEquals(packets.length, writes.size());
    for (int i = 0; i < packets.length; i++) {
      assertArrayEquals(new byte[10], Arrays.copyOf(writes.get(i), 10));
      assertArrayEquals(packets[i], packet(writes.get(i)));
    }
  }

  private static void assertPackets(List<byte[]> writes, TransportPacket... expected) {
    List<byte[]> packets = CoalescerFixture.apart(writes);
    assertEquals(expected.length, packets.size());
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i].octets(), packets.get(i));
    }
  }

  private static byte[] packet(byte[] write) {
    return Arrays.copyOfRange(write, 10, write.length);
  }

  /** Four octets that do nothing, RFC 791 §3.1. */
  private static byte[] withIpv4Options(byte[] packet) {
    MemorySegment longer = MemorySegment.ofArray(new byte[packet.length + 4]);
    MemorySegment.copy(packet, 0, longer, ValueLayout.JAVA_BYTE, 0, 20);
    longer.asSlice(20, 4).fill((byte) 1);
    MemorySegment.copy(packet, 20, longer, ValueLayout.JAVA_BYTE, 24, packet.length - 20);
    byte[] octets = longer.toArray(ValueLayout.JAVA_BYTE);
    octets[0] = 0x46;
    TransportPacket.put(octets, 2, octets.length);
    TransportPacket.put(octets, 10, 0);
    TransportPacket.put(octets, 10, ~TransportPacket.sum(0, octets, 0, 24));
    return octets;
  }
}
