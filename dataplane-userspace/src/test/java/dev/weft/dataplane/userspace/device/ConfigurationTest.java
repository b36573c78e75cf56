// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Changes to a device under traffic. */
final class ConfigurationTest {

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

  @Test
  void aPresharedKeyTakesEffectAtTheNextHandshake() {
    session();
    PresharedKey key = PresharedKey.generate(new Network.SeededRandom(5));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withPresharedKey(Change.set(key)));
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size(), "the session lives on");
    network.advanceSeconds(121);
    a.ping(b);
    network.advanceSeconds(1);
    assertEquals(1, a.completed.size(), "the handshake does not");
    assertEquals(1, a.drops(DropReason.AUTHENTICATION_FAILED));
    b.apply(PeerUpdate.Update.of(a.publicKey()).withPresharedKey(Change.set(key)));
    network.advanceSeconds(6);
    assertEquals(2, a.completed.size());
    a.ping(b);
    network.settle();
    assertEquals(3, b.delivered.size());
    a.apply(PeerUpdate.Update.of(b.publicKey()).withPresharedKey(Change.cleared()));
    network.advanceSeconds(121);
    a.ping(b);
    network.advanceSeconds(1);
    assertEquals(2, a.completed.size(), "one side alone has it no more");
    b.apply(PeerUpdate.Update.of(a.publicKey()).withPresharedKey(Change.cleared()));
    network.advanceSeconds(6);
    assertEquals(3, a.completed.size());
  }

  @Test
  void anotherPrivateKeyIsInUseAtOnce() {
    session();
    PrivateKey key = PrivateKey.generate(new Network.SeededRandom(77));
    Node c = network.node(3);
    a.add(c);
    b.apply(
        new PeerUpdate.Create(
            key.publicKey(),
            Optional.empty(),
            Optional.empty(),
            Duration.ZERO,
            List.of(IpPrefix.parse(a.address()))));
    a.device.setPrivateKey(key, network.now(), a);
    a.useKey(key);
    assertEquals(1, network.sent(a, 1).size(), "only to the peer with a session");
    network.settle();
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
    assertEquals(1, b.status(a).receivedPackets());
    assertEquals(1, a.indices.size(), "the former session is gone");
  }

  @Test
  void theSamePrivateKeyChangesNothing() {
    session();
    a.device.setPrivateKey(a.key, network.now(), a);
    assertEquals(List.of(), network.wire);
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
  }

  @Test
  void aPeerWhoseKeyBecomesTheOwnIsRemoved() {
    session();
    a.device.setPrivateKey(b.key, network.now(), a);
    assertEquals(List.of(), a.device.peers());
    assertEquals(0, a.indices.size());
  }

  @Test
  void creatingAPeerAnewEndsItsSessions() {
    session();
    network.advanceSeconds(1);
    a.add(b);
    assertEquals(0, a.indices.size());
    assertEquals(1, a.device.peers().size());
    a.ping(b);
    network.advanceSeconds(1);
    assertEquals(1, b.delivered.size());
    assertEquals(1, network.sent(a, 1).size());
  }

  @Test
  void creatingAPeerAnewKeepsItSafeFromReplay() {
    network.isLost = datagram -> datagram.type() == 2;
    a.ping(b);
    network.settle();
    byte[] initiation = network.sent(a, 1).getFirst().octets();
    b.add(a);
    network.advanceSeconds(1);
    b.receive(initiation, a.endpoint);
    assertEquals(1, b.drops(DropReason.INITIATION_REPLAYED));
  }

  @Test
  void deletingAPeerErasesIt() {
    session();
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    a.ping(b);
    assertEquals(1, a.drops(DropReason.NO_ROUTE));
    assertEquals(0, a.indices.size());
    assertFalse(a.device.hasDeadline());
    b.ping(a);
    network.settle();
    assertEquals(0, a.delivered.size());
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withAllowedIps(Change.cleared()));
    assertEquals(List.of(), a.device.peers());
  }

  @Test
  void anEndpointIsChangedAndNothingElse() {
    session();
    Endpoint elsewhere = Endpoint.parse("198.51.100.7:7");
    b.move(elsewhere);
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.set(elsewhere)));
    assertEquals(List.of(), network.wire);
    a.ping(b);
    network.settle();
    assertEquals(1, b.delivered.size());
    assertEquals(elsewhere, network.wire.getFirst().destination());
  }

  @Test
  void aPrefixMovesToThePeerThatGotItLast() {
    Node c = network.node(3);
    a.add(c);
    IpPrefix shared = IpPrefix.parse("10.5.0.0/16");
    InetAddress inside = InetAddress.ofLiteral("10.5.1.1");
    a.apply(PeerUpdate.Update.of(b.publicKey()).withAllowedIps(Change.set(List.of(shared))));
    assertEquals(Optional.of(b.publicKey()), a.device.peerFor(inside));
    a.apply(PeerUpdate.Update.of(c.publicKey()).withAllowedIps(Change.set(List.of(shared))));
    assertEquals(Optional.of(c.publicKey()), a.device.peerFor(inside));
    a.apply(PeerUpdate.Update.of(b.publicKey()).withAllowedIps(Change.cleared()));
    assertEquals(Optional.of(c.publicKey()), a.device.peerFor(inside));
    a.apply(PeerUpdate.Update.of(c.publicKey()).withAllowedIps(Change.cleared()));
    assertEquals(Optional.empty(), a.device.peerFor(inside));
    a.apply(PeerUpdate.Update.of(c.publicKey()).withAllowedIps(Change.set(List.of(shared))));
    a.apply(new PeerUpdate.Delete(c.publicKey()));
    assertEquals(Optional.empty(), a.device.peerFor(inside));
  }

  @Test
  void peersStayInTheOrderTheyWereAdded() {
    Node c = network.node(3);
    a.add(c);
    a.add(b);
    assertEquals(
        List.of(b.publicKey(), c.publicKey()),
        a.device.peers().stream().map(PeerSnapshot::publicKey).toList());
  }

  @Test
  void aKeepaliveWaitsForAnEndpoint() {
    Node c = network.node(3);
    c.add(a);
    a.apply(
        new PeerUpdate.Create(
            c.publicKey(),
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(25),
            List.of(IpPrefix.parse(c.address()))));
    network.advanceSeconds(100);
    assertEquals(List.of(), network.wire);
    a.apply(PeerUpdate.Update.of(c.publicKey()).withEndpoint(Change.set(c.endpoint)));
    network.settle();
    assertEquals(1, c.completed.size());
  }

  @Test
  void theLastHandshakeIsReportedOnceThereIsOne() {
    assertTrue(a.status(b).lastHandshakeNanos().isEmpty());
    network.advanceSeconds(3);
    a.ping(b);
    network.settle();
    assertEquals(network.now(), a.status(b).lastHandshakeNanos().orElseThrow());
    assertEquals(network.now(), b.status(a).lastHandshakeNanos().orElseThrow());
  }

  @Test
  void aSuspendedDeviceIsSilentAndComesBackWithAHandshake() {
    session();
    a.device.suspend(network.now());
    a.ping(b);
    b.ping(a);
    network.advanceSeconds(30);
    assertEquals(0, network.sent(a, 4).size());
    assertEquals(0, network.sent(a, 1).size());
    assertTrue(a.drops(DropReason.SUSPENDED) >= 2);
    assertEquals(0, a.delivered.size());
    network.forgetWire();
    a.device.resume(network.now(), a);
    network.settle();
    assertEquals(1, network.sent(a, 1).size());
    assertEquals(2, a.completed.size());
    b.ping(a);
    network.settle();
    assertEquals(1, a.delivered.size());
  }

  @Test
  void keysOfASuspendedDeviceAreErasedInDueTime() {
    session();
    a.device.suspend(network.now());
    network.advanceSeconds(541);
    assertEquals(0, a.indices.size());
    assertFalse(a.device.hasDeadline());
  }

  @Test
  void resumingBringsPersistentKeepalivesBack() {
    a.apply(
        PeerUpdate.Update.of(b.publicKey())
            .withPersistentKeepalive(Change.set(Duration.ofSeconds(5))));
    network.settle();
    a.device.suspend(network.now());
    network.advanceSeconds(60);
    network.forgetWire();
    a.device.resume(network.now(), a);
    network.advanceSeconds(11);
    assertEquals(1, network.sent(a, 1).size());
    assertEquals(3, network.sent(a, 4).size());
  }

  @Test
  void aClosedDeviceHasNothingLeftAndDoesNothing() {
    session();
    a.device.close();
    a.device.close();
    assertEquals(0, a.indices.size());
    assertEquals(List.of(), a.device.peers());
    assertFalse(a.device.hasDeadline());
    a.ping(b);
    b.ping(a);
    network.settle();
    a.add(b);
    a.device.suspend(network.now());
    a.device.resume(network.now(), a);
    a.device.setPrivateKey(b.key, network.now(), a);
    a.device.onDeadline(network.now(), a);
    assertEquals(List.of(), a.device.peers());
    assertEquals(2, a.drops(DropReason.CLOSED));
    assertEquals(0, network.sent(a, 4).size());
  }

  @Test
  void theCallersKeyMayBeDestroyed() {
    PrivateKey key = PrivateKey.generate(new Network.SeededRandom(9));
    PresharedKey psk = PresharedKey.generate(new Network.SeededRandom(10));
    Node c = network.new Node(key, 9);
    b.apply(c.peer(Optional.of(psk), Duration.ZERO));
    c.apply(b.peer(Optional.of(psk), Duration.ZERO));
    byte[] packet = Packets.ipv4(c.address(), b.address(), 1);
    key.destroy();
    psk.destroy();
    c.send(packet);
    network.settle();
    assertEquals(1, b.delivered.size());
  }
}
