// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic simulation of hosts and the underlay between them, in the thread that made it:
 * one seed fixes all that happens. Nothing moves until a test calls {@link #step}, {@link #runFor},
 * {@link #runUntil} or {@link #await}.
 *
 * <pre>{@code
 * SimNetwork network = new SimNetwork(42);
 * SimHost alice = network.host("alice", "192.0.2.1");
 * SimHost bob = network.nat("router", NatKind.PORT_RESTRICTED, "192.0.2.2").host("bob", "10.0.0.2");
 * network.conditions(LinkConditions.builder().loss(0.1).build());
 * Overlay overlay = Overlay.open(config, alice.newRuntime());
 * network.await(overlay.ready(), Duration.ofSeconds(5));
 * }</pre>
 */
public final class SimNetwork {

  private final long seed;
  private final SimTime time = new SimTime();
  private final SeededRandom random;
  private final EventLoop loop;
  private final Wire wire;
  private final TraceHash trace = new TraceHash(time);
  private final SimNames names;
  private final FakeFabric fakeFabric = new FakeFabric();
  private final Realm internet = new Realm("the internet", null);
  private final List<SimHost> hosts = new ArrayList<>();
  private @Nullable SimQueue currentQueue;

  /** An empty network; all that is random in it follows from the seed. */
  public SimNetwork(long seed) {
    this.seed = seed;
    random = new SeededRandom(seed);
    loop = new EventLoop(seed, time);
    wire = new Wire(loop, time, random.fork("wire"));
    wire.observe(trace);
    names = new SimNames(loop);
  }

  /** What it was made with: print it when a test fails. */
  public long seed() {
    return seed;
  }

  /** The time. */
  public SimTime time() {
    return time;
  }

  /** The randomness: fork it for choices of a test's own. */
  public SeededRandom random() {
    return random;
  }

  /** The name service. */
  public SimNames names() {
    return names;
  }

  /** Adds a host with public addresses, IPv4 or IPv6 literals. */
  public SimHost host(String name, String... addresses) {
    return addHost(name, internet, addresses);
  }

  SimHost addHost(String name, Realm realm, String... addresses) {
    SimHost host = new SimHost(this, name, realm);
    host.moveTo(realm, addresses);
    hosts.add(host);
    return host;
  }

  /** Adds a NAT with a public IPv4 address. */
  public SimNat nat(String name, NatKind kind, String publicAddress) {
    return new SimNat(this, name, kind, internet, InetAddress.ofLiteral(publicAddress));
  }

  /** All hosts, in the order they were added. */
  public List<SimHost> hosts() {
    return List.copyOf(hosts);
  }

  /** Sets what happens to datagrams between any two hosts, and forgets exceptions. */
  public void conditions(LinkConditions all) {
    wire.setConditions(all);
  }

  /** Sets what happens to datagrams between two hosts, in both directions. */
  public void conditions(SimHost one, SimHost other, LinkConditions value) {
    wire.setConditions(one, other, value);
    wire.setConditions(other, one, value);
  }

  /** Sets what happens to datagrams from one host to another. */
  public void conditionsOneWay(SimHost from, SimHost to, LinkConditions value) {
    wire.setConditions(from, to, value);
  }

  /** Separates hosts until it is healed: nothing passes in either direction. */
  public Partition partition(Collection<SimHost> oneSide, Collection<SimHost> otherSide) {
    Partition partition = new Partition(wire, oneSide, otherSide, true);
    wire.add(partition);
    return partition;
  }

  /** Separates hosts in one direction until it is healed. */
  public Partition partitionOneWay(Collection<SimHost> from, Collection<SimHost> to) {
    Partition partition = new Partition(wire, from, to, false);
    wire.add(partition);
    return partition;
  }

  /** Separates a host from all others until it is healed. */
  public Partition isolate(SimHost host) {
    return partition(List.of(host), hosts.stream().filter(other -> other != host).toList());
  }

  /** Ends all partitions. */
  public void heal() {
    wire.heal();
  }

  /** Has an observer see every datagram from now on. */
  public void observe(WireObserver observer) {
    wire.observe(observer);
  }

  /** Counted drops by cause. */
  public Map<DropCause, Long> drops() {
    return wire.drops();
  }

  /** A number that stands for all that happened on the wire: equal seeds, equal numbers. */
  public long traceHash() {
    return trace.value();
  }

  /** Open sockets of all hosts. */
  public int openPorts() {
    return hosts.stream().mapToInt(SimHost::openPorts).sum();
  }

  /** Tasks that wait, of all hosts. */
  public int pendingTasks() {
    return hosts.stream().mapToInt(SimHost::pendingTasks).sum();
  }

  /** The fake data plane of an overlay, if {@link FakeDataPlaneProvider} opened one. */
  public Optional<FakeDataPlane> fakeDataPlane(String overlayName) {
    return fakeFabric.plane(overlayName);
  }

  /**
   * Lets the next thing happen: a task or the arrival of a datagram. If nothing is due, time moves
   * to the earliest deadline of any host first.
   *
   * @return false if nothing is left
   * @throws AssertionError if a task or an observer threw something, which is the cause; the
   *     message names the seed
   */
  public boolean step() {
    return loop.step();
  }

  /**
   * Lets everything happen that is due in this time, and moves time to its end.
   *
   * @throws AssertionError as {@link #step}
   */
  public void runFor(Duration duration) {
    long end = time.nanoTime() + duration.toNanos();
    while (isDueBy(end)) {
      loop.step();
    }
    time.advanceTo(end);
  }

  /**
   * Steps until the condition holds, asking it before each step.
   *
   * @param limit how much simulated time it may take
   * @return whether it held; if not, the limit has passed
   * @throws AssertionError as {@link #step}
   */
  public boolean runUntil(BooleanSupplier condition, Duration limit) {
    long end = time.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (!isDueBy(end)) {
        time.advanceTo(end);
        return condition.getAsBoolean();
      }
      loop.step();
    }
    return true;
  }

  /**
   * Steps until a stage is completed.
   *
   * @return its value
   * @throws RuntimeException what it was completed with, if it was completed exceptionally
   * @throws AssertionError if it takes longer than the limit, and as {@link #step}
   */
  public <T> T await(CompletionStage<T> stage, Duration limit) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    if (!runUntil(future::isDone, limit)) {
      throw new AssertionError(
          "seed " + seed + " at " + time + ": not completed within " + limit + ": " + stage);
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw e;
      }
    }
  }

  private boolean isDueBy(long nanos) {
    Long due = loop.nextDueNanos();
    return due != null && due <= nanos;
  }

  EventLoop loop() {
    return loop;
  }

  Wire wire() {
    return wire;
  }

  Realm internet() {
    return internet;
  }

  /** All fake data planes. */
  public FakeFabric fakeFabric() {
    return fakeFabric;
  }

  /** Makes a queue the current one; returns the one before. */
  @Nullable SimQueue enter(SimQueue queue) {
    SimQueue outer = currentQueue;
    currentQueue = queue;
    return outer;
  }

  void leave(@Nullable SimQueue outer) {
    currentQueue = outer;
  }

  boolean isCurrent(SimQueue queue) {
    return currentQueue == queue && loop.isOwner();
  }
}
