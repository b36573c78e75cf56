// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.testkit.Latency;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.Partition;
import dev.weft.testkit.SeededRandom;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What goes wrong in a mesh, and when: drawn from the seed, with an end to each fault that is a
 * state.
 */
final class Faults {

  private enum Kind {
    PARTITION,
    ONE_WAY_PARTITION,
    ISOLATION,
    FREEZE,
    CRASH,
    NEW_PORT,
    MOVE,
    NAT_REBOOT,
    NAT_RENUMBERING,
    REBIND,
    SUSPENSION,
    NO_NAMES,
    CLOCK_STEP,
    SMALL_MTU,
    WEATHER
  }

  private record Step(long dueNanos, int order, String text, Runnable action)
      implements Comparable<Step> {
    @Override
    public int compareTo(Step other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Integer.compare(order, other.order);
    }
  }

  private final SimNetwork network;
  private final Topology topology;
  private final SeededRandom random;
  private final Consumer<Member> starter;
  private final PriorityQueue<Step> steps = new PriorityQueue<>();
  private final List<String> history = new ArrayList<>();
  private final Set<Member> suspended = new HashSet<>();
  private LinkConditions conditions = LinkConditions.PERFECT;
  private int nextOrder;

  /**
   * Faults for a mesh.
   *
   * @param starter starts a member's overlay again
   */
  Faults(SimNetwork network, Topology topology, Consumer<Member> starter) {
    this.network = network;
    this.topology = topology;
    this.starter = starter;
    random = network.random().fork("faults");
  }

  /** Draws faults for the time from now on. */
  void plan(Duration duration, int count) {
    weather();
    for (int i = 0; i < count; i++) {
      at(Duration.ofNanos(random.nextLong(duration.toNanos())), "", this::strike);
    }
  }

  /** Lets time pass and things go wrong. */
  void run(Duration duration, Consumer<Duration> drive) {
    long end = network.time().nanoTime() + duration.toNanos();
    while (!steps.isEmpty() && steps.element().dueNanos <= end) {
      Step step = steps.remove();
      drive.accept(Duration.ofNanos(step.dueNanos - network.time().nanoTime()));
      if (!step.text.isEmpty()) {
        note(step.text);
      }
      step.action.run();
    }
    drive.accept(Duration.ofNanos(end - network.time().nanoTime()));
  }

