// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.dataplane.userspace.message.MessageType;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data packets on a session. */
final class TransportTest {

  private final Network network = new Network();
  private final Node[] pair = network.pair();
  private final Node a = pair[0];
  private final Node b = pair[1];

  private void session() {
    a.ping(b);
    network.settle();
    network.forgetWire();
    b.delivered.clear();
  }

  @ParameterizedTest
  @CsvSource({
    "20, 12",
    "31, 1",
    "32, 0",
    "33, 15",
    "1408, 0",
    "1409, 11",
    "1419, 1",
    "1420, 0",
    "1421, 15"
  })
  void packetsArePaddedToSixteenOctetsButNotBeyondTheMtu(int length, int padding) {
    assertEquals(padding, TransportPath.paddingOf(length, 1420));
  }

  @Test
  void withoutMtuOnlySixteenOctetsCount() {
    assertEquals(3, TransportPath.paddingOf(1421, 0));
    assertEquals(0, TransportPath.paddingOf(65_520, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 12, 44, 1399, 1400})
  void thePaddingIsTrimmedAgain(int payload) {
    session();
    byte[] packet = Packets.ipv4(a.address(), b.address(), payload);
    a.send(packet);
    network.settle();
    assertArrayEquals(packet, b.delivered.getFirst());
  }

  @Test
  void countersStartAtZeroAndGrowByOne() {
    session();
    for (int i = 1; i <= 20; i++) {
      a.ping(b);
      byte[] octets = network.wire.getLast().octets();
      assertEquals(i, octets[8]);
    }
  }

  @Test
  void aBatchForSeveralPeersReachesEachInOrder() {
    Node c = network.node(3);
    a.add(c);
    c.add(a);
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      packets.add(Packets.ipv4(a.address(), i / 3 % 2 == 0 ? b.address() : c.address(), i));
    }
    packets.add(7, new byte[] {1, 2, 3});
    packets.add(12, Packets.ipv4(a.address(), "10.9.9.9", 5));
    a.sendBatch(packets);
    network.settle();
    a.sendBatch(packets);
    network.settle();
    assertEquals(30, b.delivered.size());
    assertEquals(30, c.delivered.size());
    int index = 0;
    for (int i = 0; i < 30; i++) {
      if (i / 3 % 2 == 0) {
        assertEquals(20 + i, b.delivered.get(index).length);
        assertEquals(20 + i, b.delivered.get(15 + index).length);
        index++;
      }
    }
    assertEquals(2, a.drops(DropReason.OUTBOUND_MALFORMED));
    assertEquals(2, a.drops(DropReason.NO_ROUTE));
  }

