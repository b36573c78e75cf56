// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.BouncyCastleAeadProvider;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.dataplane.userspace.message.TransportDataLayout;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.TransportAead;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Workers that encrypt and decrypt by themselves, against a device that is called packet by packet.
 */
final class RunsTest {

  private final Network network = new Network();
  private final Node[] pair = network.pair();
  private final Node a = pair[0];
  private final Node b = pair[1];
  private final SendRun sending = new SendRun(1);
  private final ReceiveRun receiving = new ReceiveRun(1);

  @BeforeEach
  void connect() {
    a.ping(b);
    network.settle();
    network.forgetWire();
    b.delivered.clear();
  }

  private boolean beginSend(Node from, String destination) {
    InetAddress address = InetAddress.ofLiteral(destination);
    return from.device.beginSend(
        sending,
        address.getAddress().length == 16,
        AllowedIps.high(address),
        AllowedIps.low(address),
        network.now());
  }

  private void endSend(Node from) {
    from.device.endSend(sending, network.now(), from);
  }

  /** Seals the packets with the open run, each between other octets that must stay. */
  private List<byte[]> seal(byte[]... packets) {
    long counter = sending.reserve(packets.length);
    List<byte[]> sealed = new ArrayList<>();
    for (byte[] packet : packets) {
      byte[] around = new byte[packet.length + 64];
      Arrays.fill(around, (byte) 0x5a);
      System.arraycopy(packet, 0, around, 8, packet.length);
      byte[] before = around.clone();
      byte[] target = new byte[sending.sealedLength(packet.length)];
      assertEquals(
          target.length,
          sending.seal(
              counter++,
              MemorySegment.ofArray(around),
              8,
              packet.length,
              MemorySegment.ofArray(target),
              0));
      assertArrayEquals(before, around);
      sealed.add(target);
    }
    return sealed;
  }

  private boolean beginReceive(Node at, byte[] message, Endpoint source) {
    int receiver = TransportDataLayout.receiver(MemorySegment.ofArray(message), 0);
    return at.device.beginReceive(receiving, receiver, source, network.now());
  }

  /** The inner packet; empty for a keepalive and whatever was dropped. */
  private byte[] open(byte[] message) {
    MemorySegment target = MemorySegment.ofArray(new byte[2048]);
    int length = receiving.open(MemorySegment.ofArray(message), 0, message.length, target, 0);
    if (length <= 0) {
      return new byte[0];
    }
    PacketBuffer packet = new PacketBuffer(target, 0);
    packet.set(0, length);
    return receiving.admit(packet) ? packet.toByteArray() : new byte[0];
  }

  private byte[] packet(Node from, Node to, int payload) {
    return Packets.ipv4(from.address(), to.address(), payload);
  }

  @Test
  void whatARunSealsTheOtherSideReads() {
    assertTrue(beginSend(a, b.address()));
    byte[] odd = packet(a, b, 1);
    byte[] full = packet(a, b, 1400);
    List<byte[]> sealed = seal(odd, full);
    endSend(a);
    sealed.forEach(message -> b.receive(message, a.endpoint));
    assertEquals(2, b.delivered.size());
    assertArrayEquals(odd, b.delivered.get(0));
    assertArrayEquals(full, b.delivered.get(1));
    assertEquals(b.status(a).receivedOctets(), a.status(b).sentOctets());
    assertEquals(3, a.status(b).sentPackets());
  }

  @Test
  void paddingStaysWithinTheMtu() {
    assertTrue(beginSend(a, b.address()));
    assertEquals(16 + 32 + 16, sending.sealedLength(21));
    assertEquals(16 + 1420 + 16, sending.sealedLength(1419));
    endSend(a);
  }

  @Test
  void aRunReadsWhatTheOtherSideSeals() {
    b.ping(a, 77);
    b.send(Packets.ipv6(b.address6(), a.address6(), 1200));
    List<byte[]> messages = network.wire.stream().map(Network.Datagram::octets).toList();
    long before = a.status(b).receivedOctets();
    assertTrue(beginReceive(a, messages.get(0), b.endpoint));
    assertEquals(20 + 77, open(messages.get(0)).length);
    assertEquals(40 + 1200, open(messages.get(1)).length);
    a.device.endReceive(receiving, network.now(), a);
    assertEquals(
        before + messages.get(0).length + messages.get(1).length, a.status(b).receivedOctets());
    assertEquals(2, a.status(b).receivedPackets());
  }

