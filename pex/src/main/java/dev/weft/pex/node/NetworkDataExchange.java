// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.overlay.Host;
import dev.weft.peer.AuthKey;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.EndpointNotify;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.Enroll;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.message.Query;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.InvalidNetworkDataException;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.ExchangeEffect.Refused;
import dev.weft.pex.node.PexEffect.ProposeEndpoint;
import dev.weft.pex.node.UpdateAssembler.Request;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * A host's part in the distribution of signed network data: it takes messages, handshakes and time,
 * and says what to do. Client and server are the same. Belongs to one queue, as a rule the
 * overlay's. Source: PEX §8, and §6.9, §6.10 for what belongs to it outside of the tunnel.
 *
 * <p>Memory is bounded by the hosts of the network and by the limits that {@link UpdateAssembler},
 * {@link TransferPacer}, {@link PexHosts}, {@link ProvenSources}, {@link NonceCache} and {@link
 * RequestLimiter} state, whatever comes from outside.
 *
 * <p>Where it departs from the recorded daemon, beside what those say: messages with the own id are
 * dropped, so a broadcast does not end its own request (PEX §19 quirk 25); notifications about
 * connected peers propose nothing, so that a forged one never displaces an endpoint that works; and
 * data that cannot be used are neither kept nor passed on (see {@link OwnData}).
 */
public final class NetworkDataExchange {

  /** The port of messages outside of the tunnel. PEX §1. */
  public static final int GLOBAL_PORT = 51819;

  private final AuthKey authKey;
  private final PeerId localId;
  private final LocalState local;
  private final PexCounters counters;

  private final OwnData own = new OwnData();
  private final ExchangeOutbox outbox;
  private final UpdateAssembler assembler;
  private final UpdateAnswers answers;
  private final PexHosts hosts = new PexHosts();
  private final ProvenSources proven = new ProvenSources();
  private final NonceCache nonces = new NonceCache();

  private Optional<PexNetwork> network = Optional.empty();
  private int ownPort;

  /**
   * An exchange without data.
   *
   * @param localKey the host's key; another key is another exchange
   * @param authKey the key that signs the network's data
   * @param local what is known about the host and its peers
   * @param budget what may be sent outside of the tunnel; shared by all networks of a socket
   */
  public NetworkDataExchange(
      PrivateKey localKey,
      AuthKey authKey,
      RandomSource random,
      LocalState local,
      EgressBudget budget,
      PexCounters counters) {
    this.authKey = authKey;
    this.local = local;
    this.counters = counters;
    localId = localKey.publicKey().peerId();
    outbox = new ExchangeOutbox(localId, random, budget, proven, counters);
    assembler = new UpdateAssembler(localKey, random, counters);
    answers = new UpdateAnswers(own, outbox, random, local, counters);
  }

  /** The data that requests are answered with, in force or about to be. */
  public Optional<SignedNetworkData> data() {
    return own.current();
  }

  /** How many addresses outside of the tunnel are asked for data. */
  public int hostsToAsk() {
    return hosts.size();
  }

  /** How many transfers of data to others are under way. */
  public int transfers() {
    return answers.transfers();
  }

  /** The key that signs the network's data. */
  public AuthKey authKey() {
    return authKey;
  }

  /**
   * Puts data in force. The list of hosts to ask is made anew: call {@link #connect} for each
   * address that {@link PexNetwork#endpointsToAsk} and the configuration name.
   *
   * @param network the data as this host sees them; without data, one without hosts
   * @param data what the network was made from; empty if it came from elsewhere
   * @param ownPort the own PEX port in the tunnel; 0 if there is none, and then nothing is sent
   *     there
   */
  public void load(
      PexNetwork network, Optional<SignedNetworkData> data, int ownPort, long nowNanos) {
    this.network = Optional.of(network);
    this.ownPort = ownPort;
    own.loaded(data);
    answers.load(network);
    hosts.rebuild(nowNanos);
  }

