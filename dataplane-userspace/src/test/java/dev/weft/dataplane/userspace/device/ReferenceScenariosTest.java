// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.XChaCha20Poly1305;
import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.dataplane.userspace.message.CookieReply;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.dataplane.userspace.message.HandshakeResponse;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tests of other implementations watch, on two or three devices of ours. */
final class ReferenceScenariosTest {

  private final Network network = new Network();
  private final Node[] pair = network.pair();
  private final Node a = pair[0];
  private final Node b = pair[1];

  private static int sender(Datagram message) {
    return ByteBuffer.wrap(message.octets()).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
  }

  private static byte[] withMacs(byte[] message, Node receiver, long nowNanos) {
    new CookieGenerator(receiver.publicKey().octets()).addMacs(message, nowNanos);
    return message;
  }

  @Test
  void tenPingsCountToTheOctet() {
    // An echo of 64 octets is a packet of 84, padded to 96, on the wire 128 octets.
    for (int i = 0; i < 10; i++) {
      a.ping(b, 64);
      network.settle();
      b.ping(a, 64);
      network.settle();
    }
    assertEquals(1428, a.status(b).sentOctets(), "148 + 10 * 128");
    assertEquals(1372, a.status(b).receivedOctets(), "92 + 10 * 128");
    assertEquals(1372, b.status(a).sentOctets());
    assertEquals(1428, b.status(a).receivedOctets());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aTruncatedHandshakeMessageIsDroppedAndTheNextTrySucceeds(int type) {
    network.isLost = datagram -> datagram.type() == type;
    a.ping(b);
    network.settle();
    Node receiver = type == 1 ? b : a;
    Datagram whole = network.wire.getLast();
    assertEquals(type, whole.type());
    for (int length = 0; length < whole.content().length(); length++) {
      receiver.receive(Arrays.copyOf(whole.octets(), length), whole.source());
    }
    receiver.receive(Arrays.copyOf(whole.octets(), whole.content().length() + 1), whole.source());
    assertEquals(whole.content().length() + 1, receiver.drops(DropReason.MALFORMED));
    network.isLost = datagram -> false;
    network.advanceSeconds(6);
    assertEquals(1, b.delivered.size());
  }

  @Test
  void aResponseOfAnotherResponderIsRefusedAndTheTrueOneAccepted() {
    Node c = network.node(3);
    a.add(c);
    c.add(a);
    network.isLost = datagram -> datagram.type() == 2;
    a.ping(b);
    a.ping(c);
    network.settle();
    byte[] forged = network.sent(c, 2).getFirst().octets();
    ByteBuffer.wrap(forged)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(8, sender(network.sent(a, 1).getFirst()));
    a.receive(withMacs(forged, a, network.now()), c.endpoint);
    assertEquals(1, a.drops(DropReason.AUTHENTICATION_FAILED));
    assertEquals(List.of(), a.completed);
    assertEquals(b.endpoint, a.status(b).endpoint().orElseThrow());
    Datagram response = network.sent(b, 2).getFirst();
    a.receive(response.octets(), response.source());
    network.settle();
    assertEquals(1, b.delivered.size());
  }

  @Test
  void aResponseToAnInitiationThatWasReplacedIsAnOrphan() {
    network.isLost = datagram -> datagram.type() == 2;
    a.ping(b);
    network.advanceSeconds(6);
    assertEquals(2, network.sent(a, 1).size());
    Datagram orphan = network.sent(b, 2).getFirst();
    a.receive(orphan.octets(), orphan.source());
    assertEquals(1, a.drops(DropReason.UNKNOWN_RECEIVER));
    Datagram response = network.sent(b, 2).getLast();
    a.receive(response.octets(), response.source());
    network.settle();
    assertEquals(1, b.delivered.size());
  }

  @Test
  void aForgedCookieDoesNotStopHandshakes() {
    network.isLost = datagram -> datagram.type() == 1;
    a.ping(b);
    network.settle();
    byte[] seen = network.sent(a, 1).getFirst().octets();
    byte[] sealed =
        XChaCha20Poly1305.seal(
            CookieKeys.of(b.publicKey().octets()).cookie(),
            new byte[24],
            Arrays.copyOfRange(seen, 116, 132),
            new byte[16]);
    CookieReply forged =
        new CookieReply(sender(network.sent(a, 1).getFirst()), Octets.zeros(24), Octets.of(sealed));
    a.receive(forged.toByteArray(), Endpoint.parse("203.0.113.66:66"));
    assertEquals(0, a.drops(DropReason.COOKIE_REJECTED), "whoever sees mac1 can do that");
    assertEquals(b.endpoint, a.status(b).endpoint().orElseThrow());
    network.isLost = datagram -> false;
    network.advanceSeconds(6);
    assertEquals(1, b.delivered.size(), "without load nobody looks at mac2");
  }

  @Test
  void aCookieReplyIsShorterThanWhatItAnswers() {
    assertTrue(CookieReply.LENGTH < HandshakeResponse.LENGTH);
    assertTrue(CookieReply.LENGTH < HandshakeInitiation.LENGTH);
  }

  @Test
  void aFloodOfHandshakesKeepsNothing() {
    Node stranger = network.node(4);
    stranger.add(b);
    network.isLost = datagram -> true;
    stranger.ping(b);
    byte[] authentic = network.wire.getLast().octets();
    network.forgetWire();
    int total = 5000;
    for (int i = 0; i < total; i++) {
      byte[] message = authentic.clone();
      // Some are of a key that is no peer, the others are junk behind a valid mac1.
      message[40] ^= (byte) (i % 2);
      b.receive(
          withMacs(message, b, network.now()),
          Endpoint.parse("[2001:db8:0:" + Integer.toHexString(i) + "::1]:" + (1 + i)));
      network.advance(Network.MILLISECOND);
    }
    assertEquals(0, b.indices.size());
    assertFalse(b.device.hasDeadline());
    assertEquals(1, b.device.peers().size());
    assertEquals(a.endpoint, b.status(a).endpoint().orElseThrow());
    assertEquals(
        total,
        b.drops(DropReason.UNKNOWN_PEER)
            + b.drops(DropReason.AUTHENTICATION_FAILED)
            + b.drops(DropReason.COOKIE_REQUIRED));
    assertEquals(b.drops(DropReason.COOKIE_REQUIRED), network.sent(b, 3).size());
    assertEquals(network.wire.size(), network.sent(b, 3).size(), "nothing else is answered");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMappingOfTwoSecondsIsKeptOpenByAKeepaliveOfOne(boolean isKeptOpen) {
    network.isLost =
        datagram ->
            datagram.source().equals(b.endpoint)
                && network.wire.stream()
                    .filter(sent -> sent.source().equals(a.endpoint))
                    .noneMatch(sent -> network.now() - sent.atNanos() < 2_000_000_000L);
    a.ping(b);
    network.settle();
    if (isKeptOpen) {
      a.apply(
          PeerUpdate.Update.of(b.publicKey())
              .withPersistentKeepalive(Change.set(Duration.ofSeconds(1))));
    }
    network.advanceSeconds(7.5);
    b.ping(a);
    network.settle();
    assertEquals(isKeptOpen ? 1 : 0, a.delivered.size());
  }

  @Test
  void aThousandSettingsUnderTrafficLoseNothing() {
    for (int i = 0; i < 1000; i++) {
      a.apply(
          PeerUpdate.Update.of(b.publicKey())
              .withPersistentKeepalive(Change.set(Duration.ofSeconds(i % 7)))
              .withEndpoint(Change.set(b.endpoint))
              .withAllowedIps(Change.set(a.device.peer(b.publicKey()).allowedIps())));
      a.ping(b);
      b.ping(a);
      network.advance(Duration.ofMillis(330));
    }
    assertEquals(1000, a.delivered.size());
    assertEquals(1000, b.delivered.size());
  }

  @Test
  void fiveHundredSuspensionsLeaveAWorkingTunnel() {
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 50; i++) {
        a.ping(b);
        a.device.suspend(network.now());
        network.advance(Duration.ofMillis(i));
        a.device.resume(network.now(), a);
        network.advance(Duration.ofMillis(i % 3));
      }
      network.advanceSeconds(6);
      int before = b.delivered.size();
      a.ping(b);
      network.settle();
      assertEquals(before + 1, b.delivered.size(), "round " + round);
      assertTrue(a.indices.size() <= 4 && b.indices.size() <= 4);
    }
  }

