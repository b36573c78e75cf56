// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import dev.weft.pex.stun.DetectorState.Asking;
import dev.weft.pex.stun.DetectorState.AwaitingPex;
import dev.weft.pex.stun.DetectorState.Idle;
import dev.weft.pex.stun.DetectorState.Off;
import dev.weft.pex.stun.DetectorState.Resolving;
import dev.weft.pex.stun.DetectorState.Waiting;
import dev.weft.pex.stun.PortDetectorEffect.ExternalEndpointChanged;
import dev.weft.pex.stun.PortDetectorEffect.Resolve;
import dev.weft.pex.stun.PortDetectorEffect.SendFromWireGuardPort;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Finds the external port of the WireGuard port, for a node whose data plane owns that socket: STUN
 * requests leave from it and answers come back to it, among WireGuard's datagrams. So nothing is
 * left of taking the port over, of raw packets, of RESPONSE-PORT and of the external port of the
 * PEX socket. Without I/O and clock; belongs to its owner's thread, but for {@link #claims}.
 * Source: PEX §10.
 *
 * <p>Otherwise than the recorded daemon, IPv4 and IPv6 are asked for; each attempt has three
 * rounds; an answer is followed by one more request, to a server with another address, which tells
 * how the NAT maps; a load that changes neither servers nor port does not ask again what is known;
 * and what a server told is not overwritten by what a peer tells, which may be the configured port
 * (PEX §10, quirk).
 */
public final class PortDetector {

  /** How many servers are asked at most, counted in names; more are left out. */
  public static final int MAX_SERVERS = 8;

