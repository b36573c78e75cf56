// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.dataplane.userspace.message.CookieReply;
import dev.weft.dataplane.userspace.message.Macs;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Macs and cookies, alone and between devices. */
final class CookieTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Endpoint SOURCE = Endpoint.parse("192.0.2.1:1000");

  private final byte[] publicKey = new byte[32];
  private final CookieKeys keys = CookieKeys.of(publicKey);
  private final CookieChecker checker = new CookieChecker(new Network.SeededRandom(1));
  private final CookieGenerator generator = new CookieGenerator(publicKey);

  private static byte[] message() {
    byte[] message = new byte[148];
    message[4] = 42;
    return message;
  }

  @Test
  void mac1CoversTheMessageUpToItself() {
    byte[] message = message();
    generator.addMacs(message, 0);
    assertTrue(keys.verifyMac1(message));
    for (int i = 0; i < 132; i++) {
      byte[] changed = message.clone();
      changed[i] ^= 1;
      assertFalse(keys.verifyMac1(changed), "octet " + i);
    }
    assertFalse(CookieKeys.of(new byte[] {1}).verifyMac1(message));
  }

  @Test
  void withoutCookieMac2IsZeroAndDoesNotVerify() {
    byte[] message = message();
    generator.addMacs(message, 0);
    assertEquals(Octets.zeros(16), mac2(message));
    assertFalse(checker.verifyMac2(message, SOURCE, 0));
  }

  @Test
  void aCookieMakesMac2VerifyForItsSourceAlone() throws DroppedException {
    receiveCookie(0);
    byte[] message = message();
    generator.addMacs(message, SECOND);
    assertTrue(checker.verifyMac2(message, SOURCE, SECOND));
    assertFalse(
        checker.verifyMac2(message, Endpoint.parse("192.0.2.2:1000"), SECOND), "other address");
    for (int port : new int[] {1001, 1000 ^ 0x100, 1000 ^ 0x8000}) {
      assertFalse(
          checker.verifyMac2(message, new Endpoint(SOURCE.address(), port), SECOND),
          "other port " + port);
    }
    message[140] ^= 1;
    assertFalse(checker.verifyMac2(message, SOURCE, SECOND));
  }

  @Test
  void aCookieIsUsedUntilItIsAlmostStale() throws DroppedException {
    receiveCookie(0);
    byte[] message = message();
    generator.addMacs(message, 115 * SECOND - 1);
    assertFalse(mac2(message).equals(Octets.zeros(16)));
    message = message();
    generator.addMacs(message, 115 * SECOND);
    assertEquals(Octets.zeros(16), mac2(message));
  }

  @Test
  void theSecretLastsTwoMinutes() throws DroppedException {
    receiveCookie(0);
    byte[] message = message();
    generator.addMacs(message, 100 * SECOND);
    assertTrue(checker.verifyMac2(message, SOURCE, 120 * SECOND - 1));
    assertFalse(checker.verifyMac2(message, SOURCE, 120 * SECOND));
  }

  @ParameterizedTest
  @ValueSource(longs = {1000 * SECOND, Long.MAX_VALUE - 60 * SECOND, -SECOND})
  void theSecretLastsTwoMinutesWhateverTheClockShows(long start) throws DroppedException {
    receiveCookie(start);
    byte[] message = message();
    generator.addMacs(message, start + 100 * SECOND);
    assertTrue(checker.verifyMac2(message, SOURCE, start + 120 * SECOND - 1));
    assertFalse(checker.verifyMac2(message, SOURCE, start + 120 * SECOND));
    byte[] later = message();
    generator.addMacs(later, start + 115 * SECOND);
    assertEquals(Octets.zeros(16), mac2(later));
  }

  @Test
  void theSecretIsErasedWithTheDevice() throws DroppedException {
    List<byte[]> drawn = new ArrayList<>();
    CookieChecker watched =
        new CookieChecker(
            new RandomSource() {
              @Override
              public void nextBytes(byte[] target) {
                Arrays.fill(target, (byte) (7 + drawn.size()));
                drawn.add(target);
              }

              @Override
              public int nextInt(int bound) {
                throw new UnsupportedOperationException();
              }
            });
    byte[] message = message();
    generator.addMacs(message, 0);
    generator.consumeReply(watched.createReply(message, keys, SOURCE, 0), 0);
    generator.addMacs(message, 0);
    assertTrue(watched.verifyMac2(message, SOURCE, 0));
    byte[] secret = drawn.stream().filter(octets -> octets.length == 32).findAny().orElseThrow();
    watched.destroy();
    assertArrayEquals(new byte[32], secret);
    assertFalse(watched.verifyMac2(message, SOURCE, 0), "the next cookie is of another secret");
  }

  @Test
  void noTwoRepliesHaveTheSameNonce() {
    byte[] message = message();
    generator.addMacs(message, 0);
    CookieReply first = reply(message);
    CookieReply second = reply(message);
    assertNotEquals(first.nonce(), second.nonce());
    assertNotEquals(Octets.zeros(24), first.nonce());
    assertNotEquals(first.encryptedCookie(), second.encryptedCookie());
  }

  @Test
  void aReplyIsAcceptedOnceAndOnlyToTheLastMessage() throws DroppedException {
    byte[] message = message();
    assertThrows(DroppedException.class, () -> generator.consumeReply(reply(message), 0));
    generator.addMacs(message, 0);
    byte[] earlier = message.clone();
    byte[] later = message();
    later[60] = 1;
    generator.addMacs(later, 0);
    assertThrows(DroppedException.class, () -> generator.consumeReply(reply(earlier), 0));
    generator.consumeReply(reply(later), 0);
    assertThrows(DroppedException.class, () -> generator.consumeReply(reply(later), 0));
  }

  @Test
  void aReplyWithAnyOctetChangedIsRefused() {
    byte[] message = message();
    generator.addMacs(message, 0);
    CookieReply reply = reply(message);
    for (int i = 0; i < 32; i++) {
      byte[] sealed = reply.encryptedCookie().toByteArray();
      sealed[i] ^= 1;
      CookieReply changed = new CookieReply(42, reply.nonce(), Octets.of(sealed));
      assertThrows(DroppedException.class, () -> generator.consumeReply(changed, 0));
    }
  }

  private void receiveCookie(long nowNanos) throws DroppedException {
    byte[] message = message();
    generator.addMacs(message, nowNanos);
    CookieReply reply = checker.createReply(message, keys, SOURCE, nowNanos);
    assertEquals(42, reply.receiver());
    generator.consumeReply(reply, nowNanos);
  }

  private CookieReply reply(byte[] message) {
    return checker.createReply(message, keys, SOURCE, 0);
  }

  private static Octets mac2(byte[] message) {
    return Octets.of(Arrays.copyOfRange(message, Macs.mac2Offset(message), message.length));
  }

  @Test
  void underLoadAHandshakeTakesACookieAndSucceeds() {
    Network network = new Network();
    Node[] pair = network.pair();
    Flood flood = new Flood(network, pair[1]);
    flood.forMillis(1000);
    assertTrue(pair[1].drops(DropReason.COOKIE_REQUIRED) > 0, "the flood gets cookies");
    network.forgetWire();

    pair[0].ping(pair[1]);
    network.settle();
    List<Datagram> replies =
        network.sent(pair[1], 3).stream()
            .filter(reply -> reply.destination().equals(pair[0].endpoint))
            .toList();
    assertEquals(1, replies.size());
    assertEquals(0, network.sent(pair[1], 2).size());
    flood.forMillis(6000);
    assertEquals(2, network.sent(pair[0], 1).size(), "the cookie waits for the next try");
    assertEquals(1, pair[1].delivered.size());
    assertEquals(0, network.sent(pair[0], 3).size());
  }

  @Test
  void withoutLoadNobodyGetsACookie() {
    Network network = new Network();
    Node[] pair = network.pair();
    for (int i = 0; i < 150; i++) {
      pair[0].ping(pair[1]);
      network.advanceSeconds(200);
    }
    assertEquals(150, pair[1].delivered.size());
    assertEquals(0, network.sent(pair[1], 3).size());
  }

  @Test
  void aCookieReplyNeverMovesTheEndpoint() {
    Network network = new Network();
    Node[] pair = network.pair();
    Flood flood = new Flood(network, pair[1]);
    flood.forMillis(1000);
    network.isLost = datagram -> datagram.type() == 3;
    network.forgetWire();
    pair[0].ping(pair[1]);
    network.settle();
    pair[0].receive(network.sent(pair[1], 3).getFirst().octets(), Endpoint.parse("203.0.113.5:5"));
    assertEquals(pair[1].endpoint, pair[0].status(pair[1]).endpoint().orElseThrow());
    assertEquals(0, pair[0].status(pair[1]).receivedOctets());
    assertEquals(0, pair[0].drops(DropReason.COOKIE_REJECTED));
  }

  @Test
  void underLoadASourceWithCookieIsLimited() {
    Network network = new Network();
    Node[] pair = network.pair();
    Flood flood = new Flood(network, pair[1]);
    flood.forMillis(1000);
    pair[0].ping(pair[1]);
    flood.forMillis(6000);
    byte[] proven = network.sent(pair[0], 1).getLast().octets();
    flood.forMillis(1000);
    for (int i = 0; i < 10; i++) {
      pair[1].receive(proven, pair[0].endpoint);
    }
    assertEquals(5, pair[1].drops(DropReason.RATE_LIMITED));
  }

  @Test
  void theLoadPasses() {
    Network network = new Network();
    Node[] pair = network.pair();
    new Flood(network, pair[1]).forMillis(1000);
    network.advanceSeconds(2);
    network.forgetWire();
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(1, pair[1].delivered.size());
  }

  /** Initiations with a good mac1 and nothing else, from ever new ports. */
  private static final class Flood {
    private final Network network;
    private final Node target;
    private final CookieGenerator generator;
    private int port = 1;

    Flood(Network network, Node target) {
      this.network = network;
      this.target = target;
      generator = new CookieGenerator(target.publicKey().octets());
    }

    void forMillis(int time) {
      for (int i = 0; i < time; i++) {
        byte[] message = new byte[148];
        message[0] = 1;
        message[8] = 9;
        generator.addMacs(message, network.now());
        target.receive(message, Endpoint.parse("198.51.100.1:" + port++));
        network.advance(Duration.ofMillis(1));
      }
    }
  }
}
