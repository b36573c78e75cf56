// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PeerEndpoint;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.node.PexEffect.ConnectionChanged;
import dev.weft.pex.node.PexEffect.HandshakeSeen;
import dev.weft.pex.node.PexEffect.ProposeEndpoint;
import dev.weft.pex.node.PexEffect.Send;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * A host's side of PEX in the tunnel: it takes revisions, ticks and messages, and says what to do.
 * Memory is bounded by the hosts of the revision. Belongs to the overlay's queue. Source: PEX §5 to
 * §7, §9 and §12.1.
 */
public final class PexNode {

  /** A peer is asked again after more than this. PEX §9.4. */
  private static final long QUERY_THROTTLE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final PublicKey localKey;
  private final RandomSource random;
  private final LocalAddresses localAddresses;
  private final PexCounters counters;

  private final Map<PublicKey, PeerState> peers = new HashMap<>();
  private Optional<PexNetwork> network = Optional.empty();
  private int keepaliveSeconds;
  private int ownPort;
  private OptionalInt externalPort = OptionalInt.empty();

  /**
   * A node that knows nobody yet.
   *
   * @param localKey the local host's key
   * @param random chooses whom to ask
   * @param localAddresses what a HELLO tells
   * @param counters counts what is dropped
   */
  public PexNode(
      PublicKey localKey,
      RandomSource random,
      LocalAddresses localAddresses,
      PexCounters counters) {
    this.localKey = localKey;
    this.random = random;
    this.localAddresses = localAddresses;
    this.counters = counters;
  }

  /**
   * Puts a revision in force. What is known about direct peers with the same key stays.
   *
   * @param keepalive the interval of PEX §9; zero makes the node passive: it only answers
   * @param ownPort the own PEX port; 0 if there is none, and then nothing is sent
   * @return the revision as this host sees it
   */
  public PexNetwork load(NetworkRevision revision, Duration keepalive, int ownPort) {
    return load(new PexNetwork(localKey, revision), keepalive, ownPort);
  }

  /**
   * Puts a revision in force, as {@link #load(NetworkRevision, Duration, int)} does.
   *
   * @param loaded seen by the local host; hosts that are known only here are neither asked nor
   *     asked for, and their own questions are not answered (PEX §3.2)
   */
  public PexNetwork load(PexNetwork loaded, Duration keepalive, int ownPort) {
    Map<PublicKey, PeerState> kept = new HashMap<>();
    for (Host host : loaded.directPeers()) {
      PeerState state = peers.get(host.key());
      if (state == null) {
        state = new PeerState(host);
      }
      state.host = host;
      kept.put(host.key(), state);
    }
    peers.clear();
    peers.putAll(kept);
    network = Optional.of(loaded);
    keepaliveSeconds = Math.toIntExact(keepalive.toSeconds());
    this.ownPort = ownPort;
    return loaded;
  }

  /**
   * Whether traffic passes to a peer, by PEX §9.2.
   *
   * @return empty if the node does not watch it: no direct peer, or the node is passive
   */
  public Optional<Boolean> isConnected(PublicKey key) {
    PeerState peer = peers.get(key);
    return peer == null || keepaliveSeconds == 0 ? Optional.empty() : Optional.of(peer.connected);
  }

  /** The own WireGuard port as others see it, if somebody said so. PEX §6.2, §10. */
  public OptionalInt externalPort() {
    return externalPort;
  }

  /** The external port became known otherwise: peers are asked for it no more. PEX §6.3, §10. */
  public void onExternalPort(int port) {
    externalPort = OptionalInt.of(port);
  }

  // The tick. PEX §9.1, §9.2.