  /**
   * Adds an address to ask for data about every 11 s. One that is named again is asked at once if
   * the last time is longer ago.
   *
   * @param lifetime in whole seconds; zero if it stays until the next {@link #load}
   */
  public List<ExchangeEffect> connect(Endpoint endpoint, Duration lifetime, long nowNanos) {
    OptionalLong seconds =
        lifetime.isZero() ? OptionalLong.empty() : OptionalLong.of(lifetime.toSeconds());
    addHost(endpoint, seconds, false, nowNanos);
    return outbox.take();
  }

  // Time. PEX §8.1, §8.3.

  /** When {@link #onDeadline} has something to do; absent if only messages can change that. */
  public OptionalLong nextDeadlineNanos() {
    return LongStream.concat(
            LongStream.concat(
                hosts.nextDeadlineNanos().stream(), assembler.nextDeadlineNanos().stream()),
            LongStream.concat(answers.nextDeadlineNanos().stream(), own.reloadNanos().stream()))
        .reduce((a, b) -> a - b <= 0 ? a : b);
  }

  /** Does what is due; harmless if nothing is. */
  public List<ExchangeEffect> onDeadline(long nowNanos) {
    assembler.removeOver(nowNanos);
    for (PexHosts.PexHost host : hosts.look(nowNanos)) {
      poll(host.endpoint(), host.byDatagram(), nowNanos);
    }
    answers.onDeadline(nowNanos);
    own.takeReload(nowNanos).map(ExchangeEffect.ReloadDue::new).ifPresent(outbox::add);
    return outbox.take();
  }

  /** A request and what follows it, to a host outside of the tunnel. */
  private void poll(Endpoint endpoint, boolean byDatagram, long nowNanos) {
    PexPath path = new PexPath.External(endpoint);
    if (!request(path, own.versionToAskWith(), byDatagram, nowNanos)
        || network.flatMap(PexNetwork::local).isEmpty()) {
      return;
    }
    if (local.externalPort().isPresent()) {
      PexMessage notify = new EndpointPortNotify(local.externalPort().getAsInt());
      outbox.send(path, notify, byDatagram, nowNanos);
    }
    outbox.sendFromWireGuardPort(endpoint, new EndpointNotify(), byDatagram, nowNanos);
  }

  /** Asks for data, if no request to the same destination is open. */
  private boolean request(PexPath path, long version, boolean loose, long nowNanos) {
    Optional<UpdateRequest> request = assembler.open(path, version, loose, nowNanos);
    if (request.isEmpty()) {
      return false;
    }
    if (!outbox.send(path, request.get(), loose, nowNanos)) {
      assembler.find(request.get().requestId()).ifPresent(assembler::close);
      return false;
    }
    return true;
  }

  // Peers. PEX §8.1.

  /**
   * A new WireGuard handshake with a direct peer: it is asked in the tunnel.
   *
   * @param endpoint where the handshake came from, if it is known
   */
  public List<ExchangeEffect> onHandshake(Host peer, Optional<Endpoint> endpoint, long nowNanos) {
    endpoint.ifPresent(from -> proven.add(from.address(), nowNanos));
    requestInTunnel(peer, own.versionToAskWith(), nowNanos);
    return outbox.take();
  }

  private void requestInTunnel(Host peer, long version, long nowNanos) {
    if (isReachable(peer)) {
      request(new PexPath.Tunnel(peer), version, false, nowNanos);
    }
  }

  private boolean isReachable(Host peer) {
    return ownPort != 0 && peer.pexPort() != 0;
  }

  // Data. PEX §8.5.

  /**
   * Data of a {@link DataReceived} are usable and stored: they answer requests from now on, all
   * connected peers are told, and {@link ExchangeEffect.ReloadDue} follows. Also for data that came
   * another way, for instance from an operator.
   */
  public List<ExchangeEffect> onDataAccepted(SignedNetworkData data, long nowNanos) {
    if (own.accept(data, nowNanos)) {
      for (Host peer : network.map(PexNetwork::directPeers).orElse(List.of())) {
        if (local.isConnected(peer.key())) {
          requestInTunnel(peer, own.versionToAskWith(), nowNanos);
        }
      }
    }
    return outbox.take();
  }