  @Test
  void noCounterIsUsedTwiceAcrossRunsAndSinglePackets() {
    assertTrue(beginSend(a, b.address()));
    List<byte[]> sealed = seal(packet(a, b, 10), packet(a, b, 10));
    a.ping(b);
    network.settle();
    sealed.addAll(seal(packet(a, b, 10)));
    endSend(a);
    sealed.forEach(message -> b.receive(message, a.endpoint));
    assertEquals(0, b.drops(DropReason.REPLAYED));
    assertEquals(4, b.delivered.size());
  }

  @Test
  void aReplayedAForgedAndAForeignMessageAreCountedDrops() {
    b.ping(a);
    byte[] message = network.wire.getFirst().octets();
    byte[] forged = message.clone();
    forged[forged.length - 1] ^= 1;
    assertTrue(beginReceive(a, message, b.endpoint));
    assertEquals(0, open(forged).length);
    assertEquals(120, open(message).length);
    assertEquals(0, open(message).length);
    a.device.endReceive(receiving, network.now(), a);
    assertEquals(1, a.drops(DropReason.AUTHENTICATION_FAILED));
    assertEquals(1, a.drops(DropReason.REPLAYED));
    byte[] foreign = message.clone();
    foreign[TransportDataLayout.RECEIVER] ^= 1;
    assertFalse(beginReceive(a, foreign, b.endpoint));
    assertEquals(1, a.drops(DropReason.UNKNOWN_RECEIVER));
  }

  @Test
  void aSourceThatIsNotThePeersIsACountedDrop() {
    assertTrue(beginSend(a, b.address()));
    byte[] message = seal(Packets.ipv4("10.9.9.9", b.address(), 10)).getFirst();
    endSend(a);
    assertTrue(beginReceive(b, message, a.endpoint));
    assertEquals(0, open(message).length);
    b.device.endReceive(receiving, network.now(), b);
    assertEquals(1, b.drops(DropReason.SOURCE_NOT_ALLOWED));
  }

  @Test
  void onlyAnAuthenticMessageMovesTheEndpoint() {
    Endpoint elsewhere = Endpoint.parse("198.51.100.7:9");
    b.ping(a);
    byte[] message = network.wire.getFirst().octets();
    byte[] forged = message.clone();
    forged[40] ^= 1;
    assertTrue(beginReceive(a, forged, elsewhere));
    assertEquals(0, open(forged).length);
    a.device.endReceive(receiving, network.now(), a);
    assertEquals(b.endpoint, a.status(b).endpoint().orElseThrow());
    assertTrue(beginReceive(a, message, elsewhere));
    open(message);
    assertTrue(receiving.isAuthentic());
    a.device.endReceive(receiving, network.now(), a);
    assertEquals(elsewhere, a.status(b).endpoint().orElseThrow());
    assertEquals(List.of(elsewhere), a.moves.subList(a.moves.size() - 1, a.moves.size()));
  }

  @Test
  void aRunForOneDestinationServesTheOthersOfItsPeerOnly() {
    Node c = network.node(3);
    a.add(c);
    assertTrue(beginSend(a, b.address()));
    InetAddress ipv6 = InetAddress.ofLiteral(b.address6());
    assertTrue(sending.leadsTo(true, AllowedIps.high(ipv6), AllowedIps.low(ipv6)));
    InetAddress other = InetAddress.ofLiteral(c.address());
    assertFalse(sending.leadsTo(false, AllowedIps.high(other), 0));
    endSend(a);
    assertFalse(sending.leadsTo(true, AllowedIps.high(ipv6), AllowedIps.low(ipv6)));
  }

  @Test
  void withoutSessionPeerOrEndpointThereIsNoRun() {
    Node c = network.node(3);
    a.add(c);
    assertFalse(beginSend(a, c.address()));
    assertFalse(beginSend(a, "203.0.113.1"));
    a.device.suspend(network.now());
    assertFalse(beginSend(a, b.address()));
    a.device.close();
    assertFalse(beginSend(a, b.address()));
  }

  @Test
  void theFirstDataOfAnInitiatorConfirmsTheSessionAlsoInARun() {
    Network fresh = new Network();
    Node[] nodes = fresh.pair();
    nodes[0].ping(nodes[1]);
    // Initiation and response; the initiator's first data message is held back.
    fresh.isLost = datagram -> datagram.type() == 4;
    fresh.settle();
    byte[] first = fresh.sent(nodes[0], 4).getFirst().octets();
    assertEquals(0, nodes[1].completed.size());
    int receiver = TransportDataLayout.receiver(MemorySegment.ofArray(first), 0);
    assertTrue(nodes[1].device.beginReceive(receiving, receiver, nodes[0].endpoint, fresh.now()));
    assertEquals(120, open(first).length);
    nodes[1].device.endReceive(receiving, fresh.now(), nodes[1]);
    assertEquals(List.of(nodes[0].publicKey()), nodes[1].completed);
  }

