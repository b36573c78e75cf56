// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.spi.RandomSource;

/**
 * When a peer's timers start and stop. What happens when one is due is the device's business. Owned
 * by the device's thread. Source: WG §6.
 */
final class PeerTimers {

  private static final Timer[] TIMERS = Timer.values();

  private final DeadlineQueue queue;
  private final TimerTable table;
  private final RandomSource random;
  private long persistentKeepaliveNanos;
  private long attemptStartNanos;
  private boolean lastMinuteHandshakeSent;

  PeerTimers(DeadlineQueue queue, Peer peer, RandomSource random) {
    this.queue = queue;
    this.table = new TimerTable(queue, peer);
    this.random = random;
  }

  TimerTable table() {
    return table;
  }

  /** Zero is off. */
  long persistentKeepaliveNanos() {
    return persistentKeepaliveNanos;
  }

  /**
   * Changes the interval, which counts from now if it is on; zero is off. Setting the same again
   * does nothing: a configuration repeated more often than the interval would put it off for ever.
   */
  void setPersistentKeepalive(long intervalNanos, long nowNanos) {
    if (intervalNanos == persistentKeepaliveNanos) {
      return;
    }
    persistentKeepaliveNanos = intervalNanos;
    table.cancel(Timer.PERSISTENT_KEEPALIVE);
    restartPersistentKeepalive(nowNanos);
  }

  /** Counts the persistent keepalive's interval from now. */
  void restartPersistentKeepalive(long nowNanos) {
    if (persistentKeepaliveNanos > 0) {
      table.set(Timer.PERSISTENT_KEEPALIVE, nowNanos + persistentKeepaliveNanos);
    }
  }

  /** A data message that is no keepalive was sent: silence from now on would be suspicious. */
  void onDataSent(long nowNanos) {
    if (!table.isSet(Timer.NEW_HANDSHAKE)) {
      table.set(
          Timer.NEW_HANDSHAKE,
          nowNanos
              + ProtocolConstants.KEEPALIVE_TIMEOUT
              + ProtocolConstants.REKEY_TIMEOUT
              + jitter());
    }
  }

  /**
   * A data message that is no keepalive was received. The time counts from the first one since
   * something was sent; keepalives are not answered, or two idle peers would never fall silent.
   */
  void onDataReceived(long nowNanos) {
    if (!table.isSet(Timer.SEND_KEEPALIVE)) {
      table.set(Timer.SEND_KEEPALIVE, nowNanos + ProtocolConstants.KEEPALIVE_TIMEOUT);
    }
  }

  /** A data message, a keepalive or a handshake message was sent. */
  void onAuthenticatedSent(long nowNanos) {
    table.cancel(Timer.SEND_KEEPALIVE);
    restartPersistentKeepalive(nowNanos);
  }

  /** An authentic data message, keepalive or handshake message was received. */
  void onAuthenticatedReceived(long nowNanos) {
    table.cancel(Timer.NEW_HANDSHAKE);
    restartPersistentKeepalive(nowNanos);
  }

  /** There is a reason for a handshake that is not just the lack of an answer. */
  void onHandshakeWanted(long nowNanos) {
    attemptStartNanos = nowNanos;
  }

  /** An initiation was sent. */
  void onInitiationSent(long nowNanos) {
    table.set(Timer.RETRANSMIT_HANDSHAKE, nowNanos + ProtocolConstants.REKEY_TIMEOUT + jitter());
  }

  /** An initiation is wanted but would be too soon: comes back to it when it is not. */
  void onInitiationDelayed(long earliestNanos) {
    if (!table.isSet(Timer.RETRANSMIT_HANDSHAKE)) {
      table.set(Timer.RETRANSMIT_HANDSHAKE, earliestNanos + jitter());
    }
  }

  /** Whether initiations have gone unanswered for too long. */
  boolean isAttemptOver(long nowNanos) {
    return nowNanos - attemptStartNanos >= ProtocolConstants.REKEY_ATTEMPT_TIME;
  }

  /** A handshake was given up. Keys that are left are erased in due time. */
  void onAttemptOver(long nowNanos) {
    table.cancel(Timer.SEND_KEEPALIVE);
    if (!table.isSet(Timer.ZERO_KEY_MATERIAL)) {
      onSessionDerived(nowNanos);
    }
  }

  /** There are keys to erase later. */
  void onSessionDerived(long nowNanos) {
    table.set(Timer.ZERO_KEY_MATERIAL, nowNanos + ProtocolConstants.ZERO_KEYS_AFTER_TIME);
  }

  /** A session can be used for sending. */
  void onHandshakeComplete() {
    table.cancel(Timer.RETRANSMIT_HANDSHAKE);
    lastMinuteHandshakeSent = false;
  }

  /** Whether this is the first call since a handshake completed. */
  boolean takeLastMinuteHandshake() {
    boolean first = !lastMinuteHandshakeSent;
    lastMinuteHandshakeSent = true;
    return first;
  }

  /** Stops everything but the erasure of keys. */
  void suspend() {
    for (Timer timer : TIMERS) {
      if (timer != Timer.ZERO_KEY_MATERIAL) {
        table.cancel(timer);
      }
    }
  }

  /** Stops everything. */
  void stop() {
    for (Timer timer : TIMERS) {
      table.cancel(timer);
    }
    queue.remove(table);
  }

  private long jitter() {
    return random.nextInt(ProtocolConstants.REKEY_TIMEOUT_JITTER + 1);
  }
}
