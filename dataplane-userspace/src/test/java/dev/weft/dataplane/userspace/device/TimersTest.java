// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each timer of WG §6 does its work when due, and not before. */
final class TimersTest {

  private final Network network = new Network();

  @Test
  void anInitiationIsRepeatedEveryFiveSecondsWithJitterForNinety() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    network.advanceSeconds(89);
    List<Datagram> initiations = network.sent(pair[0], 1);
    boolean jitters = false;
    for (int i = 1; i < initiations.size(); i++) {
      long gap = initiations.get(i).atNanos() - initiations.get(i - 1).atNanos();
      assertTrue(gap >= 5_000_000_000L && gap <= 5_334_000_000L, "gap of " + gap);
      jitters |= gap != 5_000_000_000L;
    }
    assertTrue(jitters);
    assertTrue(initiations.size() >= 17 && initiations.size() <= 18, "" + initiations.size());
    network.advanceSeconds(600);
    assertTrue(network.sent(pair[0], 1).size() <= 19, "given up after 90 s");
    assertEquals(1, pair[0].drops(DropReason.STAGED_DISCARDED));
    assertEquals(0, pair[0].indices.size(), "the last handshake is erased in due time");
    assertFalse(pair[0].device.hasDeadline());
  }

  @Test
  void trafficStartsAGivenUpHandshakeAnew() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    network.advanceSeconds(200);
    network.isLost = datagram -> false;
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(1, pair[1].delivered.size());
  }

  @Test
  void manyPacketsCauseOneInitiationEachTimeout() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    for (int i = 0; i < 100; i++) {
      pair[0].ping(pair[1]);
      network.advance(Duration.ofMillis(100));
    }
    assertEquals(2, network.sent(pair[0], 1).size());
  }

  @Test
  void receivedDataIsAnsweredByAKeepaliveAfterTenSeconds() {
    Node[] pair = session();
    network.advanceSeconds(9.999);
    assertEquals(List.of(), network.wire);
    network.advanceSeconds(0.001);
    assertEquals(1, network.wire.size());
    assertTrue(network.wire.getFirst().isKeepalive());
    assertEquals(pair[1].endpoint, network.wire.getFirst().source());
    network.advanceSeconds(100);
    assertEquals(1, network.wire.size(), "a keepalive is not answered by another");
  }

  @Test
  void theKeepaliveCountsFromTheFirstUnansweredData() {
    Node[] pair = session();
    network.advanceSeconds(4);
    pair[1].ping(pair[0]);
    network.advanceSeconds(1);
    network.forgetWire();
    pair[0].ping(pair[1]);
    network.advanceSeconds(5);
    pair[0].ping(pair[1]);
    network.advanceSeconds(4.9);
    assertEquals(0, network.sent(pair[1], 4).size());
    network.advanceSeconds(0.2);
    assertEquals(1, network.sent(pair[1], 4).size());
  }

  @Test
  void ownDataMakesTheKeepaliveNeedless() {
    Node[] pair = session();
    network.advanceSeconds(9);
    pair[1].ping(pair[0]);
    network.settle();
    network.forgetWire();
    network.advanceSeconds(9);
    assertEquals(List.of(), network.wire);
  }

  @Test
  void dataThatStaysUnansweredForFifteenSecondsStartsAHandshake() {
    Node[] pair = session();
    network.advanceSeconds(20);
    network.isLost = datagram -> datagram.source().equals(pair[1].endpoint);
    network.forgetWire();
    pair[0].ping(pair[1]);
    long sent = network.now();
    network.advanceSeconds(14.999);
    assertEquals(0, network.sent(pair[0], 1).size());
    network.advanceSeconds(0.4);
    assertEquals(1, network.sent(pair[0], 1).size());
    long gap = network.sent(pair[0], 1).getFirst().atNanos() - sent;
    assertTrue(gap >= 15_000_000_000L && gap <= 15_334_000_000L);
  }

  @Test
  void theInitiatorRekeysWithTheFirstPacketAfterTwoMinutes() {
    Node[] pair = session();
    for (int second = 1; second < 120; second++) {
      network.advanceSeconds(1);
      pair[0].ping(pair[1]);
      pair[1].ping(pair[0]);
    }
    network.settle();
    assertEquals(0, network.sent(pair[0], 1).size());
    network.advanceSeconds(1);
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(0, network.sent(pair[1], 1).size(), "the responder does not mind the age");
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(1, network.sent(pair[0], 1).size());
    assertEquals(2, pair[0].completed.size());
    assertEquals(2, pair[1].completed.size());
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(1 + 119 + 1, pair[1].delivered.size());
    assertEquals(119 + 2, pair[0].delivered.size());
  }

  @Test
  void hoursOfTrafficLoseNothing() {
    Node[] pair = session();
    for (int i = 1; i <= 4 * 3600; i++) {
      network.advanceSeconds(0.5);
      pair[0].ping(pair[1]);
      pair[1].ping(pair[0]);
    }
    network.settle();
    assertEquals(4 * 3600 + 1, pair[1].delivered.size());
    assertEquals(4 * 3600, pair[0].delivered.size());
    assertEquals(0, network.sent(pair[1], 1).size());
    assertEquals(4 * 3600 / 2 / 120, network.sent(pair[0], 1).size(), 2);
    assertTrue(pair[0].indices.size() <= 3 && pair[1].indices.size() <= 3);
  }

  @Test
  void anInitiatorThatOnlyReceivesRekeysBeforeItIsTooLate() {
    Node[] pair = session();
    network.advanceSeconds(164.9);
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(0, network.sent(pair[0], 1).size());
    network.advanceSeconds(0.1);
    pair[1].ping(pair[0]);
    network.settle();
    assertEquals(1, network.sent(pair[0], 1).size());
    assertEquals(2, pair[0].completed.size());
    for (int i = 0; i < 10; i++) {
      network.advanceSeconds(0.9);
      pair[1].ping(pair[0]);
    }
    network.settle();
    assertEquals(1, network.sent(pair[0], 1).size());
    assertEquals(12, pair[0].delivered.size());
  }

  @Test
  void aResponderThatOnlyReceivesLeavesRekeyingToTheOther() {
    Node[] pair = session();
    network.isLost = datagram -> datagram.type() == 1;
    network.advanceSeconds(166);
    pair[0].ping(pair[1]);
    network.advanceSeconds(1);
    assertEquals(2, pair[1].delivered.size());
    assertEquals(0, network.sent(pair[1], 1).size());
  }

  @Test
  void aSessionEndsAtThreeMinutes() {
    Node[] pair = session();
    Node responder = pair[1];
    network.isLost = datagram -> datagram.type() == 1;
    network.advanceSeconds(179.9);
    responder.ping(pair[0]);
    network.settle();
    assertEquals(1, pair[0].delivered.size());
    Datagram last = network.sent(responder, 4).getLast();
    network.advanceSeconds(0.1);
    responder.ping(pair[0]);
    network.settle();
    assertEquals(1, network.sent(responder, 1).size());
    pair[0].receive(last.octets(), last.source());
    assertEquals(1, pair[0].drops(DropReason.SESSION_EXPIRED));
  }

  @Test
  void keysAreErasedAfterNineMinutes() {
    Node[] pair = session();
    network.isLost = datagram -> datagram.type() == 1;
    network.advanceSeconds(539.9);
    assertEquals(1, pair[0].indices.size());
    assertEquals(1, pair[1].indices.size());
    network.advanceSeconds(0.2);
    assertEquals(0, pair[0].indices.size());
    assertEquals(0, pair[1].indices.size());
    assertFalse(pair[0].device.hasDeadline());
  }

  @Test
  void aPersistentKeepaliveIsSentWhenNothingElseWas() {
    Node[] pair = session();
    network.advanceSeconds(11);
    network.forgetWire();
    pair[0].apply(keepalive(pair[1].publicKey(), 25));
    assertEquals(1, network.wire.size(), "the first one goes at once");
    network.advanceSeconds(24.9);
    assertEquals(1, network.wire.size());
    network.advanceSeconds(0.1);
    assertEquals(2, network.wire.size());
    assertTrue(network.wire.getLast().isKeepalive());

    network.advanceSeconds(20);
    pair[0].ping(pair[1]);
    network.settle();
    network.forgetWire();
    network.advanceSeconds(9);
    assertEquals(List.of(), network.wire, "not while active");
    network.advanceSeconds(2);
    assertEquals(1, network.wire.size(), "the other side's passive keepalive");
    network.forgetWire();
    network.advanceSeconds(23.9);
    assertEquals(List.of(), network.wire, "traffic from there counts too");
    network.advanceSeconds(0.1);
    assertEquals(1, network.wire.size());

    pair[0].apply(
        PeerUpdate.Update.of(pair[1].publicKey()).withPersistentKeepalive(Change.cleared()));
    network.forgetWire();
    network.advanceSeconds(50);
    assertEquals(List.of(), network.wire);
  }

  @Test
  void dataThatAKeepaliveAnswersStartsNoHandshake() {
    Node[] pair = session();
    for (int i = 0; i < 10; i++) {
      pair[0].ping(pair[1]);
      network.advanceSeconds(11);
    }
    assertEquals(0, network.sent(pair[0], 1).size());
    assertEquals(0, network.sent(pair[1], 1).size());
  }

  @Test
  void aKeepaliveThatStaysUnansweredStartsNoHandshake() {
    Node[] pair = session();
    network.isLost = datagram -> datagram.source().equals(pair[1].endpoint);
    network.advanceSeconds(100);
    assertEquals(1, network.sent(pair[1], 4).size());
    assertEquals(0, network.sent(pair[1], 1).size());
  }

  @Test
  void theTimeForAnAnswerCountsFromTheFirstUnansweredData() {
    Node[] pair = session();
    network.advanceSeconds(20);
    network.isLost = datagram -> datagram.source().equals(pair[1].endpoint);
    long first = network.now();
    for (int i = 0; i < 16; i++) {
      pair[0].ping(pair[1]);
      network.advanceSeconds(1);
    }
    List<Datagram> initiations = network.sent(pair[0], 1);
    assertEquals(1, initiations.size());
    long waited = initiations.getFirst().atNanos() - first;
    assertTrue(waited >= 15_000_000_000L && waited <= 15_334_000_000L, "" + waited);
  }

  @Test
  void jitterStaysWithinAThirdOfASecondAndFillsIt() {
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int seed = 10; seed < 110; seed++) {
      Network other = new Network();
      Node a = other.node(seed);
      Node b = other.node(2);
      a.add(b);
      b.add(a);
      other.isLost = datagram -> true;
      long start = other.now();
      a.ping(b);
      other.advanceSeconds(6);
      long gap = other.sent(a, 1).get(1).atNanos() - start - 5_000_000_000L;
      least = Math.min(least, gap);
      most = Math.max(most, gap);
    }
    assertTrue(least >= 0 && least < 40_000_000L, "" + least);
    assertTrue(most <= 334_000_000L && most > 290_000_000L, "" + most);
  }

  @Test
  void anAnswerEndsTheRepetition() {
    Node[] pair = session();
    network.advanceSeconds(119);
    assertEquals(0, network.sent(pair[0], 1).size());
  }

  @Test
  void anInitiationSoonAfterAResponseWaitsForTheTimeoutAndItsJitter() {
    Node[] pair = network.pair();
    network.isLost = datagram -> datagram.type() == 4;
    pair[0].ping(pair[1]);
    network.settle();
    long answered = network.now();
    network.isLost = datagram -> false;
    pair[1].ping(pair[0]);
    network.advanceSeconds(4.999);
    assertEquals(0, network.sent(pair[1], 1).size());
    network.advanceSeconds(0.4);
    assertEquals(1, network.sent(pair[1], 1).size());
    long waited = network.sent(pair[1], 1).getFirst().atNanos() - answered;
    assertTrue(waited >= 5_000_000_000L && waited <= 5_334_000_000L, "" + waited);
    assertEquals(1, pair[0].delivered.size());
  }

  @Test
  void theAgesOfASessionAreExactToTheNanosecond() {
    Node[] pair = session();
    Duration nanosecond = Duration.ofNanos(1);
    network.advance(Duration.ofMinutes(2).minus(nanosecond));
    network.isLost = datagram -> datagram.type() == 1;
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(0, network.sent(pair[0], 1).size());
    network.advance(nanosecond);
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(1, network.sent(pair[0], 1).size(), "REKEY_AFTER_TIME");
    network.advance(Duration.ofMinutes(1).minus(nanosecond));
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(4, pair[1].delivered.size());
    network.advance(nanosecond);
    pair[0].ping(pair[1]);
    network.settle();
    assertEquals(4, pair[1].delivered.size(), "REJECT_AFTER_TIME");
  }

  @Test
  void theLastMinuteHandshakeIsWantedOnce() {
    Node[] pair = session();
    network.isLost = datagram -> datagram.type() == 1;
    network.advanceSeconds(165);
    for (int i = 0; i < 14; i++) {
      pair[1].ping(pair[0]);
      network.advanceSeconds(1);
    }
    int repeated = network.sent(pair[0], 1).size();
    assertTrue(repeated >= 1 && repeated <= 3, "" + repeated);
    assertEquals(14, pair[0].delivered.size());
  }

  @Test
  void whenAHandshakeIsGivenUpNoKeepaliveIsLeft() {
    Node[] pair = session();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    network.advanceSeconds(110);
    network.forgetWire();
    network.advanceSeconds(1000);
    assertEquals(List.of(), network.sent(pair[0], 4));
    assertEquals(List.of(), network.sent(pair[0], 1));
  }

  @Test
  void settingTheSamePersistentKeepaliveAgainDoesNotPutItOff() {
    Node[] pair = session();
    network.advanceSeconds(11);
    pair[0].apply(keepalive(pair[1].publicKey(), 25));
    network.forgetWire();
    for (int i = 0; i < 10; i++) {
      network.advanceSeconds(10);
      pair[0].apply(keepalive(pair[1].publicKey(), 25));
    }
    assertEquals(4, network.sent(pair[0], 4).size());
  }

  @Test
  void aPersistentKeepaliveKeepsTheSessionForEver() {
    Node a = network.node(1);
    Node b = network.node(2);
    b.add(a);
    a.apply(b.peer(Optional.empty(), Duration.ofSeconds(25)));
    network.settle();
    assertEquals(1, a.completed.size(), "a handshake at once");
    network.advanceSeconds(3600);
    int handshakes = network.sent(a, 1).size();
    assertTrue(handshakes >= 3600 / 150 && handshakes <= 3600 / 120 + 1, "" + handshakes);
    assertEquals(0, network.sent(b, 1).size());
  }

  @Test
  void aPersistentKeepaliveTriesForEver() {
    Node a = network.node(1);
    Node b = network.node(2);
    a.apply(b.peer(Optional.empty(), Duration.ofSeconds(25)));
    network.advanceSeconds(3600);
    b.add(a);
    network.advanceSeconds(30);
    assertEquals(1, a.completed.size());
  }

  @Test
  void twoDevicesDoNotJitterInStep() {
    Node[] pair = network.pair();
    network.isLost = datagram -> true;
    pair[0].ping(pair[1]);
    pair[1].ping(pair[0]);
    network.advanceSeconds(20);
    assertNotEquals(
        network.sent(pair[0], 1).get(2).atNanos(), network.sent(pair[1], 1).get(2).atNanos());
  }

  @Test
  void anIdleDeviceHasNothingToDo() {
    Node[] pair = session();
    network.advanceSeconds(1000);
    assertFalse(pair[0].device.hasDeadline());
    assertFalse(pair[1].device.hasDeadline());
  }

  private static PeerUpdate keepalive(PublicKey peer, int seconds) {
    return PeerUpdate.Update.of(peer)
        .withPersistentKeepalive(Change.set(Duration.ofSeconds(seconds)));
  }

  /** A session that the first node initiated and sent one packet on. */
  private Node[] session() {
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    network.settle();
    network.forgetWire();
    return pair;
  }
}
