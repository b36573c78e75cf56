// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two devices on a wire: who gets a session, and who does not. */
final class HandshakeTest {

  private final Network network = new Network();

  @Test
  void theFirstPacketArrivesBehindAHandshakeAndIsAnswered() {
    Node[] pair = network.pair();
    byte[] packet = Packets.ipv4("10.0.0.1", "10.0.0.2", 100);
    pair[0].send(packet);
    network.settle();
    assertEquals(1, pair[1].delivered.size());
    assertArrayEquals(packet, pair[1].delivered.getFirst());
    assertEquals(List.of(pair[1].publicKey()), pair[0].completed);
    assertEquals(List.of(pair[0].publicKey()), pair[1].completed);

    byte[] answer = Packets.ipv6("fd00::2", "fd00::1", 33);
    pair[1].send(answer);
    network.settle();
    assertArrayEquals(answer, pair[0].delivered.getFirst());
    assertEquals(List.of(1, 2, 4, 4), network.wire.stream().map(Datagram::type).toList());
    assertTrue(pair[0].device.drops().isEmpty());
    assertTrue(pair[1].device.drops().isEmpty());
  }

  @Test
  void anInitiatorWithNothingToSendConfirmsAtOnceWithAKeepalive() {
    Node a = network.node(1);
    Node b = network.node(2);
    b.add(a);
    a.apply(b.peer(Optional.empty(), Duration.ofSeconds(25)));
    network.settle();
    assertTrue(network.wire.getLast().isKeepalive());
    assertEquals(List.of(a.publicKey()), b.completed);
    assertEquals(0, b.delivered.size());
  }

  @Test
  void theResponderDoesNotSendBeforeTheInitiatorHasConfirmed() {
    Node[] pair = network.pair();
    network.isLost = datagram -> datagram.type() == 4;
    pair[0].ping(pair[1]);
    network.settle();
    network.isLost = datagram -> false;
    assertEquals(List.of(), pair[1].completed);
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(0, network.sent(pair[1], 4).size());
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(1, pair[0].delivered.size(), "the staged packet follows the confirmation");
  }