  /** Ends everything that is still wrong. */
  void stop() {
    steps.clear();
    network.heal();
    network.names().answering(true);
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.uniform(Duration.ofMillis(5), Duration.ofMillis(40)))
            .build());
    for (Member member : topology.members) {
      member.host.thaw();
      if (member.node().isEmpty()) {
        starter.accept(member);
      }
    }
    List.copyOf(suspended).forEach(this::resume);
    note("faults stop");
  }

  private void at(Duration delay, String text, Runnable action) {
    steps.add(new Step(network.time().nanoTime() + delay.toNanos(), nextOrder++, text, action));
  }

  private void note(String text) {
    history.add(network.time() + " " + text);
  }

  private Duration seconds(int least, int most) {
    return Duration.ofMillis(1000L * least + random.nextLong(1000L * (most - least) + 1));
  }

  private void strike() {
    Kind kind = random.pick(List.of(Kind.values()));
    Member member = random.pick(topology.members);
    switch (kind) {
      case PARTITION -> partition(true);
      case ONE_WAY_PARTITION -> partition(false);
      case ISOLATION -> {
        note("isolate " + member);
        heal(network.isolate(member.host), seconds(2, 40));
      }
      case FREEZE -> {
        note("freeze " + member);
        member.host.freeze();
        at(seconds(1, 30), "thaw " + member, member.host::thaw);
      }
      case CRASH -> crash(member);
      case NEW_PORT -> {
        if (topology.canChangePort(member)) {
          // What is not WireGuard's well-known port, and below the simulation's ephemeral ones.
          member.listenPort = 20_000 + random.nextInt(10_000);
        }
        crash(member);
      }
      case MOVE -> {
        topology.move(member);
        note("move " + member + " to " + member.host.addresses());
      }
      case NAT_REBOOT -> {
        if (!topology.nats.isEmpty()) {
          var nat = random.pick(topology.nats);
          note("reboot " + nat);
          nat.reboot();
        }
      }
      case NAT_RENUMBERING -> {
        if (!topology.nats.isEmpty()) {
          var nat = random.pick(topology.nats);
          topology.renumber(nat);
          note("renumber " + nat + " to " + nat.publicAddress());
        }
      }
      case REBIND -> {
        note("rebind " + member);
        member.node().ifPresent(node -> node.overlay().rebind());
      }
      case SUSPENSION -> suspend(member);
      case NO_NAMES -> {
        note("names fail");
        network.names().answering(false);
        at(seconds(2, 20), "names work", () -> network.names().answering(true));
      }
      case CLOCK_STEP -> {
        // Forward only: a clock that went back makes a restarted host's time stamps old ones, which
        // its peers refuse until the clock has caught up. WG §5.1.
        member.setClockForward(seconds(1, 3600));
        note("clock of " + member + " ahead by " + member.wallClockSkew());
      }
      case SMALL_MTU -> smallMtu(member);
      case WEATHER -> weather();
    }
  }

  private void crash(Member member) {
    if (member.node().isPresent()) {
      note("crash " + member);
      suspended.remove(member);
      member.crash();
      at(
          seconds(1, 15),
          "start " + member + " on port " + member.listenPort,
          () -> restart(member));
    }
  }

  /** Has the links of one host lose what is long: handshakes pass, much else does not. */
  private void smallMtu(Member member) {
    int octets = 300 + random.nextInt(900);
    note("MTU " + octets + " at " + member);
    setMtu(member, octets);
    at(
        seconds(5, 40),
        "MTU of " + member + " as before",
        () -> setMtu(member, LinkConditions.PERFECT.mtuOctets()));
  }

  private void setMtu(Member member, int octets) {
    LinkConditions narrow = conditions.toBuilder().mtuOctets(octets).build();
    for (SimHost other : network.hosts()) {
      if (other != member.host) {
        network.conditions(member.host, other, narrow);
      }
    }
  }

  private void restart(Member member) {
    if (member.node().isEmpty()) {
      starter.accept(member);
    }
  }

  private void suspend(Member member) {
    if (member.node().isPresent() && suspended.add(member)) {
      note("suspend " + member);
      member.running().overlay().suspend();
      at(seconds(1, 30), "resume " + member, () -> resume(member));
    }
  }

  private void resume(Member member) {
    if (suspended.remove(member)) {
      member.running().overlay().resume();
    }
  }

  private void partition(boolean bothWays) {
    List<SimHost> hosts = new ArrayList<>(network.hosts());
    int cut = 1 + random.nextInt(hosts.size() - 1);
    for (int i = 0; i < cut; i++) {
      Collections.swap(hosts, i, i + random.nextInt(hosts.size() - i));
    }
    List<SimHost> one = hosts.subList(0, cut);
    List<SimHost> other = hosts.subList(cut, hosts.size());
    note((bothWays ? "separate " : "cut the way from ") + one + " and " + other);
    heal(
        bothWays ? network.partition(one, other) : network.partitionOneWay(one, other),
        seconds(2, 40));
  }

  private void heal(Partition partition, Duration after) {
    at(after, "heal", partition::heal);
  }

  /** Other conditions on all links. */
  private void weather() {
    conditions =
        LinkConditions.builder()
            .latency(
                Latency.longTailed(
                    Duration.ofMillis(1 + random.nextInt(100)),
                    Duration.ofMillis(random.nextInt(40))))
            .loss(random.nextInt(20) / 100.0)
            .duplication(random.nextInt(10) / 100.0)
            .reordering(random.nextInt(10) / 100.0, Duration.ofMillis(random.nextInt(200)))
            .build();
    network.conditions(conditions);
    note(
        "loss "
            + conditions.loss()
            + ", duplication "
            + conditions.duplication()
            + ", reordering "
            + conditions.reordering());
  }

  @Override
  public String toString() {
    return "faults:\n  " + String.join("\n  ", history);
  }
}
