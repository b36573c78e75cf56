// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.PortDetectorEffect.ExternalEndpointChanged;
import dev.weft.pex.stun.PortDetectorEffect.Resolve;
import dev.weft.pex.stun.PortDetectorEffect.SendFromWireGuardPort;
import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The schedule of PEX §10, in simulated time. */
final class PortDetectorTest {

  private static final EndpointName ONE = new EndpointName("one.example.org", 3478);
  private static final EndpointName TWO = new EndpointName("two.example.org", 3479);
  private static final EndpointName THREE = new EndpointName("three.example.org", 3480);
  private static final Endpoint ONE_V4 = Endpoint.parse("192.0.2.1:3478");
  private static final Endpoint ONE_V6 = Endpoint.parse("[2001:db8::1]:3478");
  private static final Endpoint TWO_V4 = Endpoint.parse("192.0.2.2:3479");
  private static final Endpoint THREE_V4 = Endpoint.parse("192.0.2.3:3480");
  private static final Endpoint OURS = Endpoint.parse("203.0.113.9:4001");
  private static final Endpoint OURS_ELSEWHERE = Endpoint.parse("203.0.113.9:4002");
  private static final Endpoint OURS_V6 = Endpoint.parse("[2001:db8:9::9]:51820");
  private static final int PORT = 51820;

  /** Any start: nothing may take zero for "never", and the clock may wrap. */
  private static final long START = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(30);

  /** What was sent, and when after the start. */
  private record Sent(long millis, Endpoint server) {}

  private final PortDetector detector = new PortDetector(new FixedRandom());
  private final Map<EndpointName, List<InetAddress>> names =
      new HashMap<>(
          Map.of(
              ONE, List.of(ONE_V4.address()),
              TWO, List.of(TWO_V4.address()),
              THREE, List.of(THREE_V4.address())));

  /** What servers answer, where they do. */
  private final Map<Endpoint, Endpoint> answers = new HashMap<>();

  private final List<Sent> sent = new ArrayList<>();
  private final List<SendFromWireGuardPort> datagrams = new ArrayList<>();
  private final List<ExternalEndpoint> changes = new ArrayList<>();
  private final List<EndpointName> resolved = new ArrayList<>();
  private long nowNanos = START;

  private void load(List<EndpointName> servers, int port, boolean connected) {
    carryOut(detector.load(servers, port, connected, nowNanos));
  }

  private void carryOut(List<PortDetectorEffect> effects) {
    for (PortDetectorEffect effect : effects) {
      switch (effect) {
        case Resolve(EndpointName server) -> {
          resolved.add(server);
          List<InetAddress> addresses = names.getOrDefault(server, List.of());
          carryOut(detector.onResolved(server, addresses, nowNanos));
        }
        case SendFromWireGuardPort send -> {
          sent.add(new Sent(millis(), send.server()));
          datagrams.add(send);
          Endpoint answer = answers.get(send.server());
          if (answer != null) {
            receive(success(send, answer), send.server());
          }
        }
        case ExternalEndpointChanged(ExternalEndpoint external) -> changes.add(external);
      }
    }
  }

  private void receive(ByteBuffer datagram, Endpoint source) {
    assertTrue(PortDetector.claims(datagram));
    carryOut(detector.onDatagram(datagram, source, nowNanos));
  }

  private static TransactionId transaction(SendFromWireGuardPort send) {
    try {
      return StunMessage.decode(send.datagram()).transaction();
    } catch (MalformedStunException e) {
      throw new AssertionError(e);
    }
  }

  private static ByteBuffer success(SendFromWireGuardPort send, Endpoint seen) {
    return new BindingSuccess(transaction(send), Optional.of(seen), Optional.empty(), false)
        .encode();
  }

  private long millis() {
    return TimeUnit.NANOSECONDS.toMillis(nowNanos - START);
  }

  /** Meets each deadline at its time, until the end. */
  private void runUntil(Duration sinceStart) {
    long end = START + sinceStart.toNanos();
    OptionalLong next = detector.nextDeadlineNanos();
    while (next.isPresent() && next.getAsLong() - end <= 0) {
      nowNanos = next.getAsLong();
      carryOut(detector.onDeadline(nowNanos));
      next = detector.nextDeadlineNanos();
    }
    nowNanos = end;
  }

  @Test
  void withoutServersNothingIsDone() {
    load(List.of(), PORT, false);
    assertEquals(OptionalLong.empty(), detector.nextDeadlineNanos());
    assertEquals(List.of(), detector.onDeadline(nowNanos + 1));
    assertEquals(OptionalInt.empty(), detector.externalPortTowards(ONE_V4));
    carryOut(detector.onNetworkChanged(nowNanos));
    assertEquals(List.of(), resolved);
  }