  @Test
  void removingAllPeersAndAddingThemAgainWorks() {
    a.ping(b);
    network.settle();
    network.advanceSeconds(1);
    a.apply(new PeerUpdate.Delete(b.publicKey()));
    b.apply(new PeerUpdate.Delete(a.publicKey()));
    assertEquals(0, a.indices.size() + b.indices.size());
    a.add(b);
    b.add(a);
    a.ping(b);
    network.settle();
    assertEquals(2, b.delivered.size());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneWayTrafficIsNeverDeaf(boolean isInitiatorSending) {
    a.ping(b);
    network.settle();
    Node from = isInitiatorSending ? a : b;
    Node to = isInitiatorSending ? b : a;
    int before = to.delivered.size();
    for (int second = 0; second < 1200; second++) {
      from.ping(to);
      network.advanceSeconds(1);
    }
    assertEquals(before + 1200, to.delivered.size());
    assertTrue(network.sent(a, 1).size() <= 12);
    assertEquals(0, network.sent(b, 1).size(), "the responder never rekeys");
  }

  @Test
  void aPacketIsAnsweredAfterEachPauseUpToTenMinutes() {
    for (int seconds = 1; seconds <= 600; seconds += 7) {
      a.ping(b);
      network.advance(Network.MILLISECOND);
      b.ping(a);
      network.advanceSeconds(seconds);
    }
    assertEquals(86, a.delivered.size());
    assertEquals(86, b.delivered.size());
  }

  @Test
  void noMessageAtTheRejectLimitIsAccepted() {
    a.ping(b);
    network.settle();
    Keypair session =
        Objects.requireNonNull(a.device.peer(b.publicKey()).keypairs().current(), "session");
    long limit = ProtocolConstants.REJECT_AFTER_MESSAGES;
    for (long counter : new long[] {limit, limit + 1, -1, limit - 1}) {
      byte[] inner = Packets.ipv4(a.address(), b.address(), 12);
      PacketBuffer packet = PacketBuffer.allocate(16, inner.length + 16);
      packet.copyFrom(inner, 0, inner.length);
      session.seal(packet, counter);
      b.receive(packet.toByteArray(), a.endpoint);
    }
    assertEquals(3, b.drops(DropReason.SESSION_EXPIRED));
    assertEquals(2, b.delivered.size(), "the last counter below the limit");
  }

  @Test
  void paddingKeepsWithinTheMtuAndIsElseAMultipleOfSixteen() {
    for (int mtu : new int[] {68, 1280, 1299, 1300, 1420, 34_816 - 80}) {
      IntStream.rangeClosed(1, mtu)
          .forEach(
              length -> {
                int padded = length + TransportPath.paddingOf(length, mtu);
                assertTrue(padded <= mtu && (padded % 16 == 0 || padded == mtu));
              });
    }
  }
}