  @Test
  void equalPresharedKeysGiveASession() {
    assertEquals(1, pingWithKeys(7, 7));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8})
  void differentPresharedKeysGiveNone(int other) {
    assertEquals(0, pingWithKeys(7, other));
  }

  private int pingWithKeys(int keyOfA, int keyOfB) {
    Node a = network.node(1);
    Node b = network.node(2);
    a.apply(b.peer(presharedKey(keyOfA), Duration.ZERO));
    b.apply(a.peer(presharedKey(keyOfB), Duration.ZERO));
    a.ping(b);
    network.settle();
    assertEquals(keyOfA == keyOfB ? 0 : 1, a.drops(DropReason.AUTHENTICATION_FAILED));
    return b.delivered.size();
  }

  private static Optional<PresharedKey> presharedKey(int seed) {
    return seed == 0
        ? Optional.empty()
        : Optional.of(PresharedKey.generate(new Network.SeededRandom(seed)));
  }

  @Test
  void bothMayStartAtOnce() {
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(1, pair[0].delivered.size());
    assertEquals(1, pair[1].delivered.size());
    network.advanceSeconds(20);
    for (int i = 0; i < 3; i++) {
      pair[0].ping(pair[1]);
      pair[1].ping(pair[0]);
      network.advanceSeconds(1);
    }
    assertEquals(4, pair[0].delivered.size());
    assertEquals(4, pair[1].delivered.size());
    assertEquals(1, network.sent(pair[0], 1).size());
    assertEquals(1, network.sent(pair[1], 1).size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aLostHandshakeMessageIsMadeUpForAfterTheTimeout(int type) {
    Node[] pair = network.pair();
    network.isLost = datagram -> datagram.type() == type;
    pair[0].ping(pair[1]);
    network.advanceSeconds(4.999);
    assertEquals(1, network.sent(pair[0], 1).size());
    network.isLost = datagram -> false;
    network.advanceSeconds(0.4);
    assertEquals(2, network.sent(pair[0], 1).size());
    assertEquals(1, pair[1].delivered.size());
  }

  @Test
  void aRepeatedInitiationIsDroppedWhoeverSendsIt() {
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    network.settle();
    Datagram initiation = network.sent(pair[0], 1).getFirst();
    network.advanceSeconds(1);
    network.forgetWire();
    pair[1].receive(initiation.octets(), initiation.source());
    pair[1].receive(initiation.octets(), Endpoint.parse("203.0.113.9:9"));
    assertEquals(2, pair[1].drops(DropReason.INITIATION_REPLAYED));
    assertEquals(List.of(), network.wire);
    assertEquals(Optional.of(pair[0].endpoint), pair[1].status(pair[0]).endpoint());
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(2, pair[1].delivered.size(), "the session lives on");
  }

  @Test
  void anInitiationWithAnOlderTimestampIsDropped() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    network.advanceSeconds(6);
    List<Datagram> initiations = network.sent(pair[0], 1);
    assertEquals(2, initiations.size());
    pair[1].receive(initiations.get(1).octets(), pair[0].endpoint);
    network.advanceSeconds(1);
    pair[1].receive(initiations.get(0).octets(), pair[0].endpoint);
    assertEquals(1, pair[1].drops(DropReason.INITIATION_REPLAYED));
  }

  @Test
  void timestampsGrowThoughTheWallClockGoesBack() {
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    network.settle();
    pair[0].wallClockOffset = Duration.ofDays(-1);
    network.advanceSeconds(300);
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(2, pair[1].delivered.size());
  }

  @Test
  void initiationsThatFollowEachOtherTooFastAreDropped() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    network.advanceSeconds(6);
    List<Datagram> initiations = network.sent(pair[0], 1);
    pair[1].receive(initiations.get(0).octets(), pair[0].endpoint);
    network.advance(Duration.ofMillis(19));
    pair[1].receive(initiations.get(1).octets(), pair[0].endpoint);
    assertEquals(1, pair[1].drops(DropReason.INITIATION_FLOOD));
    network.advance(Network.MILLISECOND);
    pair[1].receive(initiations.get(1).octets(), pair[0].endpoint);
    assertEquals(2, network.sent(pair[1], 2).size());
  }

  @Test
  void aStrangerIsNotAnswered() {
    Node a = network.node(1);
    Node b = network.node(2);
    a.add(b);
    a.ping(b);
    network.settle();
    assertEquals(1, b.drops(DropReason.UNKNOWN_PEER));
    assertEquals(List.of(), network.sent(b, 2));
    assertEquals(0, b.indices.size());
  }

  @Test
  void anInitiationForAnotherDeviceIsNotClaimedAndNotAnswered() {
    Node[] pair = network.pair();
    Node other = network.node(3);
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    byte[] octets = network.wire.getFirst().octets();
    assertTrue(pair[1].device.claimsInitiation(buffer(octets)));
    assertFalse(other.device.claimsInitiation(buffer(octets)));
    octets[20] ^= 1;
    assertFalse(pair[1].device.claimsInitiation(buffer(octets)));
    assertFalse(pair[1].device.claimsInitiation(buffer(new byte[] {1, 0, 0})));
    pair[1].receive(octets, pair[0].endpoint);
    assertEquals(1, pair[1].drops(DropReason.MAC1_INVALID));
  }

  private static PacketBuffer buffer(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(3, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  @Test
  void aSecondResponseToTheSameInitiationIsDropped() {
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    network.settle();
    Datagram response = network.sent(pair[1], 2).getFirst();
    pair[0].receive(response.octets(), response.source());
    assertEquals(1, pair[0].drops(DropReason.UNKNOWN_RECEIVER));
  }

  @Test
  void aLateResponseIsStillGood() {
    Node[] pair = network.pair();
    network.isLost = datagram -> datagram.type() == 2;
    pair[0].ping(pair[1]);
    network.settle();
    network.isLost = datagram -> false;
    network.advanceSeconds(4.9);
    Datagram response = network.sent(pair[1], 2).getFirst();
    pair[0].receive(response.octets(), response.source());
    network.settle();
    assertEquals(1, pair[1].delivered.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
      })
  void aPeerWithAKeyOfLowOrderNeverGetsAPacket(String hex) {
    Node a = network.node(1);
    PublicKey weak = PublicKey.of(HexFormat.of().parseHex(hex));
    a.apply(
        new PeerUpdate.Create(
            weak,
            Optional.empty(),
            Optional.of(Endpoint.parse("192.0.2.9:9")),
            Duration.ofSeconds(1),
            List.of(IpPrefix.parse("10.0.0.9"))));
    a.send(Packets.ipv4("10.0.0.1", "10.0.0.9", 10));
    network.advanceSeconds(100);
    assertEquals(List.of(), network.wire);
    assertTrue(a.drops(DropReason.LOW_ORDER_KEY) > 0);
    assertEquals(0, a.indices.size());
  }

  @Test
  void anInitiationWithAnEphemeralOfLowOrderIsNotAnswered() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    byte[] octets = network.wire.getFirst().octets();
    java.util.Arrays.fill(octets, 8, 40, (byte) 0);
    new CookieGenerator(pair[1].publicKey().octets()).addMacs(octets, network.now());
    network.forgetWire();
    pair[1].receive(octets, pair[0].endpoint);
    assertEquals(1, pair[1].drops(DropReason.LOW_ORDER_KEY));
    assertEquals(List.of(), network.wire);
  }

  @Test
  void aPeerWithTheOwnKeyIsRefused() {
    Node a = network.node(1);
    a.add(a);
    assertEquals(List.of(), a.device.peers());
    a.ping(a);
    assertEquals(1, a.drops(DropReason.NO_ROUTE));
  }
}