  @Test
  void silentServersAreAskedInThreeRoundsAndAgainAfterFifteenMinutes() {
    load(List.of(ONE, TWO, THREE), PORT, false);
    runUntil(Duration.ofMinutes(15));
    assertEquals(
        List.of(
            new Sent(0, ONE_V4),
            new Sent(50, TWO_V4),
            new Sent(100, THREE_V4),
            new Sent(1100, ONE_V4),
            new Sent(1150, TWO_V4),
            new Sent(1200, THREE_V4),
            new Sent(2200, ONE_V4),
            new Sent(2250, TWO_V4),
            new Sent(2300, THREE_V4)),
        sent);
    sent.clear();
    runUntil(Duration.ofMinutes(16));
    assertEquals(9, sent.size());
    assertEquals(new Sent(3300 + 15 * 60_000, ONE_V4), sent.getFirst());
    assertEquals(List.of(ONE, TWO, THREE, ONE, TWO, THREE), resolved);
    assertFalse(detector.isPortKnown());
  }

  @Test
  void aPeerThatMayKnowThePortIsWaitedForOneMinute() {
    load(List.of(ONE), PORT, true);
    runUntil(Duration.ofMillis(59_999));
    assertEquals(List.of(), resolved);
    runUntil(Duration.ofSeconds(60));
    assertEquals(List.of(new Sent(60_000, ONE_V4)), sent);
  }