  /**
   * A tick: ages all peers, then looks at what WireGuard says about them, in the given order.
   *
   * @param snapshots all peers of the data plane; those that are no direct peers are ignored
   */
  public List<PexEffect> onTick(long nowNanos, List<PeerSnapshot> snapshots) {
    List<PexEffect> effects = new ArrayList<>();
    if (keepaliveSeconds == 0) {
      return effects; // PEX §9.1 step 2, §19 quirk 1
    }
    for (Host host : directPeers()) {
      age(stateOf(host), effects);
    }
    for (PeerSnapshot snapshot : snapshots) {
      PeerState peer = peers.get(snapshot.publicKey());
      if (peer != null) {
        poll(peer, snapshot, nowNanos, effects);
      }
    }
    for (Host host : directPeers()) {
      PeerState peer = stateOf(host);
      if (!peer.connected) {
        peer.told.onTick().ifPresent(endpoint -> propose(peer, endpoint, effects));
      }
    }
    return effects;
  }

  private void age(PeerState peer, List<PexEffect> effects) {
    peer.idle = Math.min(peer.idle, Integer.MAX_VALUE - 1) + 1;
    peer.pingWait = Math.max(0, peer.pingWait - 1);
    if (peer.idle >= 2L * keepaliveSeconds) {
      setConnected(peer, false, effects);
    }
    if (peer.idle > keepaliveSeconds && peer.pingWait == 0 && peer.endpoint.isPresent()) {
      send(peer, new Ping(), effects);
      peer.pingWait = 1 + keepaliveSeconds / 2;
    }
  }

  private void poll(PeerState peer, PeerSnapshot snapshot, long nowNanos, List<PexEffect> effects) {
    boolean grew = snapshot.receivedOctets() > peer.receivedOctets;
    boolean endpointChanged =
        snapshot.endpoint().isPresent() && !snapshot.endpoint().equals(peer.endpoint);
    boolean handshake =
        snapshot.lastHandshakeNanos().isPresent()
            && !snapshot.lastHandshakeNanos().equals(peer.lastHandshakeNanos);
    peer.receivedOctets = snapshot.receivedOctets();
    peer.endpoint = snapshot.endpoint();
    peer.lastHandshakeNanos = snapshot.lastHandshakeNanos();

    if (grew) {
      peer.idle = 0;
      setConnected(peer, true, effects);
    }
    if (handshake) {
      onHandshake(peer, nowNanos, effects);
    }
    if (endpointChanged) {
      onEndpointChanged(peer, effects);
    }
  }

  private void onHandshake(PeerState peer, long nowNanos, List<PexEffect> effects) {
    long ageNanos = nowNanos - peer.lastHandshakeNanos.orElseThrow();
    long ageSeconds = Math.max(0, TimeUnit.NANOSECONDS.toSeconds(ageNanos));
    if (ageSeconds <= keepaliveSeconds) {
      peer.idle = (int) Math.min(peer.idle, ageSeconds);
      setConnected(peer, true, effects);
    }
    peer.lastQueryNanos = OptionalLong.empty();
    peer.endpoint
        .flatMap(localAddresses::towards)
        .ifPresent(address -> send(peer, new Hello(address), effects));
    effects.add(new HandshakeSeen(peer.host, peer.endpoint));
  }

  /** PEX §6.2 (b). An endpoint that was only just configured is announced too. */
  private void onEndpointChanged(PeerState changed, List<PexEffect> effects) {
    for (Host host : directPeers()) {
      PeerState receiver = stateOf(host);
      if (receiver != changed && receiver.connected) {
        tell(changed, receiver, effects);
      }
    }
  }

  /**
   * Those behind the same public address are told of a local address as soon as it is known.
   * Without it they would hear of it only when they ask again.
   */
  private void onHello(PeerState sender, Hello hello, long nowNanos, List<PexEffect> effects) {
    Optional<InetAddress> before = sender.localAddress;
    sender.localAddress = Optional.of(hello.localAddress());
    // Once a second, or one member could make this one send to all others without end.
    OptionalLong second = secondOf(nowNanos);
    if (sender.connected
        && !sender.localAddress.equals(before)
        && !second.equals(sender.lastToldSecond)) {
      sender.lastToldSecond = second;
      for (Host host : directPeers()) {
        PeerState receiver = stateOf(host);
        if (receiver != sender && receiver.connected && sender.sharesAddressWith(receiver)) {
          tell(sender, receiver, effects);
        }
      }
    }
  }