  @Test
  void noBitOfADataMessageCanBeChanged() {
    session();
    a.ping(b, 10);
    byte[] octets = network.wire.getLast().octets();
    network.isLost = datagram -> true;
    Endpoint elsewhere = Endpoint.parse("203.0.113.1:1");
    for (int bit = 0; bit < octets.length * 8; bit++) {
      byte[] changed = octets.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      b.receive(changed, elsewhere);
    }
    assertEquals(0, b.delivered.size());
    assertEquals(List.of(a.endpoint), List.of(b.status(a).endpoint().orElseThrow()));
    long counted = b.device.drops().values().stream().mapToLong(Long::longValue).sum();
    assertEquals(octets.length * 8L, counted);
    b.receive(octets, a.endpoint);
    assertEquals(1, b.delivered.size(), "the window did not move");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void noBitOfAHandshakeMessageCanBeChanged(int type) {
    network.isLost = datagram -> datagram.type() == type;
    a.ping(b);
    network.settle();
    Node sender = type == 1 ? a : b;
    Node receiver = type == 1 ? b : a;
    byte[] octets = network.sent(sender, type).getFirst().octets();
    network.forgetWire();
    int covered = octets.length - 16; // mac2 counts under load only
    for (int bit = 0; bit < covered * 8; bit++) {
      byte[] changed = octets.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      receiver.receive(changed, sender.endpoint);
    }
    assertEquals(List.of(), network.wire);
    long counted = receiver.device.drops().values().stream().mapToLong(Long::longValue).sum();
    assertEquals(covered * 8L, counted);
    network.isLost = datagram -> false;
    receiver.receive(octets, sender.endpoint);
    network.settle();
    assertEquals(1, b.delivered.size(), "and yet the true one is accepted");
  }

  @Test
  void aReplayedDataMessageIsDroppedAndDoesNotMoveTheEndpoint() {
    session();
    a.ping(b);
    network.settle();
    b.receive(network.wire.getFirst().octets(), Endpoint.parse("203.0.113.1:1"));
    assertEquals(1, b.delivered.size());
    assertEquals(1, b.drops(DropReason.REPLAYED));
    assertEquals(a.endpoint, b.status(a).endpoint().orElseThrow());
  }

  @Test
  void reorderedMessagesWithinTheWindowAreDelivered() {
    session();
    network.isLost = datagram -> true;
    for (int i = 0; i < 50; i++) {
      a.ping(b, i);
    }
    for (Datagram datagram : network.wire.reversed()) {
      b.receive(datagram.octets(), datagram.source());
    }
    assertEquals(50, b.delivered.size());
  }

  @Test
  void roamingFollowsEveryAuthenticMessage() {
    session();
    Endpoint first = Endpoint.parse("[2001:db8::7]:4000");
    a.move(first);
    a.ping(b);
    network.settle();
    assertEquals(first, b.status(a).endpoint().orElseThrow());
    assertEquals(List.of(first), b.moves);
    b.ping(a);
    network.settle();
    assertEquals(1, a.delivered.size());

    Endpoint second = Endpoint.parse("198.51.100.1:1");
    a.move(second);
    network.advanceSeconds(10);
    assertEquals(List.of(first, second), b.moves, "a keepalive counts");

    Endpoint third = Endpoint.parse("198.51.100.1:2");
    a.move(third);
    network.advanceSeconds(300);
    a.ping(b);
    network.settle();
    assertEquals(List.of(first, second, third), b.moves, "an initiation counts");
  }

  @Test
  void aPacketFromAnAddressThePeerDoesNotHaveIsDropped() {
    session();
    a.send(Packets.ipv4("10.0.0.77", b.address(), 1));
    network.settle();
    assertEquals(1, b.drops(DropReason.SOURCE_NOT_ALLOWED));
    assertEquals(0, b.delivered.size());
  }

  @Test
  void aMoreSpecificPrefixOfAnotherPeerTakesTheSourceAway() {
    Node c = network.node(3);
    b.apply(
        PeerUpdate.Update.of(a.publicKey())
            .withAllowedIps(
                Change.set(List.of(IpPrefix.parse("10.0.0.0/8"), IpPrefix.parse("10.0.0.1")))));
    session();
    a.send(Packets.ipv4("10.1.1.3", b.address(), 1));
    network.settle();
    assertEquals(1, b.delivered.size());
    b.add(c);
    b.apply(
        PeerUpdate.Update.of(c.publicKey())
            .withAllowedIps(Change.set(List.of(IpPrefix.parse("10.1.0.0/16")))));
    a.send(Packets.ipv4("10.1.1.3", b.address(), 1));
    a.send(Packets.ipv4("10.2.1.3", b.address(), 1));
    network.settle();
    assertEquals(2, b.delivered.size());
    assertEquals(1, b.drops(DropReason.SOURCE_NOT_ALLOWED));
  }

  @Test
  void whatIsInsideMustBeAWholeIpPacket() {
    session();
    Keypair session = keypairOf(a, b);
    for (byte[] inner :
        List.of(
            new byte[] {0x45, 0, 0, 20},
            new byte[32],
            dishonest(Packets.ipv4(a.address(), b.address(), 10), 3),
            dishonest(Packets.ipv6(a.address6(), b.address6(), 10), 5))) {
      b.receive(sealed(session, inner), a.endpoint);
    }
    assertEquals(4, b.drops(DropReason.INNER_MALFORMED));
    assertEquals(0, b.delivered.size());
  }

  /** The packet with a length field that claims more than there is. */
  private static byte[] dishonest(byte[] packet, int lengthField) {
    packet[lengthField]++;
    return packet;
  }

  private static byte[] sealed(Keypair session, byte[] inner) {
    PacketBuffer packet = PacketBuffer.allocate(16, inner.length + 16);
    packet.copyFrom(inner, 0, inner.length);
    session.seal(packet, session.reserve(1));
    return packet.toByteArray();
  }

  private static Keypair keypairOf(Node node, Node peer) {
    Keypair current = node.device.peer(peer.publicKey()).keypairs().current();
    assertTrue(current != null);
    return java.util.Objects.requireNonNull(current);
  }

  @Test
  void octetsAndPacketsAreCountedAsBothSidesSeeThem() {
    for (int i = 0; i < 10; i++) {
      a.ping(b, 64);
      b.ping(a, 65);
      network.advanceSeconds(15);
    }
    network.advanceSeconds(60);
    assertEquals(a.status(b).sentOctets(), b.status(a).receivedOctets());
    assertEquals(b.status(a).sentOctets(), a.status(b).receivedOctets());
    long onWire =
        network.wire.stream()
            .filter(datagram -> datagram.source().equals(a.endpoint))
            .mapToLong(datagram -> datagram.content().length())
            .sum();
    assertEquals(onWire, a.status(b).sentOctets());
    assertEquals(10, a.status(b).sentPackets());
    assertEquals(10, a.status(b).receivedPackets());
    assertEquals(10, b.status(a).receivedPackets());
  }

  @Test
  void whatTheUnderlayRefusesIsNotCountedAsSent() {
    session();
    long before = a.status(b).sentOctets();
    a.underlayFull = true;
    a.ping(b);
    assertEquals(before, a.status(b).sentOctets());
    assertEquals(1, a.drops(DropReason.UNDERLAY));
    a.underlayFull = false;
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
  }

  @Test
  void stagedPacketsAreBoundedAndTheOldestGoesFirst() {
    network.isLost = datagram -> true;
    for (int i = 0; i < 200; i++) {
      a.ping(b, i);
    }
    assertEquals(72, a.drops(DropReason.STAGED_OVERFLOW));
    network.isLost = datagram -> false;
    network.advanceSeconds(6);
    assertEquals(128, b.delivered.size());
    assertEquals(20 + 72, b.delivered.getFirst().length);
    assertEquals(20 + 199, b.delivered.getLast().length);
    assertEquals(0, a.device.peer(b.publicKey()).stagedCount());
  }

  @Test
  void stagedPacketsOfAllPeersAreBoundedTogether() {
    network.isLost = datagram -> true;
    int perPeer = ProtocolConstants.MAX_STAGED_PACKETS;
    int packetOctets = 1420 + WireGuardDevice.HEAD_ROOM + WireGuardDevice.TAIL_ROOM;
    int peers = ProtocolConstants.MAX_STAGED_OCTETS / (perPeer * packetOctets) + 10;
    for (int i = 0; i < peers; i++) {
      Node other = network.node(10 + i);
      a.add(other);
      for (int j = 0; j < perPeer; j++) {
        a.ping(other, 1400);
      }
    }
    long kept = (long) peers * perPeer - a.drops(DropReason.STAGED_OVERFLOW);
    assertEquals(ProtocolConstants.MAX_STAGED_OCTETS / packetOctets, kept);
    network.advanceSeconds(120);
    assertEquals(kept, a.drops(DropReason.STAGED_DISCARDED), "given up");
    for (int j = 0; j < perPeer; j++) {
      a.ping(b, 1400);
    }
    assertEquals(
        perPeer, a.device.peer(b.publicKey()).stagedCount(), "what was discarded made room");
  }

  @Test
  void aWornSessionAsksForANewOneAndAFullOneStops() {
    session();
    Keypair session = keypairOf(a, b);
    session.skipTo(ProtocolConstants.REKEY_AFTER_MESSAGES - 1);
    network.advanceSeconds(6);
    network.isLost = datagram -> datagram.type() == 1;
    a.ping(b);
    assertEquals(0, network.sent(a, 1).size());
    a.ping(b);
    assertEquals(1, network.sent(a, 1).size());
    session.skipTo(ProtocolConstants.REJECT_AFTER_MESSAGES - 2);
    a.ping(b);
    a.ping(b);
    network.settle();
    assertEquals(4, b.delivered.size());
    a.ping(b);
    network.settle();
    assertEquals(4, b.delivered.size());
    network.isLost = datagram -> false;
    network.advanceSeconds(6);
    assertEquals(5, b.delivered.size(), "the new session sends what waited");
  }

  @Test
  void reservedCountersNeverOverlapAndNeverPassTheLimit() {
    session();
    Keypair session = keypairOf(a, b);
    session.skipTo(ProtocolConstants.REJECT_AFTER_MESSAGES - 10);
    assertEquals(ProtocolConstants.REJECT_AFTER_MESSAGES - 10, session.reserve(7));
    for (int i = 0; i < 10_000; i++) {
      assertEquals(Keypair.REFUSED, session.reserve(4));
    }
    assertEquals(ProtocolConstants.REJECT_AFTER_MESSAGES - 3, session.reserve(3));
    assertEquals(Keypair.REFUSED, session.reserve(1));
  }

  @Test
  void packetsWithoutRoomRouteOrEndpointAreCounted() {
    PacketBuffer tight = PacketBuffer.allocate(15, 2000);
    byte[] packet = Packets.ipv4(a.address(), b.address(), 1);
    tight.copyFrom(packet, 0, packet.length);
    a.device.sendIpPacket(tight, network.now(), a);
    assertEquals(1, a.drops(DropReason.NO_ROOM));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.cleared()));
    a.ping(b);
    assertEquals(1, a.drops(DropReason.NO_ENDPOINT));
    assertEquals(List.of(), network.wire);
  }

  @Test
  void theLargestDatagramsAreHarmless() {
    session();
    byte[] huge = new byte[65_535];
    huge[0] = 4;
    b.receive(huge, a.endpoint);
    System.arraycopy(network.sent(a, 4).isEmpty() ? lastOf() : huge, 0, huge, 0, 16);
    b.receive(huge, a.endpoint);
    byte[] packet = Packets.ipv4(a.address(), b.address(), 65_000);
    a.send(packet);
    network.settle();
    assertArrayEquals(packet, b.delivered.getFirst());
  }

  private byte[] lastOf() {
    a.ping(b);
    byte[] octets = network.wire.getLast().octets();
    assertEquals(MessageType.TRANSPORT_DATA.code(), octets[0]);
    network.settle();
    b.delivered.clear();
    return octets;
  }

  @Test
  void noNonceIsUsedTwiceAcrossSessions() {
    for (int i = 0; i < 400; i++) {
      a.ping(b, i % 100);
      b.ping(a, i % 100);
      network.advanceSeconds(1.5);
    }
    Set<String> nonces = new HashSet<>();
    for (Datagram datagram : network.wire) {
      if (datagram.type() == 4) {
        String nonce = java.util.HexFormat.of().formatHex(datagram.octets(), 4, 16);
        assertTrue(nonces.add(nonce), nonce);
      }
    }
    assertEquals(400, a.delivered.size());
    assertEquals(400, b.delivered.size());
  }
}