  static final long BETWEEN_SERVERS_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  static final long ANSWER_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final int ROUNDS = 3;
  static final long PEX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);
  static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(15);

  /** Whoever resolves names has a time limit of its own; this one is for when it forgets. */
  static final long RESOLVE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** When no name could be resolved, as on a host that has just started. */
  static final long RESOLVE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final StunTransactions transactions;
  private final FamilyResult ipv4 = new FamilyResult();
  private final FamilyResult ipv6 = new FamilyResult();
  private List<EndpointName> names = List.of();
  private int localPort = -1;
  private OptionalInt portFromPeer = OptionalInt.empty();
  private final Set<Endpoint> servers = new LinkedHashSet<>();
  private DetectorState state = new Off();

  /** Nothing is known and nothing is done. */
  public PortDetector(RandomSource random) {
    transactions = new StunTransactions(random);
  }

  /**
   * A configuration comes into force. What is known stays as long as port and servers do.
   *
   * @param stunServers none means that nobody is asked
   * @param wireGuardPort the local port of the socket
   * @param connectedToPexPeer whether a peer that has a PEX port is connected: it may tell the port
   */
  public List<PortDetectorEffect> load(
      List<EndpointName> stunServers,
      int wireGuardPort,
      boolean connectedToPexPeer,
      long nowNanos) {
    List<EndpointName> next = stunServers.stream().distinct().limit(MAX_SERVERS).toList();
    boolean samePort = wireGuardPort == localPort;
    boolean sameServers = new HashSet<>(next).equals(new HashSet<>(names));
    names = next;
    localPort = wireGuardPort;
    if (!samePort) {
      portFromPeer = OptionalInt.empty();
    }
    if (!samePort || !sameServers) {
      forgetMeasured();
      state = new Off();
    }
    return switch (state) {
      case Off off -> start(connectedToPexPeer, nowNanos);
      case Idle idle when !isKnown() -> start(connectedToPexPeer, nowNanos);
      case Idle idle -> List.of();
      case AwaitingPex awaiting -> List.of();
      case Resolving resolving -> List.of();
      case Asking asking -> List.of();
      case Waiting waiting -> List.of();
    };
  }

  /**
   * The host moved to another network, or the socket was opened anew: nothing holds that was known,
   * and servers are asked at once.
   */
  public List<PortDetectorEffect> onNetworkChanged(long nowNanos) {
    portFromPeer = OptionalInt.empty();
    forgetMeasured();
    return start(false, nowNanos);
  }

  private void forgetMeasured() {
    ipv4.forget();
    ipv6.forget();
    transactions.clear();
    servers.clear();
  }

  private boolean isKnown() {
    return portFromPeer.isPresent() || ipv4.external().isPresent() || ipv6.external().isPresent();
  }

  private List<PortDetectorEffect> start(boolean connectedToPexPeer, long nowNanos) {
    if (names.isEmpty()) {
      state = new Off();
      return List.of();
    }
    if (!isKnown() && connectedToPexPeer) {
      state = new AwaitingPex(nowNanos + PEX_WAIT_NANOS);
      return List.of();
    }
    return resolve(nowNanos);
  }

  private List<PortDetectorEffect> resolve(long nowNanos) {
    transactions.clear();
    servers.clear();
    ipv4.startAttempt();
    ipv6.startAttempt();
    state = new Resolving(Set.copyOf(names), nowNanos + RESOLVE_WAIT_NANOS);
    return names.stream().<PortDetectorEffect>map(Resolve::new).toList();
  }

  /**
   * A name was resolved. The first address of each family is used.
   *
   * @param addresses none if it could not be resolved
   */
  public List<PortDetectorEffect> onResolved(
      EndpointName server, List<InetAddress> addresses, long nowNanos) {
    if (!(state instanceof Resolving resolving) || !resolving.missing().contains(server)) {
      return List.of();
    }
    firstOf(Inet4Address.class, server, addresses).ifPresent(servers::add);
    firstOf(Inet6Address.class, server, addresses).ifPresent(servers::add);
    Set<EndpointName> missing = new HashSet<>(resolving.missing());
    missing.remove(server);
    state = new Resolving(missing, resolving.untilNanos());
    return missing.isEmpty() ? firstRound(nowNanos) : List.of();
  }

  private static Optional<Endpoint> firstOf(
      Class<? extends InetAddress> family, EndpointName server, List<InetAddress> addresses) {
    return addresses.stream()
        .filter(family::isInstance)
        .findFirst()
        .map(address -> new Endpoint(address, server.port()));
  }

  private List<PortDetectorEffect> firstRound(long nowNanos) {
    List<PortDetectorEffect> effects = new ArrayList<>();
    ask(1, List.copyOf(servers), nowNanos, effects);
    return effects;
  }

  /** When {@link #onDeadline} is due; absent if nothing is waited for. */
  public OptionalLong nextDeadlineNanos() {
    return switch (state) {
      case Off off -> OptionalLong.empty();
      case AwaitingPex awaiting -> OptionalLong.of(awaiting.untilNanos());
      case Resolving resolving -> OptionalLong.of(resolving.untilNanos());
      case Asking asking -> OptionalLong.of(asking.nextNanos());
      case Waiting waiting -> OptionalLong.of(waiting.untilNanos());
      case Idle idle -> OptionalLong.of(idle.untilNanos());
    };
  }

  /** Does what is due; nothing if nothing is. */
  public List<PortDetectorEffect> onDeadline(long nowNanos) {
    OptionalLong deadline = nextDeadlineNanos();
    if (deadline.isEmpty() || deadline.getAsLong() - nowNanos > 0) {
      return List.of();
    }
    List<PortDetectorEffect> effects = new ArrayList<>();
    switch (state) {
      case Off off -> throw new IllegalStateException("there is no deadline");
      case AwaitingPex awaiting -> effects.addAll(resolve(nowNanos));
      case Resolving resolving -> effects.addAll(firstRound(nowNanos));
      case Asking asking -> ask(asking.round(), asking.remaining(), nowNanos, effects);
      case Waiting waiting -> endRound(waiting.round(), nowNanos, effects);
      case Idle idle -> effects.addAll(resolve(nowNanos));
    }
    return effects;
  }

  /** Asks the next server of a round that still has something to tell. */
  private void ask(
      int round, List<Endpoint> candidates, long nowNanos, List<PortDetectorEffect> effects) {
    List<Endpoint> remaining = stillWanted(candidates);
    if (remaining.isEmpty()) {
      endRound(round, nowNanos, effects);
      return;
    }
    Endpoint server = remaining.getFirst();
    effects.add(new SendFromWireGuardPort(server, transactions.open(server).encode()));
    remaining = remaining.subList(1, remaining.size());
    state =
        remaining.isEmpty()
            ? new Waiting(round, nowNanos + ANSWER_WAIT_NANOS)
            : new Asking(round, remaining, nowNanos + BETWEEN_SERVERS_NANOS);
  }

  private List<Endpoint> stillWanted(List<Endpoint> candidates) {
    return candidates.stream().filter(server -> family(server).wants(server.address())).toList();
  }

  /** Any answer ends the rounds of a family. */
  private void endRound(int round, long nowNanos, List<PortDetectorEffect> effects) {
    List<Endpoint> silent =
        servers.stream().filter(server -> !family(server).isAnswered()).toList();
    if (silent.isEmpty() || round == ROUNDS) {
      transactions.clear();
      state = new Idle(nowNanos + (servers.isEmpty() ? RESOLVE_RETRY_NANOS : IDLE_NANOS));
    } else {
      ask(round + 1, silent, nowNanos, effects);
    }
  }

  /**
   * Whether a datagram that arrived on the WireGuard socket looks like an answer to a STUN request,
   * and so is none of WireGuard's. Any thread.
   *
   * @param datagram from its position to its limit; unchanged
   */
  public static boolean claims(ByteBuffer datagram) {
    return StunMessage.isResponse(datagram);
  }

  /**
   * A datagram that this one {@link #claims}. It counts only if it answers a request of ours and
   * comes from the server that was asked.
   */
  public List<PortDetectorEffect> onDatagram(ByteBuffer datagram, Endpoint source, long nowNanos) {
    Optional<StunTransactions.Match> match = transactions.match(datagram, source);
    Optional<Endpoint> reflexive = match.flatMap(StunTransactions::usable);
    if (reflexive.isEmpty()) {
      return List.of();
    }
    List<PortDetectorEffect> effects = new ArrayList<>();
    FamilyResult family = family(source);
    if (family.onAnswer(source.address(), reflexive.get())) {
      effects.add(new ExternalEndpointChanged(family.external().orElseThrow()));
    }
    // Nobody is left who could tell more: the wait would be for nothing.
    if (servers.stream().noneMatch(server -> family(server).wants(server.address()))) {
      endRound(ROUNDS, nowNanos, effects);
    }
    return effects;
  }

  /** A peer told the external port, in an own-id entry of NOTIFY_PEERS. 0 is ignored. PEX §6.2. */
  public void onPortFromPeer(int port) {
    if (port > 0 && port <= 0xffff) {
      portFromPeer = OptionalInt.of(port);
    }
  }

  /**
   * The external port to tell a host at this destination (PEX §6.10): what servers of its family
   * saw; else what a peer told.
   */
  public OptionalInt externalPortTowards(Endpoint destination) {
    Optional<ExternalEndpoint> measured = family(destination).external();
    return measured.isPresent() ? OptionalInt.of(measured.get().endpoint().port()) : portFromPeer;
  }

  /** Whether any external port is known: then the node need not ask peers for it. PEX §6.3. */
  public boolean isPortKnown() {
    return isKnown();
  }

  /** What servers saw, IPv4 first; at most one of each family. */
  public List<ExternalEndpoint> externalEndpoints() {
    List<ExternalEndpoint> known = new ArrayList<>();
    ipv4.external().ifPresent(known::add);
    ipv6.external().ifPresent(known::add);
    return known;
  }

  /** Claimed datagrams that were no answer of use: malformed, not asked for, or from elsewhere. */
  public long ignoredDatagrams() {
    return transactions.malformed() + transactions.unmatched();
  }

  private FamilyResult family(Endpoint endpoint) {
    return endpoint.isIpv6() ? ipv6 : ipv4;
  }
}
