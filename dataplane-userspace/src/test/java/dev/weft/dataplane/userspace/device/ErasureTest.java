// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Keys do not outlive their use, whatever happens to a handshake. WG §6.3. */
final class ErasureTest {

  private final Network network = new Network();
  private final Node[] pair = network.pair();
  private final Node a = pair[0];
  private final Node b = pair[1];

  private HandshakeState handshake(Node node, Node peer) {
    return node.device.peer(peer.publicKey()).handshake().state();
  }

  private void assertNothingIsLeft(Node node) {
    assertInstanceOf(HandshakeState.Zeroed.class, handshake(node, node == a ? b : a));
    assertEquals(0, node.indices.size());
    assertFalse(node.device.hasDeadline());
  }

  @Test
  void anUnansweredInitiationIsErasedNineMinutesAfterItWasGivenUp() {
    network.isLost = datagram -> true;
    a.ping(b);
    network.advanceSeconds(90 + 540 - 1);
    assertInstanceOf(HandshakeState.InitiationCreated.class, handshake(a, b));
    network.advanceSeconds(10);
    assertNothingIsLeft(a);
  }

  @Test
  void anUnansweredInitiationIsErasedThoughTheDeviceWasSuspended() {
    network.isLost = datagram -> true;
    a.ping(b);
    network.advanceSeconds(1);
    a.device.suspend(network.now());
    network.advanceSeconds(541);
    assertNothingIsLeft(a);
  }

  @Test
  void anUnansweredInitiationIsErasedThoughTheEndpointWasTakenAway() {
    network.isLost = datagram -> true;
    a.ping(b);
    network.advanceSeconds(1);
    a.apply(PeerUpdate.Update.of(b.publicKey()).withEndpoint(Change.cleared()));
    network.advanceSeconds(600);
    assertNothingIsLeft(a);
  }

  @Test
  void aConfirmedSessionDoesNotKeepACrossedInitiationAlive() {
    network.isLost = datagram -> datagram.source().equals(b.endpoint) && datagram.type() == 2;
    a.ping(b);
    b.ping(a);
    network.settle();
    assertInstanceOf(HandshakeState.InitiationCreated.class, handshake(a, b));
    assertEquals(1, a.delivered.size(), "the other handshake succeeded");
    network.advanceSeconds(1000);
    assertNothingIsLeft(a);
    assertNothingIsLeft(b);
  }

  @Test
  void keysAreErasedNineMinutesAfterTheLastOnesWereMade() {
    a.ping(b);
    network.settle();
    network.advanceSeconds(130);
    a.ping(b);
    network.settle();
    network.isLost = datagram -> datagram.type() == 1;
    network.advanceSeconds(539);
    assertEquals(2, a.indices.size(), "both sessions");
    network.advanceSeconds(2);
    assertEquals(0, a.indices.size());
    assertEquals(0, b.indices.size());
  }

  @Test
  void aThirdSessionErasesTheFirst() {
    a.ping(b);
    network.settle();
    Datagram first = network.sent(a, 4).getFirst();
    for (int i = 0; i < 2; i++) {
      network.advanceSeconds(121);
      a.ping(b);
      network.settle();
    }
    assertEquals(2, a.indices.size());
    assertEquals(2, b.indices.size());
    long unknown = b.drops(DropReason.UNKNOWN_RECEIVER);
    b.receive(first.octets(), first.source());
    assertEquals(unknown + 1, b.drops(DropReason.UNKNOWN_RECEIVER));
  }

  @Test
  void aRemovedPeersPresharedKeyIsErased() {
    Peer peer = a.device.peer(b.publicKey());
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 7);
    a.apply(
        PeerUpdate.Update.of(b.publicKey())
            .withPresharedKey(Change.set(dev.weft.peer.PresharedKey.of(key))));
    assertEquals(7, peer.presharedKey()[31]);
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    assertEquals(0, peer.presharedKey()[31]);
  }
}
