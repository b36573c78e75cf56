// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.spi.Scheduler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class SimRuntimeTest {

  private final SimNetwork network = new SimNetwork(1);
  private final SimHost host = network.host("a", "192.0.2.1");
  private final SimRuntime runtime = host.newRuntime();
  private final Scheduler queue = runtime.newQueue();
  private final List<String> log = new ArrayList<>();

  private Runnable says(String text) {
    return () -> log.add(text + "@" + network.time().elapsed().toMillis());
  }

  @Test
  void tasksRunInOrderOfTimeAndThenInTheOrderTheyWereGiven() {
    queue.schedule(2_000_000, says("c"));
    queue.schedule(1_000_000, says("a"));
    queue.schedule(1_000_000, says("b"));
    queue.schedule(-5, says("first"));
    queue.execute(says("second"));
    assertTrue(log.isEmpty());
    while (network.step()) {
      // until nothing is left
    }
    assertEquals(List.of("first@0", "second@0", "a@1", "b@1", "c@2"), log);
  }

  @Test
  void aTaskGivenByATaskRunsAfterThoseThatWait() {
    queue.execute(
        () -> {
          queue.execute(says("later"));
          log.add("now");
        });
    queue.execute(says("waiting"));
    network.runFor(Duration.ZERO);
    assertEquals(List.of("now", "waiting@0", "later@0"), log);
  }

  @Test
  void aCancelledTaskNeitherRunsNorMovesTime() {
    Scheduler.Cancellable task = queue.schedule(1_000_000_000, says("never"));
    queue.schedule(3_000_000_000L, says("later"));
    task.cancel();
    task.cancel();
    assertEquals(1, runtime.pendingTasks());
    assertTrue(network.step());
    assertEquals(List.of("later@3000"), log);
    assertFalse(network.step());
  }

  @Test
  void aTaskMayCancelOneThatIsDueAtTheSameTime() {
    List<Scheduler.Cancellable> victim = new ArrayList<>();
    queue.schedule(1, () -> victim.getFirst().cancel());
    victim.add(queue.schedule(1, says("never")));
    network.runFor(Duration.ofSeconds(1));
    assertTrue(log.isEmpty());
    assertEquals(0, network.pendingTasks());
  }

  @Test
  void onlyItsOwnQueueIsCurrentDuringATask() {
    Scheduler other = runtime.newQueue();
    queue.execute(() -> log.add(queue.isCurrent() + " " + other.isCurrent()));
    network.step();
    assertEquals(List.of("true false"), log);
    assertFalse(queue.isCurrent());
  }

  @Test
  void whatATaskThrowsFailsTheStepAndNamesTheSeed() {
    IllegalStateException thrown = new IllegalStateException("broken");
    queue.execute(
        () -> {
          throw thrown;
        });
    AssertionError error =
        assertThrows(AssertionError.class, () -> network.runFor(Duration.ofSeconds(1)));
    assertSame(thrown, error.getCause());
    assertTrue(error.toString().contains("seed 1"), error::toString);
  }

  @Test
  void anotherThreadsUseFailsTheSimulation() throws InterruptedException {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    queue.execute(says("foreign"));
                  } catch (IllegalStateException e) {
                    seen.set(e);
                  }
                });
    thread.join();
    AssertionError error = assertThrows(AssertionError.class, network::step);
    assertSame(seen.get(), error.getCause());
  }

  @Test
  void aTaskCannotDriveTheSimulation() {
    queue.execute(network::step);
    AssertionError error = assertThrows(AssertionError.class, network::step);
    assertTrue(error.getCause() instanceof IllegalStateException);
  }

  @Test
  void clocksOfTwoProcessesDifferButRunAtTheSameSpeed() {
    SimRuntime other = network.host("b", "192.0.2.2").newRuntime();
    other.wallClockSkew(Duration.ofMinutes(-3));
    long before = runtime.time().nanoTime();
    assertNotEquals(before, other.time().nanoTime());
    network.runFor(Duration.ofSeconds(7));
    assertEquals(7_000_000_000L, runtime.time().nanoTime() - before);
    assertEquals(SimTime.START.plusSeconds(7), runtime.time().wallClock());
    assertEquals(SimTime.START.plusSeconds(7 - 180), other.time().wallClock());
  }

  @Test
  void runUntilStopsAtTheConditionOrAtTheLimit() {
    queue.schedule(Duration.ofSeconds(2).toNanos(), says("x"));
    assertFalse(network.runUntil(() -> !log.isEmpty(), Duration.ofSeconds(1)));
    assertEquals(Duration.ofSeconds(1), network.time().elapsed());
    assertTrue(network.runUntil(() -> !log.isEmpty(), Duration.ofSeconds(5)));
    assertEquals(Duration.ofSeconds(2), network.time().elapsed());
  }

  @Test
  void aClosedRuntimeRunsNothing() {
    queue.execute(says("never"));
    runtime.close();
    queue.execute(says("never"));
    queue.schedule(1, says("never"));
    network.runFor(Duration.ofSeconds(1));
    assertTrue(log.isEmpty());
    assertEquals(0, runtime.pendingTasks());
  }

  @Test
  void aFrozenHostCatchesUpInOrderAtTheThaw() {
    queue.schedule(1_000_000, says("a"));
    Scheduler.Cancellable cancelled = queue.schedule(1_500_000, says("cancelled"));
    queue.schedule(2_000_000, says("b"));
    queue.schedule(60_000_000, says("c"));
    host.freeze();
    network.runFor(Duration.ofMillis(50));
    assertTrue(log.isEmpty());
    assertEquals(4, runtime.pendingTasks());
    cancelled.cancel();
    host.thaw();
    network.runFor(Duration.ofMillis(50));
    assertEquals(List.of("a@50", "b@50", "c@60"), log);
  }

  @Test
  void timerJitterMakesTimersLateAndNeverEarly() {
    host.timerJitter(Duration.ofMillis(5));
    for (int i = 0; i < 100; i++) {
      queue.schedule(10_000_000, says("t"));
    }
    network.runFor(Duration.ofMillis(20));
    assertEquals(100, log.size());
    assertTrue(log.contains("t@10") && log.contains("t@14"), log.toString());
    queue.execute(says("now"));
    network.runFor(Duration.ZERO);
    assertEquals("now@20", log.getLast());
  }

  @Test
  void namesAreResolvedOffTheQueueAndNumbersAtOnce() {
    network.names().set("gw.example", "192.0.2.7", "2001:db8::7");
    CompletionStage<List<InetAddress>> named = runtime.resolver().resolve("gw.example");
    assertFalse(named.toCompletableFuture().isDone());
    assertEquals(
        List.of(InetAddress.ofLiteral("192.0.2.7"), InetAddress.ofLiteral("2001:db8::7")),
        network.await(named, Duration.ofSeconds(1)));
    assertTrue(runtime.resolver().resolve("192.0.2.9").toCompletableFuture().isDone());
    CompletionException unknown =
        assertThrows(
            CompletionException.class,
            () -> network.await(runtime.resolver().resolve("no.example"), Duration.ofSeconds(1)));
    assertTrue(unknown.getCause() instanceof UnknownHostException);
    network.names().answering(false);
    CompletionException silent =
        assertThrows(
            CompletionException.class,
            () -> network.await(runtime.resolver().resolve("gw.example"), Duration.ofSeconds(9)));
    assertTrue(silent.getCause() instanceof TimeoutException);
  }

  @Test
  void awaitFailsWithTheSeedWhenTheLimitPasses() {
    CompletionStage<List<InetAddress>> slow = runtime.resolver().resolve("no.example");
    AssertionError error =
        assertThrows(AssertionError.class, () -> network.await(slow, Duration.ofMillis(1)));
    assertTrue(error.toString().contains("seed 1"), error::toString);
  }
}
