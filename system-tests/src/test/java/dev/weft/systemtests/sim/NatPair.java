// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import dev.weft.overlay.Host;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.testkit.Latency;
import dev.weft.testkit.LinkConditions;
import dev.weft.testkit.NonceReuseCheck;
import dev.weft.testkit.SeededRandom;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimNode;
import dev.weft.testkit.WireEvent;
import dev.weft.transport.EndpointName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Public nodes, and two hosts that nobody knows the endpoints of: real overlays with user-space
 * WireGuard and peer exchange, on a simulated internet. What a network's data say is all they know.
 */
final class NatPair implements AutoCloseable {

  static final int PORT = 51820;
  private static final int PEX_PORT = 51830;
  private static final Duration STEP = Duration.ofMillis(250);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(2);

  /** How long the first one is there before the other, and up to a second more. */
  private static final Duration HEAD_START = Duration.ofSeconds(7);

  private record Participant(Host entry, PrivateKey key, SimHost host) {}

  private final SimNetwork network;
  private final List<Participant> participants = new ArrayList<>();
  private final List<SimNode> nodes = new ArrayList<>();
  private final Duration keepalive;
  private int others;
  private final long[] crossed = new long[2];

  NatPair(long seed, Duration keepalive) {
    network = new SimNetwork(seed);
    this.keepalive = keepalive;
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.uniform(Duration.ofMillis(15), Duration.ofMillis(35)))
            .build());
    network.observe(new NonceReuseCheck());
    network.observe(this::count);
  }

  SimNetwork network() {
    return network;
  }

  /** Adds a public node with a name in the network's data. */
  SimHost root(String... addresses) {
    others++;
    String name = "root" + others;
    SimHost host = network.host(name, addresses);
    network.names().set(name + ".example", addresses);
    add(host, Optional.of(new EndpointName(name + ".example", PORT)));
    return host;
  }

  /** Adds a host that is neither public nor one of the two. */
  void bystander(SimHost host) {
    others++;
    add(host, Optional.empty());
  }

  /** Adds one of the two. */
  void join(SimHost host) {
    add(host, Optional.empty());
  }

  private void add(SimHost host, Optional<EndpointName> endpoint) {
    PrivateKey key = PrivateKey.generate(network.random());
    int number = participants.size() + 1;
    Host.Builder entry =
        Host.builder(
                host.name(),
                key.publicKey(),
                (Inet6Address) InetAddress.ofLiteral("fd57:6566:7400::" + number))
            .port(PORT)
            .pexPort(PEX_PORT);
    endpoint.ifPresent(entry::endpoint);
    participants.add(new Participant(entry.build(), key, host));
  }

  /** Starts the public nodes and one of the two, and some seconds later the other. */
  void open() {
    SeededRandom phases = network.random().fork("phases");
    NetworkRevision revision =
        new NetworkRevision(
            1, participants.stream().map(Participant::entry).toList(), List.of(), PORT, keepalive);
    for (Participant participant : participants) {
      if (participant.equals(participants.getLast())) {
        network.runFor(HEAD_START);
      }
      // The ticks of real hosts are not in step.
      network.runFor(Duration.ofMillis(phases.nextInt(1000)));
      nodes.add(
          SimNode.open(
              participant.host(),
              OverlayConfig.builder(participant.host().name(), participant.key())
                  .interfaceConfig(
                      InterfaceConfig.builder(participant.key()).listenPort(PORT).build())
                  .network(revision)
                  .pex(PexConfig.defaults())
                  .build()));
    }
  }

  private void count(WireEvent event) {
    if (event instanceof WireEvent.Delivered delivered) {
      int from = indexOf(delivered.datagram().sender());
      int to = indexOf(delivered.receiver());
      if (from >= 0 && to >= 0 && from != to) {
        crossed[from]++;
      }
    }
  }

  /** 0 and 1 for the two, less for others. */
  private int indexOf(SimHost host) {
    for (int i = others; i < participants.size(); i++) {
      if (participants.get(i).host() == host) {
        return i - others;
      }
    }
    return -1;
  }

  /** Datagrams that went from one of the two to the other. */
  long crossed() {
    return crossed[0] + crossed[1];
  }

  /**
   * Waits until something has gone from each of the two to the other, and nothing makes it go: no
   * packet of an application, just keepalives, pings of peer exchange, and handshakes.
   *
   * @return how long it took; empty if it did not happen in time
   */
  Optional<Duration> awaitTraffic(Duration limit) {
    Duration start = network.time().elapsed();
    long[] before = crossed.clone();
    boolean both = network.runUntil(() -> crossed[0] > before[0] && crossed[1] > before[1], limit);
    return both ? Optional.of(network.time().elapsed().minus(start)) : Optional.empty();
  }

  /** How often one of the two held the other for lost. */
  long losses() {
    return nodes.stream()
        .skip(others)
        .flatMap(node -> node.events(OverlayEvent.PeerLost.class).stream())
        .filter(
            lost ->
                participants.stream()
                    .skip(others)
                    .anyMatch(one -> one.entry().key().equals(lost.peer())))
        .count();
  }

  /** Whether both say that they are connected, and directly. */
  boolean isConnected() {
    int last = nodes.size() - 1;
    return seesConnected(last - 1, last) && seesConnected(last, last - 1);
  }

  private boolean seesConnected(int from, int to) {
    return peer(from, to).filter(peer -> peer.connected() && peer.isDirect()).isPresent();
  }

  private Optional<PeerStatus> peer(int from, int to) {
    return nodes.get(from).overlay().status().peer(participants.get(to).entry().key());
  }

  /** Whether each of the two answers the other's ping. */
  boolean isAnswering() {
    int last = nodes.size() - 1;
    CompletableFuture<Boolean> there = ping(last - 1, last);
    CompletableFuture<Boolean> back = ping(last, last - 1);
    network.runUntil(() -> there.isDone() && back.isDone(), PING_TIMEOUT.plus(SECOND));
    return there.getNow(false) && back.getNow(false);
  }

  private CompletableFuture<Boolean> ping(int from, int to) {
    return nodes
        .get(from)
        .overlay()
        .ping(participants.get(to).entry().overlayAddress(), PING_TIMEOUT)
        .handle((time, failure) -> failure == null)
        .toCompletableFuture();
  }

  /**
   * Waits until the two are connected and answer each other.
   *
   * @return how long it took; empty if it did not happen in time
   */
  Optional<Duration> awaitDirect(Duration limit) {
    Duration start = network.time().elapsed();
    while (network.time().elapsed().minus(start).compareTo(limit) < 0) {
      network.runFor(STEP);
      Duration taken = network.time().elapsed().minus(start);
      if (isConnected() && isAnswering()) {
        return Optional.of(taken);
      }
    }
    return Optional.empty();
  }

  /** Checks that pings go straight: they are answered while nobody else can be reached. */
  boolean isAnsweringAlone() {
    participants.stream().limit(others).forEach(other -> network.isolate(other.host()));
    long before = crossed();
    boolean answering = isAnswering();
    network.heal();
    // Two questions and two answers.
    return answering && crossed() - before >= 4;
  }

  @Override
  public void close() {
    nodes.forEach(SimNode::close);
    if (network.openPorts() != 0 || network.pendingTasks() != 0) {
      throw new AssertionError("sockets or tasks were left behind");
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("at " + network.time() + ", drops " + network.drops());
    for (int from = 0; from < nodes.size(); from++) {
      for (int to = 0; to < nodes.size(); to++) {
        int index = to;
        int self = from;
        peer(from, to)
            .ifPresent(
                peer ->
                    text.append("\n  ")
                        .append(nodes.get(self))
                        .append(" sees ")
                        .append(nodes.get(index))
                        .append(" at ")
                        .append(peer.endpoint().map(Object::toString).orElse("-"))
                        .append(peer.connected() ? " connected" : ""));
      }
    }
    return text.toString();
  }
}
