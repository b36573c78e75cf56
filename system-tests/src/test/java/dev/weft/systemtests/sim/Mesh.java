// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.testkit.NonceReuseCheck;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimNode;
import dev.weft.transport.InterfaceAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** A mesh of real overlays on a simulated underlay, and the invariants that hold in it always. */
final class Mesh {

  private static final String SOURCE_NOT_ALLOWED = "source-not-allowed";
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CONVERGENCE_LIMIT = Duration.ofMinutes(5);

  private final SimNetwork network;
  private final NonceReuseCheck nonces = new NonceReuseCheck();
  private final Topology topology;
  private final NetworkRevision revision;
  private final Traffic traffic;
  private final Faults faults;

  Mesh(long seed, int size) {
    network = new SimNetwork(seed);
    network.observe(nonces);
    topology = new Topology(network, size);
    traffic =
        new Traffic(
            topology.members,
            network.random().fork("traffic"),
            Duration.ofMillis(size > 10 ? 2000 : 200));
    revision =
        new NetworkRevision(
            1,
            topology.members.stream().map(Member::entry).toList(),
            List.of(),
            Member.WIREGUARD_PORT,
            Duration.ofSeconds(5 + 5L * network.random().nextInt(3)));
    faults = new Faults(network, topology, this::start);
  }

  long traceHash() {
    return network.traceHash();
  }

  /** Starts all members and their applications. */
  void open() {
    topology.members.forEach(this::start);
    topology.members.forEach(traffic::start);
  }

  private void start(Member member) {
    InterfaceConfig.Builder own = InterfaceConfig.builder(member.key).listenPort(member.listenPort);
    if (member == traffic.forger()) {
      traffic.claims().forEach(address -> own.address(InterfaceAddress.host(address)));
    }
    SimNode node =
        member.start(
            OverlayConfig.builder(member.name(), member.key)
                .interfaceConfig(own.build())
                .network(revision)
                .pex(PexConfig.defaults())
                .build());
    node.overlay()
        .ready()
        .whenComplete(
            (nothing, failure) -> {
              if (failure == null && member.runs(node)) {
                traffic.bind(member, node);
              }
            });
  }

  /** Lets time pass, with the invariants checked after each step. */
  void run(Duration duration) {
    if (network.runUntil(() -> !traffic.violations().isEmpty(), duration)) {
      throw new AssertionError(traffic.violations().toString());
    }
  }

  /** Lets time pass with faults, which have all ended on return. */
  void suffer(Duration duration, int count) {
    faults.plan(duration, count);
    faults.run(duration, this::run);
    faults.stop();
  }

  /**
   * Waits until every pair is connected directly and every ping is answered.
   *
   * @return how long it took
   */
  Duration converge() {
    Duration start = network.time().elapsed();
    List<String> missing = List.of("not asked");
    while (network.time().elapsed().minus(start).compareTo(CONVERGENCE_LIMIT) < 0) {
      run(PAUSE);
      missing = unconnected();
      if (missing.isEmpty()) {
        missing = unanswered();
      }
      if (missing.isEmpty()) {
        return network.time().elapsed().minus(start);
      }
    }
    throw new AssertionError("the mesh did not converge: " + missing);
  }

  private List<String> unconnected() {
    List<String> missing = new ArrayList<>();
    for (Member one : topology.members) {
      for (Member other : topology.members) {
        if (one != other && !one.isConnectedTo(other)) {
          missing.add(
              one
                  + " to "
                  + other
                  + " at "
                  + one.peer(other)
                      .flatMap(PeerStatus::endpoint)
                      .map(Object::toString)
                      .orElse("-"));
        }
      }
    }
    return missing;
  }

  private List<String> unanswered() {
    List<String> missing = new ArrayList<>();
    List<CompletableFuture<?>> pings = new ArrayList<>();
    for (Member one : topology.members) {
      for (Member other : topology.members) {
        if (one != other) {
          pings.add(
              one.running()
                  .overlay()
                  .ping(other.overlayAddress, PING_TIMEOUT)
                  .toCompletableFuture()
                  .whenComplete(
                      (time, failure) -> {
                        if (failure != null) {
                          missing.add("ping from " + one + " to " + other + ": " + failure);
                        }
                      }));
        }
      }
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(pings.toArray(CompletableFuture[]::new));
    network.runUntil(all::isDone, PING_TIMEOUT.plusSeconds(1));
    return all.isDone() ? missing : List.of("pings without an end");
  }

  /** Checks that forged packets do arrive, and that the receivers count them. */
  void provoke() {
    List<Member> receivers =
        topology.members.stream().filter(member -> member != traffic.forger()).toList();
    Map<Member, Long> before =
        receivers.stream().collect(Collectors.toMap(receiver -> receiver, Mesh::refused));
    receivers.forEach(traffic::forge);
    run(Duration.ofSeconds(3));
    for (Member receiver : receivers) {
      if (refused(receiver) <= before.getOrDefault(receiver, 0L)) {
        throw new AssertionError(receiver + " did not count a forged packet");
      }
    }
    if (traffic.delivered() == 0 || nonces.messages() == 0) {
      throw new AssertionError("nothing was delivered: the checks checked nothing");
    }
  }

  private static long refused(Member member) {
    return Optional.ofNullable(member.status().drops().get(SOURCE_NOT_ALLOWED)).orElse(0L);
  }

  /** Closes everything; sockets and tasks that are left behind are an error. */
  void close() {
    for (Member member : topology.members) {
      member.appRuntime.close();
      member.running().close();
    }
    if (network.openPorts() != 0 || network.pendingTasks() != 0) {
      throw new AssertionError(
          "left behind: " + network.openPorts() + " sockets, " + network.pendingTasks() + " tasks");
    }
  }

  String summary() {
    return topology.members.size()
        + " members, "
        + network.time()
        + " simulated, "
        + traffic.delivered()
        + " of "
        + traffic.sent()
        + " datagrams delivered, "
        + traffic.forged()
        + " forged, "
        + nonces.sessions()
        + " sessions";
  }

  @Override
  public String toString() {
    return topology + "\n" + faults + "\nat " + network.time() + ", drops " + network.drops();
  }
}
