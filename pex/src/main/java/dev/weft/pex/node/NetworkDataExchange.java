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
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.PexEffect.ProposeEndpoint;
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
  private final UpdateQuestions questions;
  private final UpdateAnswers answers;
  private final ProvenSources proven = new ProvenSources();
  private final NonceCache nonces = new NonceCache();

  private Optional<PexNetwork> network = Optional.empty();

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
    UpdateAssembler assembler = new UpdateAssembler(localKey, random, counters);
    questions = new UpdateQuestions(authKey, own, outbox, assembler, proven, local, counters);
    answers = new UpdateAnswers(own, outbox, random, local, counters);
  }

  /** The data that requests are answered with, in force or about to be. */
  public Optional<SignedNetworkData> data() {
    return own.current();
  }

  /** How many addresses outside of the tunnel are asked for data. */
  public int hostsToAsk() {
    return questions.hostsToAsk();
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
    own.loaded(data);
    answers.load(network);
    questions.load(network, ownPort, nowNanos);
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
    questions.addHost(endpoint, seconds, false, nowNanos);
    return outbox.take();
  }

  // Time. PEX §8.1, §8.3.

  /** When {@link #onDeadline} has something to do; absent if only messages can change that. */
  public OptionalLong nextDeadlineNanos() {
    return LongStream.concat(
            questions.nextDeadlineNanos().stream(),
            LongStream.concat(answers.nextDeadlineNanos().stream(), own.reloadNanos().stream()))
        .reduce((a, b) -> a - b <= 0 ? a : b);
  }

  /** Does what is due; harmless if nothing is. */
  public List<ExchangeEffect> onDeadline(long nowNanos) {
    questions.onDeadline(nowNanos);
    answers.onDeadline(nowNanos);
    own.takeReload(nowNanos).map(ExchangeEffect.ReloadDue::new).ifPresent(outbox::add);
    return outbox.take();
  }

  // Peers. PEX §8.1.

  /**
   * A new WireGuard handshake with a direct peer: it is asked in the tunnel.
   *
   * @param endpoint where the handshake came from, if it is known
   */
  public List<ExchangeEffect> onHandshake(Host peer, Optional<Endpoint> endpoint, long nowNanos) {
    endpoint.ifPresent(from -> proven.add(from.address(), nowNanos));
    questions.requestInTunnel(peer, own.versionToAskWith(), nowNanos);
    return outbox.take();
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
          questions.requestInTunnel(peer, own.versionToAskWith(), nowNanos);
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

  // Messages. PEX §6, §8.2, §8.5.

  /** Whether a message of the tunnel is one of {@link #onTunnelMessage}, not of {@link PexNode}. */
  public static boolean handles(PexMessage message) {
    return switch (message.opcode()) {
      case UPDATE_REQUEST,
          UPDATE_RESPONSE,
          UPDATE_RESPONSE_DATA,
          UPDATE_RESPONSE_NO_DATA,
          UPDATE_RESPONSE_REFUSED ->
          true;
      case HELLO, NOTIFY_PEERS, QUERY, PING, PONG, ENDPOINT_NOTIFY, ENDPOINT_PORT_NOTIFY, ENROLL ->
          false;
    };
  }

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
        if (questions.isReachable(sender)) {
          onRequest(request, path, Optional.of(sender), nowNanos);
        }
      }
      case EndpointNotify notify -> counters.count(PexCounter.DROPPED_OTHER_OPCODE);
      case EndpointPortNotify notify -> counters.count(PexCounter.DROPPED_OTHER_OPCODE);
      default -> questions.onAnswer(message, path, nowNanos);
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
          questions.addHost(source, OptionalLong.of(PexHosts.PORT_NOTIFY_SECONDS), true, nowNanos);
        }
      }
      case UpdateResponse response -> {
        // Whatever its id and content. PEX §8.3, §19 quirk 10.
        questions.addHost(source, OptionalLong.of(PexHosts.RESPONSE_SECONDS), true, nowNanos);
        questions.onAnswer(response, path, nowNanos);
      }
      default -> questions.onAnswer(datagram.message(), path, nowNanos);
    }
    return outbox.take();
  }

  private boolean isAnswerable(Endpoint source) {
    return source.port() != 0
        && !source.address().isAnyLocalAddress()
        && !source.address().isMulticastAddress()
        && !PexNetwork.isLimitedBroadcast(source.address());
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

  private void onRequest(UpdateRequest request, PexPath path, Optional<Host> known, long nowNanos) {
    Runnable ask =
        () ->
            own.versionToAskAfter(request.version())
                .ifPresent(
                    version ->
                        questions.request(
                            path, version, path instanceof PexPath.External, nowNanos));
    answers.onRequest(request, path, known, ask, nowNanos);
  }
}
