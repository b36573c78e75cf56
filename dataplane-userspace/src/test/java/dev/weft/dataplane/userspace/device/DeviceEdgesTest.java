// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.HandshakeState.StaticDecrypted;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a device does when it is stopped, refused, full or told twice. */
final class DeviceEdgesTest {

  private static final long SECOND = 1_000_000_000L;

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

  private PeerTimers timers(Node node, Node peer) {
    return node.device.peer(peer.publicKey()).timers();
  }

  private PeerUpdate keepalive(Duration interval) {
    return PeerUpdate.Update.of(b.publicKey()).withPersistentKeepalive(Change.set(interval));
  }

  private static PacketBuffer buffer(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(0, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  // Stopped.

  @Test
  void everyPacketOfABatchIsCountedWhileTheDeviceIsStopped() {
    List<byte[]> packets =
        List.of(
            Packets.ipv4(a.address(), b.address(), 1), Packets.ipv4(a.address(), b.address(), 2));
    a.device.suspend(network.now());
    a.sendBatch(packets);
    assertEquals(2, a.drops(DropReason.SUSPENDED));
    a.device.close();
    a.sendBatch(packets);
    assertEquals(2, a.drops(DropReason.CLOSED));
    assertEquals(List.of(), network.wire);
  }

  @Test
  void whatWaitedForASessionIsCountedWhenTheDeviceIsSuspended() {
    network.isLost = datagram -> true;
    for (int i = 0; i < 3; i++) {
      a.ping(b);
    }
    a.device.suspend(network.now());
    assertEquals(3, a.drops(DropReason.SUSPENDED));
    assertEquals(0, a.device.peer(b.publicKey()).stagedCount());
  }

  @Test
  void aSuspendedDeviceHasNoTimerButTheErasureOfKeys() {
    session();
    a.apply(keepalive(Duration.ofSeconds(25)));
    b.ping(a);
    network.settle();
    a.device.suspend(network.now());
    for (Timer timer : Timer.values()) {
      assertEquals(timer == Timer.ZERO_KEY_MATERIAL, timers(a, b).table().isSet(timer));
    }
  }

  @Test
  void nothingIsSentWhileSuspendedWhateverIsConfigured() {
    session();
    a.device.suspend(network.now());
    a.apply(keepalive(Duration.ofSeconds(25)));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.cleared()));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.set(b.endpoint)));
    a.device.setPrivateKey(PrivateKey.generate(new Network.SeededRandom(78)), network.now(), a);
    network.advanceSeconds(100);
    assertEquals(
        List.of(), network.wire.stream().filter(sent -> sent.source().equals(a.endpoint)).toList());
  }

  @Test
  void resumingADeviceThatRunsDoesNothing() {
    session();
    a.device.resume(network.now(), a);
    assertEquals(List.of(), network.wire);
  }

  @Test
  void suspendingTwiceIsSuspendingOnce() {
    network.isLost = datagram -> true;
    a.ping(b);
    a.device.suspend(network.now());
    long erasure = timers(a, b).table().deadlineNanos(Timer.ZERO_KEY_MATERIAL);
    network.advanceSeconds(5);
    a.device.suspend(network.now());
    assertEquals(erasure, timers(a, b).table().deadlineNanos(Timer.ZERO_KEY_MATERIAL));
  }

  @Test
  void aResumedDeviceGoesOnWithThePendingInitiation() {
    network.isLost = datagram -> true;
    a.ping(b);
    a.device.suspend(network.now());
    network.forgetWire();
    a.device.resume(network.now(), a);
    assertEquals(1, network.sent(a, 1).size());
  }

  @Test
  void aResumedResponderWithAnUnconfirmedSessionStartsAHandshake() {
    network.isLost = datagram -> datagram.type() != 1;
    a.ping(b);
    network.settle();
    assertEquals(List.of(), b.completed);
    b.device.suspend(network.now());
    b.device.resume(network.now(), b);
    assertEquals(1, network.sent(b, 1).size());
  }

  @Test
  void aResumedDeviceLeavesPeersAloneThatWereNotInUse() {
    a.device.suspend(network.now());
    a.device.resume(network.now(), a);
    assertEquals(List.of(), network.wire);
  }

  @Test
  void aClosedDeviceClaimsNothing() {
    network.isLost = datagram -> true;
    a.ping(b);
    byte[] initiation = network.wire.getFirst().octets();
    assertTrue(b.device.claimsInitiation(buffer(initiation)));
    b.device.close();
    assertFalse(b.device.claimsInitiation(buffer(initiation)));
  }

  @Test
  void aResponseIsNotClaimedThoughItsMac1Fits() {
    network.isLost = datagram -> datagram.type() == 2;
    a.ping(b);
    network.settle();
    assertFalse(a.device.claimsInitiation(buffer(network.sent(b, 2).getFirst().octets())));
  }

  // Peers.

  @Test
  void whatWaitsIsCountedWhenItsPeerOrItsEndpointGoesAway() {
    network.isLost = datagram -> true;
    a.ping(b);
    a.ping(b);
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.cleared()));
    assertEquals(2, a.drops(DropReason.NO_ENDPOINT));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.set(b.endpoint)));
    a.ping(b);
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    assertEquals(1, a.drops(DropReason.STAGED_DISCARDED));
  }

  @Test
  void creatingAPeerAnewKeepsTimestampsGrowing() {
    session();
    a.wallClockOffset = Duration.ofDays(-1);
    network.advanceSeconds(1);
    a.add(b);
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
    assertEquals(0, b.drops(DropReason.INITIATION_REPLAYED));
  }

  @Test
  void anEndpointOfAPeerWithoutKeepaliveCausesNothing() {
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.cleared()));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.set(b.endpoint)));
    assertEquals(List.of(), network.wire);
  }

  @Test
  void theKeepaliveIntervalIsBoundedAndNegativeIsOff() {
    a.apply(keepalive(Duration.ofSeconds(65_535)));
    assertEquals(65_535 * SECOND, timers(a, b).persistentKeepaliveNanos());
    a.apply(keepalive(Duration.ofSeconds(65_536)));
    assertEquals(65_535 * SECOND, timers(a, b).persistentKeepaliveNanos());
    a.apply(keepalive(Duration.ofSeconds(-1)));
    assertEquals(0, timers(a, b).persistentKeepaliveNanos());
    assertFalse(timers(a, b).table().isSet(Timer.PERSISTENT_KEEPALIVE));
  }

  @Test
  void anotherKeepaliveIntervalSendsNothingAtOnce() {
    session();
    network.advanceSeconds(11);
    a.apply(keepalive(Duration.ofSeconds(25)));
    network.forgetWire();
    a.apply(keepalive(Duration.ofSeconds(20)));
    assertEquals(List.of(), network.wire);
    network.advanceSeconds(20);
    assertEquals(1, network.wire.size());
  }

  @Test
  void aPeerIsShownByTheShortFormOfItsKey() {
    assertEquals(b.publicKey().shortName(), a.device.peer(b.publicKey()).toString());
  }

  // The underlay.

  @Test
  void aRefusedInitiationIsCountedAndNotTakenForSent() {
    a.underlayFull = true;
    a.ping(b);
    assertEquals(1, a.drops(DropReason.UNDERLAY));
    assertEquals(0, a.status(b).sentOctets());
    a.underlayFull = false;
    network.advanceSeconds(6);
    assertEquals(1, b.delivered.size());
  }

  @Test
  void aRefusedCookieIsCounted() {
    CookieGenerator macs = new CookieGenerator(b.publicKey().octets());
    byte[] message = new byte[HandshakeInitiation.LENGTH];
    message[0] = 1;
    message[8] = 9;
    macs.addMacs(message, network.now());
    b.underlayFull = true;
    for (int i = 0; i < 300; i++) {
      b.receive(message, a.endpoint);
    }
    assertEquals(44, b.drops(DropReason.COOKIE_REQUIRED));
    assertEquals(44, b.drops(DropReason.UNDERLAY));
  }

  @Test
  void aResponseFromElsewhereMovesTheEndpoint() {
    network.isLost = datagram -> datagram.type() == 2;
    a.ping(b);
    network.settle();
    Endpoint elsewhere = Endpoint.parse("198.51.100.9:9");
    network.isLost = datagram -> true;
    a.receive(network.sent(b, 2).getFirst().octets(), elsewhere);
    assertEquals(List.of(elsewhere), a.moves);
    assertEquals(elsewhere, network.wire.getLast().destination());
  }

  // Packets.

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aPacketNeedsRoomForPaddingAndTag(int missing) {
    session();
    byte[] packet = Packets.ipv4(a.address(), b.address(), 1);
    PacketBuffer tight =
        PacketBuffer.allocate(
            WireGuardDevice.HEAD_ROOM, packet.length + WireGuardDevice.TAIL_ROOM - missing);
    tight.copyFrom(packet, 0, packet.length);
    a.device.sendIpPacket(tight, network.now(), a);
    network.settle();
    assertEquals(missing, a.drops(DropReason.NO_ROOM));
    assertEquals(1 - missing, b.delivered.size());
  }

  @Test
  void aBatchTellsAddressesApartThatAgreeInHalfOfTheirBits() {
    Node c = network.node(3);
    c.add(a);
    a.apply(
        new PeerUpdate.Create(
            c.publicKey(),
            Optional.empty(),
            Optional.of(c.endpoint),
            Duration.ZERO,
            // The first differs from b's in the second half only; the second has the bits of b's
            // IPv4 address.
            List.of(IpPrefix.parse("fd00::3"), IpPrefix.parse("a00:2::"))));
    List<byte[]> packets =
        List.of(
            Packets.ipv6(a.address6(), b.address6(), 1),
            Packets.ipv6(a.address6(), c.address6(), 2),
            Packets.ipv4(a.address(), b.address(), 3),
            Packets.ipv6(a.address6(), "a00:2::", 4),
            Packets.ipv4(a.address(), b.address(), 5));
    a.sendBatch(packets);
    network.settle();
    assertEquals(3, b.delivered.size());
    assertEquals(2, c.delivered.size());
    assertArrayEquals(packets.get(0), b.delivered.get(0));
    assertArrayEquals(packets.get(1), c.delivered.get(0));
    assertArrayEquals(packets.get(3), c.delivered.get(1));
  }

  @Test
  void dataThatWaitedForItsSessionWantsAnAnswerToo() {
    network.isLost = datagram -> datagram.source().equals(b.endpoint) && datagram.type() == 4;
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
    network.advanceSeconds(14.9);
    assertEquals(1, network.sent(a, 1).size());
    network.advanceSeconds(0.5);
    assertEquals(2, network.sent(a, 1).size());
  }

  @Test
  void anAnsweringKeepalivePutsThePersistentOneOff() {
    session();
    network.advanceSeconds(11);
    b.apply(
        PeerUpdate.Update.of(a.publicKey())
            .withPersistentKeepalive(Change.set(Duration.ofSeconds(12))));
    network.settle();
    a.ping(b);
    network.settle();
    network.forgetWire();
    network.advanceSeconds(10);
    assertEquals(1, network.sent(b, 4).size(), "the answer");
    network.advanceSeconds(11.9);
    assertEquals(1, network.sent(b, 4).size());
    network.advanceSeconds(0.1);
    assertEquals(2, network.sent(b, 4).size(), "twelve seconds after the answer");
  }

  @Test
  void aHandshakeMessagePutsThePersistentKeepaliveOff() {
    network.isLost = datagram -> true;
    a.apply(keepalive(Duration.ofSeconds(7)));
    long persistent = timers(a, b).table().deadlineNanos(Timer.PERSISTENT_KEEPALIVE);
    network.advanceSeconds(5.4);
    assertEquals(2, network.sent(a, 1).size());
    long repeated = network.sent(a, 1).getLast().atNanos();
    assertTrue(timers(a, b).table().deadlineNanos(Timer.PERSISTENT_KEEPALIVE) - persistent > 0);
    assertEquals(
        repeated + 7 * SECOND, timers(a, b).table().deadlineNanos(Timer.PERSISTENT_KEEPALIVE));
  }

  @Test
  void stagedPacketsAreBoundedByTheirOctetsToTheLastOne() {
    network.isLost = datagram -> true;
    int overhead = WireGuardDevice.HEAD_ROOM + WireGuardDevice.TAIL_ROOM;
    int each = ProtocolConstants.MAX_STAGED_OCTETS / ProtocolConstants.MAX_STAGED_PACKETS;
    int payload = each - overhead - 20;
    for (int i = 0; i < ProtocolConstants.MAX_STAGED_PACKETS; i++) {
      a.ping(b, payload);
    }
    assertEquals(0, a.drops(DropReason.STAGED_OVERFLOW), "exactly as much as there is room for");
    Node c = network.node(3);
    a.add(c);
    a.ping(c, payload);
    assertEquals(1, a.drops(DropReason.STAGED_OVERFLOW));
    assertEquals(
        ProtocolConstants.MAX_STAGED_PACKETS,
        a.device.peer(b.publicKey()).stagedCount(),
        "others keep what they have");
  }

  // The handshake by itself.

  @Test
  void theTimeBetweenInitiationsIsExactToTheNanosecond() {
    Handshake handshake = a.device.peer(b.publicKey()).handshake();
    long now = network.now();
    assertFalse(handshake.wasJustSent(now));
    handshake.onSent(now);
    assertTrue(handshake.wasJustSent(now + 5 * SECOND - 1));
    assertFalse(handshake.wasJustSent(now + 5 * SECOND));
    assertEquals(now + 5 * SECOND, handshake.nextSendNanos());
    handshake.forgetSent();
    assertFalse(handshake.wasJustSent(now));
  }

  @Test
  void timestampsAreRoundedSoThatTheyDoNotTellAboutTheHost() throws DroppedException {
    // 2^24 ns are a slot. The same slot gives the same stamp, the next one a later.
    Instant slot = Instant.ofEpochSecond(1_800_000_000L, 3L << 24);
    consume(slot.plusNanos(5), 0);
    DroppedException replayed =
        assertThrows(DroppedException.class, () -> consume(slot.plusNanos((1 << 24) - 1), SECOND));
    assertEquals(DropReason.INITIATION_REPLAYED, replayed.reason());
    consume(slot.plusNanos(1 << 24), 2 * SECOND);
  }

  /** An initiation of another run of a, which remembers no stamp, at b. */
  private void consume(Instant wallClock, long nowNanos) throws DroppedException {
    Peer other = new Peer(b.publicKey(), new DeadlineQueue(), a.random());
    HandshakeInitiation initiation =
        other.handshake().createInitiation(new LocalIdentity(a.key), 1, wallClock, a.random());
    LocalIdentity local = new LocalIdentity(b.key);
    StaticDecrypted decrypted = Handshake.decryptStatic(local, initiation);
    assertEquals(a.publicKey(), decrypted.initiator());
    b.device
        .peer(a.publicKey())
        .handshake()
        .consumeInitiation(local, decrypted, initiation, nowNanos);
  }

  @Test
  void anInitiationIsNotReplacedBeforeItIsErased() throws DroppedException {
    Peer peer = new Peer(b.publicKey(), new DeadlineQueue(), a.random());
    LocalIdentity local = new LocalIdentity(a.key);
    peer.handshake().createInitiation(local, 1, Instant.EPOCH, a.random());
    assertThrows(
        IllegalStateException.class,
        () -> peer.handshake().createInitiation(local, 2, Instant.EPOCH, a.random()));
    peer.handshake().erase();
    peer.handshake().createInitiation(local, 2, Instant.EPOCH, a.random());
  }

  @Test
  void aSessionKnowsWhatItIs() {
    session();
    Keypair ours =
        Objects.requireNonNull(a.device.peer(b.publicKey()).keypairs().current(), "session");
    Keypair theirs =
        Objects.requireNonNull(b.device.peer(a.publicKey()).keypairs().current(), "session");
    assertTrue(ours.isInitiator());
    assertFalse(theirs.isInitiator());
    assertEquals(ours.localIndex(), theirs.remoteIndex());
    assertEquals(ours.remoteIndex(), theirs.localIndex());
    assertEquals(1, ours.sentMessages());
    assertEquals(0, theirs.sentMessages());
    network.advanceSeconds(3);
    assertEquals(3 * SECOND, ours.ageNanos(network.now()));
  }

  @Test
  void aCookieForAnIndexThatIsGoneIsCounted() {
    session();
    byte[] reply = new byte[64];
    reply[0] = 3;
    a.receive(reply, b.endpoint);
    assertEquals(1, a.drops(DropReason.UNKNOWN_RECEIVER));
    assertEquals(List.of(), network.wire);
  }
}
