// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.testkit.Latency;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NonceReuseCheck;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.WireEvent;
import dev.weft.testkit.WireObserver;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Measures a mesh without faults, not run by default: {@code -Dtest=LargeMeshRun}. Only the root
 * has an endpoint in the network's data. Each node knows the root and its neighbours, half of them
 * on either side in a ring; {@code -Dweft.sim.neighbours=…} and {@code -Dweft.sim.nodes=…} say how
 * many there are. With as many neighbours as there are other nodes, everyone knows everyone.
 */
final class LargeMeshRun {

  private static final int NODES = Integer.getInteger("weft.sim.nodes", 1000);
  private static final int NEIGHBOURS = Integer.getInteger("weft.sim.neighbours", 20);
  private static final Duration KEEPALIVE = Duration.ofSeconds(10);
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int IPV4_AND_UDP_HEADERS = 28;

  static {
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  /** Counts what hosts send, by WireGuard's message types. */
  private static final class Counters implements WireObserver {
    private @Nullable NonceReuseCheck nonces = new NonceReuseCheck();
    private final long[] messages = new long[5];
    private long octets;

    @Override
    public void onWire(WireEvent event) {
      if (nonces != null) {
        nonces.onWire(event);
      }
      if (event instanceof WireEvent.Sent sent) {
        int type = sent.datagram().payload().get(0);
        messages[type >= 1 && type <= 4 ? type : 0]++;
        octets += sent.datagram().length() + IPV4_AND_UDP_HEADERS;
      }
    }

    long[] read() {
      return new long[] {messages[1], messages[2], messages[3], messages[4], octets};
    }
  }

  private final SimNetwork network = new SimNetwork(1);
  private final Counters counters = new Counters();
  private final List<Member> members = new ArrayList<>();
  private final List<Overlay> overlays = new ArrayList<>();
  private long sessions;

  @Test
  void everyNodeReachesTheRootAndItsNeighbours() {
    long wallStart = System.nanoTime();
    long cpuStart = cpuNanos();
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.uniform(Duration.ofMillis(5), Duration.ofMillis(40)))
            .build());
    network.observe(counters);
    for (int i = 0; i < NODES; i++) {
      members.add(newMember(i));
    }
    List<Host> entries = members.stream().map(Member::entry).toList();
    long before = usedHeap();
    for (Member member : members) {
      overlays.add(open(member, entries));
    }
    converge();
    tell(
        "converged, CPU %d s, wall %d s"
            .formatted(
                (cpuNanos() - cpuStart) / 1_000_000_000,
                (System.nanoTime() - wallStart) / 1_000_000_000));
    long[] atConvergence = counters.read();
    tell(
        "initiations %d, responses %d, cookie replies %d, transport data %d; %d octets"
            .formatted(boxed(atConvergence)));
    heap(before);
    network.runFor(Duration.ofMinutes(1));
    long[] later = counters.read();
    for (int i = 0; i < later.length; i++) {
      later[i] -= atConvergence[i];
    }
    tell(
        "the minute after: initiations %d, responses %d, cookie replies %d, data %d; %d octets"
            .formatted(boxed(later)));
    assertEquals(2 * sessions, connectedPeers(), "connected peers a minute later");
    overlays.forEach(Overlay::close);
    network.runFor(Duration.ofSeconds(1));
    tell("all: CPU %d s".formatted((cpuNanos() - cpuStart) / 1_000_000_000));
  }

  private Member newMember(int index) {
    String address = "203.0." + index / 250 + "." + (index % 250 + 1);
    SimHost host = network.host("host" + index, address);
    host.timerJitter(Duration.ofMillis(network.random().nextInt(5)));
    Optional<String> name = index == 0 ? Optional.of("root.example") : Optional.empty();
    name.ifPresent(dns -> network.names().set(dns, address));
    return new Member(index, PrivateKey.generate(network.random()), host, name, Duration.ZERO);
  }

  private Overlay open(Member member, List<Host> entries) {
    List<Host> known = entries;
    if (member.index != 0 && NEIGHBOURS < NODES - 1) {
      Set<Host> chosen = new LinkedHashSet<>();
      chosen.add(entries.getFirst());
      for (int i = -NEIGHBOURS / 2; i <= NEIGHBOURS / 2; i++) {
        chosen.add(entries.get(1 + Math.floorMod(member.index - 1 + i, NODES - 1)));
      }
      known = List.copyOf(chosen);
    }
    sessions += known.size() - 1;
    if (member.index == NODES - 1) {
      sessions /= 2;
    }
    return Overlay.open(
        OverlayConfig.builder(member.name(), member.key)
            .interfaceConfig(InterfaceConfig.builder(member.key).build())
            .network(new NetworkRevision(1, known, List.of(), Member.WIREGUARD_PORT, KEEPALIVE))
            .pex(PexConfig.defaults())
            .build(),
        member.host.newRuntime());
  }

  private void converge() {
    tell("%d nodes, %d pairs that know each other".formatted(NODES, sessions));
    boolean rootTold = false;
    while (network.time().elapsed().compareTo(LIMIT) < 0) {
      network.runFor(Duration.ofSeconds(1));
      long withRoot = overlays.getFirst().status().peers().stream().filter(this::isUp).count();
      if (!rootTold && withRoot == NODES - 1) {
        tell("the root is connected to all");
        rootTold = true;
      }
      long connected = connectedPeers();
      if (network.time().elapsed().toSeconds() % 5 == 0) {
        tell("%d of %d peers connected".formatted(connected, 2 * sessions));
      }
      if (connected == 2 * sessions) {
        return;
      }
    }
    throw new AssertionError("not converged: " + connectedPeers() + " of " + 2 * sessions);
  }

  private long connectedPeers() {
    return overlays.stream()
        .mapToLong(overlay -> overlay.status().peers().stream().filter(this::isUp).count())
        .sum();
  }

  private boolean isUp(PeerStatus peer) {
    return peer.connected() && peer.isDirect();
  }

  private void heap(long before) {
    counters.nonces = null;
    long used = usedHeap() - before;
    tell(
        "heap %d MiB, %d KiB a node, %d octets a peer; before opening %d MiB"
            .formatted(used >> 20, (used >> 10) / NODES, used / (2 * sessions), before >> 20));
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static Object[] boxed(long[] numbers) {
    Object[] boxes = new Object[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      boxes[i] = numbers[i];
    }
    return boxes;
  }

  private void tell(String text) {
    System.out.println("at " + network.time() + ": " + text);
  }
}