  private void tell(PeerState about, PeerState receiver, List<PexEffect> effects) {
    List<PeerEndpoint> entries = about.describeTo(receiver);
    if (!entries.isEmpty()) {
      send(receiver, new NotifyPeers(entries), effects);
    }
  }

  private void setConnected(PeerState peer, boolean connected, List<PexEffect> effects) {
    if (peer.connected != connected) {
      peer.connected = connected;
      effects.add(new ConnectionChanged(peer.host.key(), connected));
    }
  }

  /** The end of a tick, after candidates were configured: at most one QUERY. PEX §9.4. */
  public List<PexEffect> onCandidatesTried(long nowNanos) {
    List<PexEffect> effects = new ArrayList<>();
    List<PeerId> missing = missingHosts();
    if (keepaliveSeconds == 0 || missing.isEmpty()) {
      return effects;
    }
    chooseWhomToAsk(nowNanos)
        .filter(this::isReachable)
        .ifPresent(
            peer -> {
              peer.lastQueryNanos = OptionalLong.of(nowNanos);
              send(peer, new Query(missing), effects);
            });
    return effects;
  }

  /** The hosts to ask for, in byte order of their names. PEX §6.3. */
  private List<PeerId> missingHosts() {
    return network.map(PexNetwork::hosts).orElse(List.of()).stream()
        .filter(host -> host.endpoint().isEmpty() && host.gateway().isEmpty())
        .filter(this::isMissing)
        .filter(host -> !isLocalOnly(host))
        .map(host -> host.key().peerId())
        .limit(Query.MAX_PEERS)
        .toList();
  }

  private boolean isMissing(Host host) {
    if (host.key().equals(localKey)) {
      return externalPort.isEmpty();
    }
    PeerState peer = peers.get(host.key());
    return peer != null && !peer.connected;
  }

  private Optional<PeerState> chooseWhomToAsk(long nowNanos) {
    List<Host> hosts = directPeers();
    if (hosts.isEmpty()) {
      return Optional.empty();
    }
    int start = random.nextInt(hosts.size());
    for (int i = 0; i < hosts.size(); i++) {
      PeerState peer = stateOf(hosts.get((start + i) % hosts.size()));
      boolean askedLately =
          peer.lastQueryNanos.isPresent()
              && nowNanos - peer.lastQueryNanos.getAsLong() <= QUERY_THROTTLE_NANOS;
      if (peer.connected && !askedLately && !isLocalOnly(peer.host)) {
        return Optional.of(peer);
      }
    }
    return Optional.empty();
  }

  // Messages. PEX §5, §6.

  /**
   * The peer a message comes from, if it is acceptable; else it is counted.
   *
   * @param sender the id in its header
   * @param source the address it came from
   */
  public Optional<Host> accept(PeerId sender, InetAddress source) {
    Optional<Host> host =
        network.flatMap(data -> data.host(sender)).filter(known -> peers.containsKey(known.key()));
    if (host.isEmpty()) {
      counters.count(PexCounter.DROPPED_UNKNOWN_PEER);
      return host;
    }
    if (!host.get().overlayAddress().equals(source)) {
      counters.count(PexCounter.DROPPED_WRONG_SOURCE);
      return Optional.empty();
    }
    return host;
  }

  /**
   * A message from a peer, whatever its state. PEX §19 quirk 5.
   *
   * @param sender what {@link #accept} returned
   */
  public List<PexEffect> onMessage(Host sender, PexMessage message, long nowNanos) {
    List<PexEffect> effects = new ArrayList<>();
    PeerState peer = peers.get(sender.key());
    if (peer == null) {
      counters.count(PexCounter.DROPPED_UNKNOWN_PEER);
      return effects;
    }
    counters.countReceived(message.opcode());
    switch (message) {
      case Hello hello -> onHello(peer, hello, nowNanos, effects);
      case NotifyPeers notify -> onNotifyPeers(peer, notify, effects);
      case Query query -> onQuery(peer, query, effects);
      case Ping ping -> onPing(peer, nowNanos, effects);
      case Pong pong -> {
        // Its traffic was the point. PEX §6.4.
      }
      // A network with signed data gives the first of these to NetworkDataExchange instead.
      case UpdateRequest _,
          UpdateResponse _,
          UpdateResponseData _,
          UpdateResponseNoData _,
          UpdateResponseRefused _,
          EndpointNotify _,
          EndpointPortNotify _,
          Enroll _ ->
          counters.count(PexCounter.DROPPED_OTHER_OPCODE);
    }
    return effects;
  }