  @Test
  void aRunSetsTheTimersThatSinglePacketsSet() {
    network.advanceSeconds(20);
    assertTrue(beginSend(a, b.address()));
    seal(packet(a, b, 10));
    endSend(a);
    network.forgetWire();
    // Nothing comes back, so a new handshake is tried. WG §6.5.
    network.advanceSeconds(17);
    assertTrue(network.sent(a, 1).size() >= 1);
  }

  @Test
  void aSessionThatEndsInUseKeepsItsKeysUntilTheRunEnds() {
    Watching watching = new Watching();
    a.aead = watching;
    assertTrue(beginSend(a, b.address()));
    assertEquals(2, watching.open);
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    assertEquals(2, watching.open);
    byte[] message = seal(packet(a, b, 10)).getFirst();
    b.receive(message, a.endpoint);
    assertEquals(1, b.delivered.size());
    endSend(a);
    assertEquals(0, watching.open);
    assertFalse(a.device.hasDeadline(), "a peer that is gone has no timers");
  }

  @Test
  void aRunUnderWaySurvivesTheEndOfTheDevice() {
    assertTrue(beginSend(a, b.address()));
    a.device.close();
    seal(packet(a, b, 10));
    endSend(a);
    assertThrows(NullPointerException.class, () -> sending.reserve(1));
  }

  @Test
  void anotherCipherIsUsedFromTheNextRunOn() {
    Watching watching = new Watching();
    assertTrue(beginSend(a, b.address()));
    seal(packet(a, b, 10));
    endSend(a);
    a.aead = watching;
    assertTrue(beginSend(a, b.address()));
    byte[] message = seal(packet(a, b, 10)).getFirst();
    endSend(a);
    assertEquals(2, watching.open);
    b.receive(message, a.endpoint);
    assertEquals(1, b.delivered.size());
    a.ping(b);
    network.settle();
    assertEquals(2, b.delivered.size());
    assertEquals(4, watching.open, "the owner's lane changed too");
  }

  @Test
  void withoutPrivateKeyThereAreNoHandshakesUntilThereIsOneAgain() {
    a.device.clearPrivateKey();
    assertTrue(a.device.privateKey().isEmpty());
    assertFalse(beginSend(a, b.address()));
    a.ping(b);
    b.device.setPrivateKey(PrivateKey.generate(b.random()), network.now(), b);
    network.settle();
    assertEquals(0, network.sent(a, 1).size());
    assertEquals(0, network.sent(a, 2).size());
    a.device.setPrivateKey(a.key, network.now(), a);
    assertEquals(a.key.publicKey(), a.device.privateKey().orElseThrow().publicKey());
  }

  @Test
  void aSetupNamesThePrefixesThatStillLeadToThePeer() {
    Node c = network.node(3);
    a.apply(
        new PeerUpdate.Create(
            c.publicKey(),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(25),
            List.of(IpPrefix.parse(b.address()), IpPrefix.parse("10.7.0.0/16"))));
    assertEquals(
        List.of(IpPrefix.parse(b.address6())),
        a.device.setup(b.publicKey()).orElseThrow().allowedIps());
    PeerSetup other = a.device.setup(c.publicKey()).orElseThrow();
    assertEquals(2, other.allowedIps().size());
    assertEquals(Duration.ofSeconds(25), other.persistentKeepalive());
    assertTrue(other.lastHandshake().isEmpty());
    assertTrue(a.device.setup(b.publicKey()).orElseThrow().lastHandshake().isPresent());
    assertEquals(2, a.device.setups().size());
  }

  /** Counts ciphers that are not closed. */
  private static final class Watching implements AeadProvider {
    private final AeadProvider provider = new BouncyCastleAeadProvider();
    private int open;

    @Override
    public String name() {
      return "watching";
    }

    @Override
    public int priority() {
      return 1;
    }

    @Override
    public Availability probe() {
      return provider.probe();
    }

    @Override
    public TransportAead create(byte[] key) {
      TransportAead cipher = provider.create(key);
      open++;
      return new TransportAead() {
        private boolean closed;

        @Override
        public void seal(
            long counter,
            MemorySegment source,
            long sourceOffset,
            int length,
            MemorySegment target,
            long targetOffset) {
          cipher.seal(counter, source, sourceOffset, length, target, targetOffset);
        }

        @Override
        public boolean open(
            long counter,
            MemorySegment source,
            long sourceOffset,
            int length,
            MemorySegment target,
            long targetOffset) {
          return cipher.open(counter, source, sourceOffset, length, target, targetOffset);
        }

        @Override
        public void close() {
          if (!closed) {
            closed = true;
            open--;
            cipher.close();
          }
        }
      };
    }
  }
}