  @Test
  void whatThePeerSaysDoesNotMakeTheQuerySuperfluous() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE), PORT, true);
    runUntil(Duration.ofSeconds(10));
    detector.onPortFromPeer(PORT);
    assertEquals(OptionalInt.of(PORT), detector.externalPortTowards(ONE_V4));
    assertTrue(detector.isPortKnown());
    runUntil(Duration.ofSeconds(60));
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(ONE_V4));
    // The peer may tell the configured port; what was seen from outside is better.
    detector.onPortFromPeer(PORT);
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(ONE_V4));
  }

  @Test
  void aKnownPortIsNotWaitedFor() {
    detector.load(List.of(), PORT, true, nowNanos);
    detector.onPortFromPeer(4001);
    load(List.of(ONE), PORT, true);
    assertEquals(List.of(new Sent(0, ONE_V4)), sent);
  }

  @Test
  void portsThatAreNoneAreNotTaken() {
    load(List.of(ONE), PORT, true);
    detector.onPortFromPeer(0);
    detector.onPortFromPeer(65536);
    assertFalse(detector.isPortKnown());
  }

  @Test
  void anAnswerEndsTheRoundsButForOneOtherServer() {
    answers.put(ONE_V4, OURS);
    answers.put(TWO_V4, OURS);
    load(List.of(ONE, TWO, THREE), PORT, false);
    runUntil(Duration.ofMinutes(10));
    assertEquals(List.of(new Sent(0, ONE_V4), new Sent(50, TWO_V4)), sent);
    assertEquals(
        List.of(
            new ExternalEndpoint(OURS, NatMapping.UNKNOWN),
            new ExternalEndpoint(OURS, NatMapping.ENDPOINT_INDEPENDENT)),
        changes);
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(TWO_V4));
  }

  @Test
  void theOnlyServersAnswerIsEnough() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE), PORT, false);
    assertEquals(List.of(new ExternalEndpoint(OURS, NatMapping.UNKNOWN)), changes);
    assertEquals(OptionalLong.of(nowNanos + PortDetector.IDLE_NANOS), detector.nextDeadlineNanos());
  }

  @Test
  void aSecondServerThatIsSilentCostsOneRequest() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMinutes(10));
    assertEquals(List.of(new Sent(0, ONE_V4), new Sent(50, TWO_V4)), sent);
    assertEquals(List.of(new ExternalEndpoint(OURS, NatMapping.UNKNOWN)), changes);
  }

  @Test
  void serversThatSeeDifferentPortsShowASymmetricNat() {
    answers.put(ONE_V4, OURS);
    answers.put(TWO_V4, OURS_ELSEWHERE);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofSeconds(1));
    assertEquals(
        List.of(new ExternalEndpoint(OURS, NatMapping.ENDPOINT_DEPENDENT)),
        detector.externalEndpoints());
  }

  @Test
  void twoPortsOfOneAddressTellNothingOfTheNat() {
    names.put(TWO, List.of(ONE_V4.address()));
    answers.put(ONE_V4, OURS);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMinutes(1));
    assertEquals(1, sent.size());
    assertEquals(List.of(new ExternalEndpoint(OURS, NatMapping.UNKNOWN)), changes);
  }

  @Test
  void aFailedServerIsFollowedByTheNextAndALateAnswerCounts() {
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMillis(1500));
    assertEquals(4, datagrams.size());
    receive(success(datagrams.get(1), OURS), TWO_V4); // of the first round
    assertEquals(List.of(new ExternalEndpoint(OURS, NatMapping.UNKNOWN)), changes);
    runUntil(Duration.ofMinutes(10));
    assertEquals(4, datagrams.size());
  }

  @Test
  void bothFamiliesAreAskedAndKeptApart() {
    names.put(ONE, List.of(ONE_V6.address(), ONE_V4.address(), InetAddress.ofLiteral("::2")));
    answers.put(ONE_V4, OURS);
    answers.put(ONE_V6, OURS_V6);
    load(List.of(ONE), PORT, false);
    runUntil(Duration.ofSeconds(1));
    assertEquals(List.of(new Sent(0, ONE_V4), new Sent(50, ONE_V6)), sent);
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(TWO_V4));
    assertEquals(OptionalInt.of(51820), detector.externalPortTowards(ONE_V6));
    assertEquals(2, detector.externalEndpoints().size());
  }

  @Test
  void aFamilyThatIsSilentHasItsRoundsAlone() {
    names.put(ONE, List.of(ONE_V4.address(), ONE_V6.address()));
    answers.put(ONE_V4, OURS);
    load(List.of(ONE), PORT, false);
    runUntil(Duration.ofMinutes(10));
    assertEquals(
        List.of(
            new Sent(0, ONE_V4),
            new Sent(50, ONE_V6),
            new Sent(1050, ONE_V6),
            new Sent(2050, ONE_V6)),
        sent);
  }

  @Test
  void aReloadKeepsWhatIsKnownAndAsksNobody() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMinutes(1));
    sent.clear();
    load(List.of(TWO, ONE, ONE), PORT, true);
    runUntil(Duration.ofMinutes(10));
    assertEquals(List.of(), sent);
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(ONE_V4));
  }

  @Test
  void otherServersOrAnotherPortMakeItAskAgain() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE), PORT, false);
    assertTrue(detector.isPortKnown());
    load(List.of(ONE, TWO), PORT, true);
    assertFalse(detector.isPortKnown());
    runUntil(Duration.ofSeconds(59));
    assertEquals(1, sent.size());
    runUntil(Duration.ofSeconds(60));
    assertTrue(detector.isPortKnown());

    detector.onPortFromPeer(7);
    load(List.of(ONE, TWO), PORT + 1, true);
    assertFalse(detector.isPortKnown());
  }

  @Test
  void whatAPeerToldOutlivesTheServers() {
    load(List.of(ONE), PORT, true);
    detector.onPortFromPeer(4001);
    load(List.of(), PORT, true);
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(ONE_V6));
    assertEquals(OptionalLong.empty(), detector.nextDeadlineNanos());
  }

  @Test
  void aReloadDuringARoundDoesNotStartAnother() {
    load(List.of(ONE, TWO), PORT, false);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMillis(500));
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMinutes(10));
    assertEquals(6, sent.size());
    load(List.of(ONE, TWO), PORT, false); // nothing is known: it is tried again
    runUntil(Duration.ofMinutes(11));
    assertEquals(12, sent.size());
  }

  @Test
  void anotherNetworkMeansAnotherPort() {
    answers.put(ONE_V4, OURS);
    load(List.of(ONE), PORT, false);
    answers.put(ONE_V4, OURS_ELSEWHERE);
    runUntil(Duration.ofSeconds(5));
    carryOut(detector.onNetworkChanged(nowNanos));
    assertEquals(List.of(new Sent(0, ONE_V4), new Sent(5000, ONE_V4)), sent);
    assertEquals(OptionalInt.of(4002), detector.externalPortTowards(ONE_V4));
  }

  @Test
  void aRefreshWithTheSameResultIsNoChangeAndWithoutOneForgetsNothing() {
    answers.put(ONE_V4, OURS);
    answers.put(TWO_V4, OURS);
    load(List.of(ONE, TWO), PORT, false);
    runUntil(Duration.ofMinutes(20));
    assertEquals(4, sent.size());
    assertEquals(2, changes.size());
    answers.clear();
    runUntil(Duration.ofMinutes(40));
    assertEquals(10, sent.size());
    assertEquals(OptionalInt.of(4001), detector.externalPortTowards(ONE_V4));
    answers.put(ONE_V4, OURS_ELSEWHERE);
    runUntil(Duration.ofMinutes(50));
    assertEquals(OptionalInt.of(4002), detector.externalPortTowards(ONE_V4));
    assertEquals(3, changes.size());
  }

  @Test
  void onlyTheServerThatWasAskedCanAnswer() {
    load(List.of(ONE, TWO), PORT, false);
    SendFromWireGuardPort send = datagrams.getFirst();
    receive(success(send, OURS), TWO_V4);
    receive(success(send, OURS), new Endpoint(ONE_V4.address(), 3479));
    ByteBuffer guessed =
        new BindingSuccess(new TransactionId(1, 2), Optional.of(OURS), Optional.empty(), false)
            .encode();
    receive(guessed, ONE_V4);
    assertFalse(detector.isPortKnown());
    assertEquals(3, detector.ignoredDatagrams());
    receive(success(send, OURS), ONE_V4);
    assertTrue(detector.isPortKnown());
  }

  @Test
  void answersWithoutAUsableAddressAreNone() {
    load(List.of(ONE), PORT, false);
    TransactionId id = transaction(datagrams.getFirst());
    receive(new BindingError(id, 500, List.of(), false).encode(), ONE_V4);
    assertFalse(detector.isPortKnown());
    List<Endpoint> useless =
        List.of(
            new Endpoint(OURS.address(), 0),
            Endpoint.parse("0.0.0.0:1"),
            Endpoint.parse("224.0.0.1:1"),
            OURS_V6);
    for (Endpoint seen : useless) {
      runUntil(Duration.ofNanos(nowNanos - START).plus(Duration.ofMinutes(16)));
      receive(success(datagrams.getLast(), seen), ONE_V4);
    }
    assertFalse(detector.isPortKnown());
    assertEquals(List.of(), changes);
  }

  @Test
  void transactionsAreNotRepeated() {
    load(List.of(ONE), PORT, false);
    runUntil(Duration.ofSeconds(3));
    assertEquals(3, datagrams.size());
    assertNotEquals(transaction(datagrams.get(0)), transaction(datagrams.get(1)));
    assertEquals(20, datagrams.getFirst().datagram().remaining());
  }

  @Test
  void namesThatAreUnknownAreTriedAgainSoon() {
    names.clear();
    load(List.of(ONE, TWO), PORT, false);
    assertEquals(List.of(ONE, TWO), resolved);
    runUntil(Duration.ofSeconds(61));
    assertEquals(List.of(ONE, TWO, ONE, TWO), resolved);
    assertEquals(List.of(), sent);
  }

  @Test
  void aResolverThatForgetsANameDoesNotHoldUpTheOthers() {
    List<PortDetectorEffect> effects = detector.load(List.of(ONE, TWO), PORT, false, nowNanos);
    assertEquals(List.of(new Resolve(ONE), new Resolve(TWO)), effects);
    assertEquals(List.of(), detector.onResolved(TWO, List.of(TWO_V4.address()), nowNanos));
    assertEquals(List.of(), detector.onResolved(THREE, List.of(), nowNanos));
    runUntil(Duration.ofSeconds(10));
    assertEquals(List.of(new Sent(10_000, TWO_V4)), sent);
    assertEquals(List.of(), detector.onResolved(ONE, List.of(ONE_V4.address()), nowNanos));
  }

  @Test
  void theNumberOfServersIsBounded() {
    List<EndpointName> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      EndpointName name = new EndpointName("s" + i + ".example.org", 3478);
      many.add(name);
      names.put(name, List.of(InetAddress.ofLiteral("198.51.100." + i)));
    }
    load(many, PORT, false);
    runUntil(Duration.ofMinutes(10));
    assertEquals(PortDetector.MAX_SERVERS * PortDetector.ROUNDS, sent.size());
  }

  @Test
  void aDeadlineThatIsMetTooEarlyOrTooLateDoesNoHarm() {
    load(List.of(ONE, TWO), PORT, false);
    assertEquals(List.of(), detector.onDeadline(nowNanos + 1));
    nowNanos += TimeUnit.HOURS.toNanos(5);
    carryOut(detector.onDeadline(nowNanos));
    assertEquals(2, sent.size());
    assertEquals(
        OptionalLong.of(nowNanos + PortDetector.ANSWER_WAIT_NANOS), detector.nextDeadlineNanos());
  }
}
