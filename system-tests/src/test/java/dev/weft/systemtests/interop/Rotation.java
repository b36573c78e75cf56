// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A session that lives through a change of keys: an echo request each second for longer than
 * REKEY_AFTER_TIME, which is two minutes (WG §6.1) and shortened nowhere. It runs beside other
 * tests.
 */
final class Rotation {

  private static final Duration REKEY_AFTER_TIME = Duration.ofMinutes(2);
  private static final int PINGS = 128;
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /**
   * What happened.
   *
   * @param pings all echo requests, the first of which began the session
   * @param before both ends' views at the start
   * @param after both ends' views at the end, with equal counters
   */
  record Outcome(Side.PingSummary pings, Tunnel.Views before, Tunnel.Views after) {

    /** How long after the first handshake our end completed the last. */
    Duration oursRotatedAfter() {
      return between(before.ours(), after.ours());
    }

    /** How long after the first handshake the peer completed the last. */
    Duration peerRotatedAfter() {
      return between(before.peer(), after.peer());
    }

    private static Duration between(Side.PeerView first, Side.PeerView last) {
      Optional<Instant> start = first.lastHandshake();
      Optional<Instant> end = last.lastHandshake();
      return start.isEmpty() || end.isEmpty()
          ? Duration.ZERO
          : Duration.between(start.get(), end.get());
    }

    /** Whether a duration is that of a change of keys at its time: whole seconds are known. */
    static boolean isRotation(Duration duration) {
      return duration.compareTo(REKEY_AFTER_TIME.minusSeconds(1)) >= 0
          && duration.compareTo(REKEY_AFTER_TIME.plusSeconds(6)) <= 0;
    }
  }

  private final Tunnel tunnel;
  private final CompletableFuture<Outcome> outcome;

  private Rotation(Tunnel tunnel, CompletableFuture<Outcome> outcome) {
    this.tunnel = tunnel;
    this.outcome = outcome;
  }

  /** Begins; the tunnel must be unused so far. */
  static Rotation start(Tunnel tunnel, ExecutorService executor) {
    return new Rotation(tunnel, CompletableFuture.supplyAsync(() -> observe(tunnel), executor));
  }

  private static Outcome observe(Tunnel tunnel) {
    CompletableFuture<Side.PingSummary> pings =
        CompletableFuture.supplyAsync(
            () -> tunnel.pingFromInitiator(PINGS, INTERVAL),
            command -> Thread.ofPlatform().daemon().name("rotation-pings").start(command));
    Tunnel.Views before =
        tunnel.awaitViews(
            "a first handshake",
            Duration.ofSeconds(20),
            views ->
                views.ours().lastHandshake().isPresent()
                    && views.peer().lastHandshake().isPresent());
    Side.PingSummary summary = pings.join();
    return new Outcome(summary, before, tunnel.awaitEqualCounters());
  }

  /** Waits for the end. */
  Outcome await() {
    try {
      return outcome.get(PINGS + 60L, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("rotation: " + e, e);
    }
  }

  /** Its tunnel. */
  Tunnel tunnel() {
    return tunnel;
  }
}
