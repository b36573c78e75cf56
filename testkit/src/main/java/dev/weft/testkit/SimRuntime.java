// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.UnderlayException;
import dev.weft.overlay.WeftRuntime;
import dev.weft.spi.EndpointResolver;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The runtime of one simulated process. Its monotonic clock starts at a random number, as real ones
 * do, so that nothing can compare two hosts' clocks or take zero for "never". What a task throws
 * fails the simulation at {@link SimNetwork#step}. Made by {@link SimHost#newRuntime}; used by the
 * simulation's thread, and any other thread's use fails the simulation.
 */
public final class SimRuntime implements WeftRuntime {

  private final SimHost host;
  private final SeededRandom random;
  private final SimClock clock = new SimClock();
  private final long clockOrigin;
  private final Set<SimQueue.Task> pending = new LinkedHashSet<>();
  private Duration wallClockSkew = Duration.ZERO;
  private boolean closed;

  SimRuntime(SimHost host) {
    this.host = host;
    random = host.network().random().fork("runtime of " + host.name());
    clockOrigin = random.nextLong();
  }

  /** The clocks as this process sees them; the fake data plane finds its simulation by them. */
  final class SimClock implements TimeSource {
    @Override
    public long nanoTime() {
      return clockOrigin + host.network().time().nanoTime();
    }

    @Override
    public Instant wallClock() {
      return host.network().time().wallClock().plus(wallClockSkew);
    }

    SimNetwork network() {
      return host.network();
    }
  }

  /** The machine it runs on. */
  public SimHost host() {
    return host;
  }

  /** Sets by how much its wall clock is ahead; zero at first. */
  public void wallClockSkew(Duration ahead) {
    wallClockSkew = ahead;
  }

  /** Tasks that wait to be run, now or later. */
  public int pendingTasks() {
    return pending.size();
  }

  /** Open sockets. */
  public int openPorts() {
    return host.openPorts(this);
  }

  /** What {@link #pendingTasks} counts, for the message of a failed leak check. */
  public List<String> describePendingTasks() {
    return pending.stream().map(SimQueue.Task::toString).toList();
  }

  @Override
  public Scheduler newQueue() {
    host.network().loop().requireOwner();
    return new SimQueue(this);
  }

  @Override
  public TimeSource time() {
    return clock;
  }

  @Override
  public RandomSource random() {
    return random;
  }

  @Override
  public EndpointResolver resolver() {
    return host.network().names()::resolve;
  }

  @Override
  public UnderlayPortFactory underlayPorts() {
    return this::open;
  }

  private CompletionStage<UnderlayPort> open(
      UnderlayPortFactory.Spec spec, Scheduler queue, UnderlayPort.Handler handler) {
    CompletableFuture<UnderlayPort> opened = new CompletableFuture<>();
    // Not at once, so that nobody relies on it.
    queue.execute(
        () -> {
          try {
            opened.complete(host.open(this, spec, queue, handler));
          } catch (UnderlayException e) {
            opened.completeExceptionally(e);
          }
        });
    return opened;
  }

  /** True on the simulation's thread, which drives all runtimes and so must never wait for one. */
  @Override
  public boolean isRuntimeThread() {
    return host.network().loop().isOwner();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  void add(SimQueue.Task task) {
    pending.add(task);
  }

  boolean isPending(SimQueue.Task task) {
    return pending.contains(task);
  }

  void remove(SimQueue.Task task) {
    pending.remove(task);
  }

  /**
   * Ends the process at once: tasks do not run any more, and its sockets close. Without closing the
   * overlays before, this is a crash.
   */
  @Override
  public void close() {
    host.network().loop().requireOwner();
    closed = true;
    pending.clear();
    host.forget(this);
  }

  /** The network that a clock belongs to, if it is one of a simulation's. */
  static Optional<SimNetwork> networkOf(TimeSource time) {
    return time instanceof SimClock simClock ? Optional.of(simClock.network()) : Optional.empty();
  }

  @Override
  public String toString() {
    return "runtime of " + host.name();
  }
}