  /**
   * Data of a {@link DataReceived} or {@link ExchangeEffect.ReloadDue} cannot be used or stored.
   * They are forgotten, with a return to the data in force, and not fetched again.
   */
  public void onDataRefused(SignedNetworkData data) {
    own.refuse(data.version());
  }

  /** Forgets what was refused, for instance since the configuration changed. */
  public void retryRefused() {
    own.retryRefused();
  }

  private void onComplete(Request request) {
    SignedNetworkData data;
    try {
      data = SignedNetworkData.verify(request.data(), authKey);
    } catch (InvalidNetworkDataException e) {
      counters.count(PexCounter.REFUSED_DATA);
      return;
    }
    if (own.offer(data)) {
      outbox.add(new DataReceived(data, request.path()));
    } else {
      counters.count(PexCounter.REFUSED_DATA);
    }
  }

  // Messages. PEX §6, §8.2, §8.5.

  /**
   * A message of the tunnel; those that have nothing to do with network data are ignored.
   *
   * @param sender what {@link PexNode#accept} returned
   */
  public List<ExchangeEffect> onTunnelMessage(Host sender, PexMessage message, long nowNanos) {
    PexPath path = new PexPath.Tunnel(sender);
    switch (message) {
      case UpdateRequest request -> {
        counters.countReceived(message.opcode());
        if (isReachable(sender)) {
          onRequest(request, path, Optional.of(sender), nowNanos);
        }
      }
      case EndpointNotify notify -> counters.count(PexCounter.DROPPED_OTHER_OPCODE);
      case EndpointPortNotify notify -> counters.count(PexCounter.DROPPED_OTHER_OPCODE);
      default -> onAnswer(message, path, nowNanos);
    }
    return outbox.take();
  }

  /**
   * A message from outside of the tunnel. Nothing of it is authenticated, so it leads at most to
   * answers within the budget, to hints about endpoints, and to requests for signed data.
   *
   * @param source where it came from
   */
  public List<ExchangeEffect> onExternal(
      ExternalDatagram datagram, Endpoint source, long nowNanos) {
    if (datagram.sender().equals(localId) || !isAnswerable(source)) {
      counters.count(PexCounter.DROPPED_SOURCES);
      return List.of();
    }
    PexPath path = new PexPath.External(source);
    Optional<Host> known = network.flatMap(data -> data.externalSender(datagram.sender()));
    switch (datagram.message()) {
      case UpdateRequest request -> {
        if (isFresh(datagram, known, nowNanos)) {
          onRequest(request, path, known, nowNanos);
        }
      }
      case EndpointNotify notify -> {
        if (isFresh(datagram, known, nowNanos)) {
          known.ifPresent(peer -> propose(peer, EndpointOrigin.ENDPOINT_NOTIFY, source));
        }
      }
      case EndpointPortNotify notify -> {
        if (isFresh(datagram, known, nowNanos) && known.isPresent()) {
          Endpoint announced = new Endpoint(source.address(), notify.port());
          propose(known.get(), EndpointOrigin.ENDPOINT_PORT_NOTIFY, announced);
          addHost(source, OptionalLong.of(PexHosts.PORT_NOTIFY_SECONDS), true, nowNanos);
        }
      }
      case UpdateResponse response -> {
        // Whatever its id and content. PEX §8.3, §19 quirk 10.
        addHost(source, OptionalLong.of(PexHosts.RESPONSE_SECONDS), true, nowNanos);
        onAnswer(response, path, nowNanos);
      }
      default -> onAnswer(datagram.message(), path, nowNanos);
    }
    return outbox.take();
  }

  private boolean isAnswerable(Endpoint source) {
    return source.port() != 0
        && !source.address().isAnyLocalAddress()
        && !source.address().isMulticastAddress();
  }

  /** Nothing is kept about unknown senders, so their messages are always fresh. */
  private boolean isFresh(ExternalDatagram datagram, Optional<Host> known, long nowNanos) {
    if (known.isPresent() && !nonces.isNew(datagram.nonce(), nowNanos)) {
      counters.count(PexCounter.DROPPED_REPLAYS);
      return false;
    }
    counters.countReceived(datagram.message().opcode());
    return true;
  }

