// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PublicKey;
import dev.weft.spi.RandomSource;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a peer's timers start and stop, without the device that obeys them. WG §6. */
final class PeerTimersTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long JITTER = 334_000_000L;

  /** The clock passes its sign change soon. */
  private static final long NOW = Long.sum(Long.MAX_VALUE, -3 * SECOND); // no constant: it wraps

  /** Always the greatest number that was asked for. */
  private static final RandomSource MOST =
      new RandomSource() {
        @Override
        public void nextBytes(byte[] target) {
          throw new UnsupportedOperationException();
        }

        @Override
        public int nextInt(int bound) {
          return bound - 1;
        }
      };

  private final DeadlineQueue queue = new DeadlineQueue();
  private final Peer peer = new Peer(PublicKey.of(new byte[32]), queue, MOST);
  private final PeerTimers timers = peer.timers();
  private final TimerTable table = timers.table();

  private Set<Timer> set() {
    Set<Timer> set = EnumSet.noneOf(Timer.class);
    for (Timer timer : Timer.values()) {
      if (table.isSet(timer)) {
        set.add(timer);
      }
    }
    return set;
  }

  private void assertOnly(Timer timer, long deadlineNanos) {
    assertEquals(EnumSet.of(timer), set());
    assertEquals(deadlineNanos, table.deadlineNanos(timer));
    assertEquals(deadlineNanos, queue.nextNanos());
  }

  private void setAll() {
    timers.onDataSent(NOW);
    timers.onDataReceived(NOW);
    timers.onInitiationSent(NOW);
    timers.onSessionDerived(NOW);
    timers.setPersistentKeepalive(25 * SECOND, NOW);
    assertEquals(EnumSet.allOf(Timer.class), set());
  }

  @Test
  void anInitiationIsRepeatedAfterTheTimeoutAndItsJitter() {
    timers.onInitiationSent(NOW);
    assertOnly(Timer.RETRANSMIT_HANDSHAKE, NOW + 5 * SECOND + JITTER);
  }

  @Test
  void aDelayedInitiationGoesAfterTheEarliestTimeAndItsJitter() {
    timers.onInitiationDelayed(NOW + SECOND);
    assertOnly(Timer.RETRANSMIT_HANDSHAKE, NOW + SECOND + JITTER);
    timers.onInitiationDelayed(NOW + 2 * SECOND);
    assertOnly(Timer.RETRANSMIT_HANDSHAKE, NOW + SECOND + JITTER);
  }

  @Test
  void anAttemptLastsNinetySecondsToTheNanosecond() {
    timers.onHandshakeWanted(NOW);
    assertFalse(timers.isAttemptOver(NOW + 90 * SECOND - 1));
    assertTrue(timers.isAttemptOver(NOW + 90 * SECOND));
    timers.onHandshakeWanted(NOW + 90 * SECOND);
    assertFalse(timers.isAttemptOver(NOW + 90 * SECOND));
  }

  @Test
  void givingUpLeavesTheErasureOfKeysAlone() {
    timers.onDataReceived(NOW);
    timers.onAttemptOver(NOW + SECOND);
    assertEquals(EnumSet.of(Timer.ZERO_KEY_MATERIAL), set());
    assertEquals(NOW + 541 * SECOND, table.deadlineNanos(Timer.ZERO_KEY_MATERIAL));
    timers.onAttemptOver(NOW + 2 * SECOND);
    assertEquals(
        NOW + 541 * SECOND, table.deadlineNanos(Timer.ZERO_KEY_MATERIAL), "not put off again");
  }

  @Test
  void silenceAfterSentDataCountsFromTheFirstAndHasJitter() {
    timers.onDataSent(NOW);
    timers.onDataSent(NOW + SECOND);
    assertOnly(Timer.NEW_HANDSHAKE, NOW + 15 * SECOND + JITTER);
    timers.onAuthenticatedReceived(NOW + SECOND);
    assertEquals(EnumSet.noneOf(Timer.class), set());
  }

  @Test
  void theAnswerToReceivedDataIsDueAfterTenSecondsWithoutJitter() {
    timers.onDataReceived(NOW);
    timers.onDataReceived(NOW + SECOND);
    assertOnly(Timer.SEND_KEEPALIVE, NOW + 10 * SECOND);
    timers.onAuthenticatedSent(NOW + SECOND);
    assertEquals(EnumSet.noneOf(Timer.class), set());
  }

  @Test
  void aChangedPersistentKeepaliveCountsFromNowAndZeroEndsIt() {
    timers.setPersistentKeepalive(25 * SECOND, NOW);
    assertOnly(Timer.PERSISTENT_KEEPALIVE, NOW + 25 * SECOND);
    timers.setPersistentKeepalive(20 * SECOND, NOW + SECOND);
    assertOnly(Timer.PERSISTENT_KEEPALIVE, NOW + 21 * SECOND);
    timers.setPersistentKeepalive(20 * SECOND, NOW + 9 * SECOND);
    assertOnly(Timer.PERSISTENT_KEEPALIVE, NOW + 21 * SECOND);
    timers.setPersistentKeepalive(0, NOW + 9 * SECOND);
    assertEquals(EnumSet.noneOf(Timer.class), set());
    assertEquals(0, timers.persistentKeepaliveNanos());
  }

  @Test
  void trafficInEitherDirectionPutsThePersistentKeepaliveOff() {
    timers.setPersistentKeepalive(25 * SECOND, NOW);
    timers.onAuthenticatedSent(NOW + SECOND);
    assertEquals(NOW + 26 * SECOND, table.deadlineNanos(Timer.PERSISTENT_KEEPALIVE));
    timers.onAuthenticatedReceived(NOW + 2 * SECOND);
    assertEquals(NOW + 27 * SECOND, table.deadlineNanos(Timer.PERSISTENT_KEEPALIVE));
  }

  @Test
  void theLastMinuteHandshakeIsTakenOnceForEachSession() {
    assertTrue(timers.takeLastMinuteHandshake());
    assertFalse(timers.takeLastMinuteHandshake());
    timers.onHandshakeComplete();
    assertTrue(timers.takeLastMinuteHandshake());
    assertFalse(timers.takeLastMinuteHandshake());
  }

  @Test
  void aCompleteHandshakeEndsItsRepetitionAlone() {
    setAll();
    timers.onHandshakeComplete();
    assertEquals(EnumSet.complementOf(EnumSet.of(Timer.RETRANSMIT_HANDSHAKE)), set());
  }

  @Test
  void aSuspendedPeerErasesItsKeysAndNothingElse() {
    setAll();
    timers.suspend();
    assertEquals(EnumSet.of(Timer.ZERO_KEY_MATERIAL), set());
    assertFalse(queue.isEmpty());
  }

  @Test
  void aStoppedPeerHasNoTimerAndNoPlaceInTheQueue() {
    setAll();
    timers.stop();
    assertEquals(EnumSet.noneOf(Timer.class), set());
    assertTrue(queue.isEmpty());
  }
}