  private void onNotifyPeers(PeerState sender, NotifyPeers notify, List<PexEffect> effects) {
    Map<PeerState, List<PeerEndpoint>> told = new LinkedHashMap<>();
    for (PeerEndpoint entry : notify.peers()) {
      if (network.filter(data -> data.isLocal(entry.peer())).isPresent()) {
        if (entry.endpoint().port() != 0) {
          externalPort = OptionalInt.of(entry.endpoint().port());
        }
        continue;
      }
      Optional<PeerState> about = peer(entry.peer()).filter(peer -> peer != sender);
      if (about.isEmpty()) {
        counters.count(PexCounter.SKIPPED_ENTRIES);
      } else if (network.filter(data -> data.isCandidate(entry.endpoint())).isEmpty()) {
        counters.count(PexCounter.REFUSED_CANDIDATES);
      } else {
        told.computeIfAbsent(about.get(), peer -> new ArrayList<>()).add(entry);
      }
    }
    told.forEach(
        (peer, entries) ->
            peer.told.take(entries).forEach(endpoint -> propose(peer, endpoint, effects)));
  }

  private static void propose(PeerState peer, Endpoint endpoint, List<PexEffect> effects) {
    effects.add(new ProposeEndpoint(peer.host.key(), EndpointOrigin.PEX, endpoint));
  }

  private void onQuery(PeerState asker, Query query, List<PexEffect> effects) {
    if (asker.host.gateway().isPresent() || isLocalOnly(asker.host)) {
      counters.count(PexCounter.DROPPED_QUERY); // PEX §6.3, §19 quirk 13
      return;
    }
    List<PeerEndpoint> entries = new ArrayList<>();
    for (PeerId id : new LinkedHashSet<>(query.peers())) {
      List<PeerEndpoint> more =
          peer(id)
              .filter(peer -> peer.connected)
              .map(peer -> peer.describeTo(asker))
              .orElse(List.of());
      if (entries.size() + more.size() <= NotifyPeers.MAX_PEERS) {
        entries.addAll(more);
      }
    }
    if (!entries.isEmpty()) {
      send(asker, new NotifyPeers(entries), effects);
    }
  }

  private void onPing(PeerState peer, long nowNanos, List<PexEffect> effects) {
    OptionalLong second = secondOf(nowNanos);
    if (second.equals(peer.lastPongSecond)) {
      counters.count(PexCounter.DROPPED_PING);
      return;
    }
    peer.lastPongSecond = second;
    send(peer, new Pong(), effects);
  }

  private static OptionalLong secondOf(long nowNanos) {
    return OptionalLong.of(Math.floorDiv(nowNanos, TimeUnit.SECONDS.toNanos(1)));
  }

  private void send(PeerState peer, PexMessage message, List<PexEffect> effects) {
    if (isReachable(peer)) {
      effects.add(new Send(peer.host, message));
    }
  }

  private boolean isReachable(PeerState peer) {
    return ownPort != 0 && peer.host.pexPort() != 0;
  }

  private boolean isLocalOnly(Host host) {
    return network.filter(data -> data.isLocalOnly(host)).isPresent();
  }

  private Optional<PeerState> peer(PeerId id) {
    return network.flatMap(data -> data.host(id)).map(host -> peers.get(host.key()));
  }

  private List<Host> directPeers() {
    return network.map(PexNetwork::directPeers).orElse(List.of());
  }

  private PeerState stateOf(Host host) {
    PeerState state = peers.get(host.key());
    if (state == null) {
      throw new IllegalStateException("no state of the direct peer " + host.name());
    }
    return state;
  }
}
