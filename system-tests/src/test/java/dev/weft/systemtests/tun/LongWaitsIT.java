// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.systemtests.interop.Await;
import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What takes minutes, all at the same time. */
@Timeout(420)
final class LongWaitsIT extends TunScenarios {

  /** Longer than REJECT_AFTER_TIME, 180 s: the session is over when the program goes on. */
  private static final Duration STOPPED = Duration.ofMinutes(4);

  /** REKEY_AFTER_TIME is 120 s, WG §6.1. */
  private static final Duration LOAD = Duration.ofSeconds(150);

  private static final Duration BOUND = STOPPED.plusMinutes(2);

  private final Map<Kind, CompletableFuture<Void>> stops = new EnumMap<>(Kind.class);
  private final Map<Kind, CompletableFuture<Void>> loads = new EnumMap<>(Kind.class);

  @BeforeAll
  void startAll() {
    for (Kind kind : Kind.values()) {
      stops.put(
          kind, CompletableFuture.runAsync(() -> stopWithPeer(kind), Thread::startVirtualThread));
      loads.put(kind, CompletableFuture.runAsync(() -> loadFrom(kind), Thread::startVirtualThread));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStoppedProgramGoesOnAfterFourMinutes(Kind peer) {
    Namespace.await(Objects.requireNonNull(stops.get(peer)), BOUND);
  }

  @ParameterizedTest
  @EnumSource
  void keysChangeUnderLoadWithoutAGap(Kind initiator) {
    Namespace.await(Objects.requireNonNull(loads.get(initiator)), BOUND);
  }

  private void stopWithPeer(Kind kind) {
    try (Tunnel tunnel = tunnel(kind, Kind.OURS, false)) {
      tunnel.assertWorks(false);
      WireGuard ours = tunnel.right();
      ours.signal("STOP");
      long start = System.nanoTime();
      // The peer does not know and goes on asking.
      try (EchoSocket echoes =
          new EchoSocket(
              tunnel.underlay().left(), End.RIGHT.inner(false), Duration.ofMillis(500))) {
        int answered = 0;
        while (System.nanoTime() - start < STOPPED.toNanos()) {
          answered += echoes.ping(1000).isEmpty() ? 1 : 0;
          LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        }
        assertEquals(0, answered, "answers of a stopped program");
      }
      ours.signal("CONT");
      tunnel.awaitPing(End.RIGHT, false, Duration.ofSeconds(15));
      tunnel.awaitPing(End.LEFT, true, Duration.ofSeconds(15));
      assertEquals(2 << 20, tunnel.assertTcp(End.LEFT, false, 1 << 20).octets());
      assertFalse(ours.log().contains("Exception"), ours::log);
    }
  }

  private void loadFrom(Kind initiator) {
    Kind other = initiator == Kind.OURS ? Kind.WIREGUARD_GO : Kind.OURS;
    try (Tunnel tunnel = tunnel(initiator, other, false)) {
      tunnel.assertWorks(false);
      Set<Long> handshakes = new HashSet<>();
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < LOAD.toNanos()) {
          handshakes.add(tunnel.left().peer().handshakeSeconds());
          LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
        }
        TcpFlow.Result result = flow.finish(Duration.ofSeconds(30));
        assertTrue(result.octets() > 50 << 20, result::toString);
        assertTrue(result.longestGap().compareTo(Duration.ofSeconds(2)) < 0, result::toString);
      }
      assertEquals(2, handshakes.size(), () -> handshakes + tunnel.report());
      Await.until(
          "both ends had the same last handshake",
          Duration.ofSeconds(5),
          () ->
              Math.abs(
                      tunnel.left().peer().handshakeSeconds()
                          - tunnel.right().peer().handshakeSeconds())
                  <= 1);
    }
  }
}