  private void propose(Host peer, EndpointOrigin origin, Endpoint candidate) {
    PublicKey key = peer.key();
    if (network.filter(data -> data.isDirect(key) && data.isCandidate(candidate)).isEmpty()) {
      counters.count(PexCounter.REFUSED_CANDIDATES);
    } else if (local.isConnected(key)) {
      counters.count(PexCounter.SKIPPED_NOTIFICATIONS);
    } else {
      outbox.add(new ProposeEndpoint(key, origin, candidate));
    }
  }

  private void addHost(
      Endpoint endpoint, OptionalLong lifetimeSeconds, boolean fromDatagram, long nowNanos) {
    switch (hosts.add(endpoint, lifetimeSeconds, fromDatagram, nowNanos)) {
      case REFUSED -> counters.count(PexCounter.REFUSED_PEX_HOSTS);
      case NEW, REPEATED -> {
        // Asked when the list is looked at.
      }
      case REPEATED_AND_DUE -> {
        hosts.asked(endpoint, nowNanos);
        poll(endpoint, hosts.isByDatagram(endpoint), nowNanos);
      }
    }
  }

  private void onRequest(UpdateRequest request, PexPath path, Optional<Host> known, long nowNanos) {
    Runnable ask =
        () ->
            own.versionToAskAfter(request.version())
                .ifPresent(
                    version -> request(path, version, path instanceof PexPath.External, nowNanos));
    answers.onRequest(request, path, known, ask, nowNanos);
  }

  private void onAnswer(PexMessage message, PexPath from, long nowNanos) {
    switch (message) {
      case UpdateResponse response -> {
        counters.countReceived(message.opcode());
        answered(response.requestId(), from, nowNanos);
        assembler.onResponse(response, nowNanos).ifPresent(this::onComplete);
      }
      case UpdateResponseData data -> {
        counters.countReceived(message.opcode());
        assembler.onData(data, nowNanos).ifPresent(this::onComplete);
      }
      case UpdateResponseNoData none -> {
        counters.countReceived(message.opcode());
        Optional<Request> asked = assembler.find(none.requestId());
        if (onEnd(none.requestId(), none.version(), from, nowNanos)) {
          askForOlder(asked.orElseThrow(), none.version(), nowNanos);
        }
      }
      case UpdateResponseRefused refused -> {
        counters.countReceived(message.opcode());
        if (onEnd(refused.requestId(), refused.version(), from, nowNanos)
            && Long.compareUnsigned(refused.version(), own.version()) > 0) {
          counters.count(PexCounter.UPDATE_REFUSED);
          outbox.add(new Refused(refused.version(), from));
        }
      }
      case Hello hello -> {}
      case NotifyPeers notify -> {}
      case Query query -> {}
      case Ping ping -> {}
      case Pong pong -> {}
      case UpdateRequest request -> {}
      case EndpointNotify notify -> {}
      case EndpointPortNotify notify -> {}
      case Enroll enroll -> {}
    }
  }

  /**
   * A request that claimed a refused version hides newer ones below it: they are asked for once
   * more, with the own version.
   */
  private void askForOlder(Request asked, long version, long nowNanos) {
    if (asked.version() != own.version()
        && own.versionToAskAfter(version).equals(OptionalLong.of(own.version()))) {
      request(asked.path(), own.version(), asked.isLoose(), nowNanos);
    }
  }

  /** A request ends without data. Returns whether it was open. */
  private boolean onEnd(long requestId, long version, PexPath from, long nowNanos) {
    Optional<Request> request = assembler.find(requestId);
    if (version == 0 || request.isEmpty()) {
      counters.count(PexCounter.DROPPED_UPDATES);
      return false;
    }
    answered(requestId, from, nowNanos);
    assembler.close(request.get());
    return true;
  }

  /**
   * Who answers from where a request was sent has received it: its id is a number of 64 bits that
   * only the receiver and those on the way know. An answer from elsewhere proves nothing.
   */
  private void answered(long requestId, PexPath from, long nowNanos) {
    if (from instanceof PexPath.External(Endpoint source)
        && assembler.find(requestId).filter(asked -> asked.path().equals(from)).isPresent()) {
      proven.add(source.address(), nowNanos);
    }
  }
}
