// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.LocalState;
import dev.weft.pex.node.NetworkDataExchange;
import dev.weft.pex.node.PexCounters;
import dev.weft.pex.node.PexEffect;
import dev.weft.pex.node.PexNetwork;
import dev.weft.pex.node.PexNode;
import dev.weft.pex.transport.TunnelTransport;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Peer exchange on one overlay: gives a {@link PexNode} its inputs and carries its effects out. All
 * methods are called on the overlay's queue.
 */
final class PexService implements OverlayService {

  private static final Logger LOG = LoggerFactory.getLogger(PexService.class);

  /** What is in force after peer exchange was taken out of the configuration. */
  private static final NetworkRevision NOBODY =
      new NetworkRevision(0, List.of(), List.of(), NetworkRevision.DEFAULT_PORT, Duration.ZERO);

  private final OverlayServiceContext context;
  private final PexCounters counters = new PexCounters();

  private final PortDetection detection;
  private final PexControl control = new Control();

  private OverlayConfig config;
  private PublicKey localKey;
  private PexNode node;

  /** Only in a network whose data are signed and distributed. */
  private Optional<DynamicNetworkService> dynamic = Optional.empty();

  private Optional<PexNetwork> network = Optional.empty();

  /** Where the socket should be; empty if there should be none. */
  private Optional<Socket> wanted = Optional.empty();

  private Optional<TunnelTransport> transport = Optional.empty();
  private volatile boolean closed;
  private volatile PexStatus status;
  private volatile Optional<SignedNetworkData> data = Optional.empty();

  private record Socket(Host local, int port) {
    boolean isAt(Endpoint endpoint) {
      return endpoint.equals(new Endpoint(local.overlayAddress(), port));
    }
  }

  private PexService(OverlayServiceContext context) {
    this.context = context;
    config = context.config();
    localKey = context.localKey();
    node = newNode();
    detection = new PortDetection(context);
    status = currentStatus();
  }

  private PexNode newNode() {
    return new PexNode(localKey, context.random(), context::localAddressTowards, counters);
  }

  static PexService start(OverlayServiceContext context) {
    PexService service = new PexService(context);
    service.dynamic = service.newDynamic();
    service.load(context.revision());
    service.bind();
    service.dynamic.ifPresent(DynamicNetworkService::start);
    return service;
  }

  private Optional<DynamicNetworkService> newDynamic() {
    return config
        .pex()
        .flatMap(PexConfig::dynamic)
        .map(
            network ->
                new DynamicNetworkService(context, network, new HostState(), this::send, counters));
  }

  /** What the exchange of data asks about this host. */
  private final class HostState implements LocalState {

    @Override
    public boolean isConnected(PublicKey peer) {
      return node.isConnected(peer).orElse(false);
    }

    @Override
    public OptionalInt externalPort() {
      List<Endpoint> seen = detection.externalEndpoints();
      return seen.isEmpty() ? node.externalPort() : OptionalInt.of(seen.getFirst().port());
    }

    @Override
    public int port() {
      return context
          .underlay()
          .flatMap(UnderlayDatagrams::localEndpoint)
          .map(Endpoint::port)
          .or(() -> network.flatMap(PexNetwork::local).map(Host::port))
          .orElse(NetworkRevision.DEFAULT_PORT);
    }
  }

  @Override
  public void onRevision(NetworkRevision revision) {
    if (!closed) {
      reload(Optional.of(revision));
    }
  }

  private void reload(Optional<NetworkRevision> revision) {
    load(revision);
    try {
      bind();
    } catch (OverlayException e) {
      warnNotBound(e);
    }
  }

  private void load(Optional<NetworkRevision> current) {
    config = context.config();
    if (!context.localKey().equals(localKey)) {
      // Another key is another host: no session lives on, and nobody knows it yet.
      localKey = context.localKey();
      node = newNode();
      dynamic.ifPresent(DynamicNetworkService::close);
      dynamic = newDynamic();
      dynamic.ifPresent(DynamicNetworkService::start);
    }
    NetworkRevision revision = current.filter(now -> config.pex().isPresent()).orElse(NOBODY);
    Optional<Host> local = revision.host(localKey);
    int port =
        config.pex().map(PexConfig::port).stream()
            .flatMapToInt(own -> own.stream())
            .findFirst()
            .orElseGet(() -> local.map(Host::pexPort).orElse(0));
    Duration keepalive = config.keepalive().orElse(revision.keepalive());
    network = Optional.of(node.load(revision, keepalive, port));
    wanted = local.filter(host -> port != 0).map(host -> new Socket(host, port));
    dynamic.ifPresent(service -> service.onLoaded(network.get(), revision, port));
    detection.load(
        revision.stunServers(),
        network.get().directPeers().stream()
            .anyMatch(host -> host.pexPort() != 0 && node.isConnected(host.key()).orElse(false)));
    LOG.debug(
        "{}: PEX on port {} with {} direct peers, keepalive {} s",
        config.name(),
        port,
        network.get().directPeers().size(),
        keepalive.toSeconds());
  }

  /** Opens, moves or closes the socket. */
  private void bind() {
    boolean inPlace =
        transport
            .map(open -> wanted.filter(socket -> socket.isAt(open.localEndpoint())).isPresent())
            .orElse(wanted.isEmpty());
    if (inPlace) {
      return;
    }
    transport.ifPresent(TunnelTransport::close);
    transport = Optional.empty();
    transport =
        wanted.map(
            socket ->
                new TunnelTransport(
                    context.datagrams(),
                    socket.local().overlayAddress(),
                    socket.port(),
                    this::onDatagram,
                    counters));
  }

  private void warnNotBound(OverlayException e) {
    String name = config.name();
    LOG.warn("{}: PEX has no socket and is tried again: {}", name, e.getMessage());
    context.emit(
        new OverlayEvent.Warning(
            name, "pex: no messages until the port can be used: " + e.getMessage()));
  }

  @Override
  public void onTick(long nowNanos, List<PeerSnapshot> peers) {
    if (closed) {
      return;
    }
    if (!context.config().equals(config)) {
      // A new port, keepalive or key comes without a new revision.
      reload(context.revision());
    } else if (transport.isEmpty() && wanted.isPresent()) {
      try {
        bind();
      } catch (OverlayException e) {
        LOG.debug("{}: PEX still has no socket", config.name(), e);
      }
    }
    if (detection.isPortKnown() && !detection.externalEndpoints().isEmpty()) {
      node.onExternalPort(detection.externalEndpoints().getFirst().port());
    }
    carryOut(node.onTick(nowNanos, peers));
    status = currentStatus();
  }

  @Override
  public void onCandidatesTried(long nowNanos) {
    if (!closed) {
      carryOut(node.onCandidatesTried(nowNanos));
    }
  }

  private void onDatagram(PexDatagram datagram, InetAddress source) {
    if (closed) {
      return;
    }
    Optional<Host> sender = node.accept(datagram.sender(), source);
    if (sender.isEmpty()) {
      return;
    }
    PexMessage message = datagram.message();
    tell(false, sender.get(), message);
    if (dynamic.isPresent() && NetworkDataExchange.handles(message)) {
      dynamic.get().onTunnelMessage(sender.get(), message);
    } else {
      carryOut(node.onMessage(sender.get(), message, context.time().nanoTime()));
      node.externalPort().ifPresent(detection::onPortFromPeer);
    }
  }

  private void carryOut(List<PexEffect> effects) {
    for (PexEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(Host peer, PexMessage message) -> send(peer, message);
        case PexEffect.ProposeEndpoint propose ->
            context.proposeEndpoint(propose.peer(), propose.source(), propose.endpoint());
        case PexEffect.HandshakeSeen(Host peer, Optional<Endpoint> endpoint) ->
            dynamic.ifPresent(service -> service.onHandshake(peer, endpoint));
        case PexEffect.ConnectionChanged(PublicKey peer, boolean connected) ->
            context.connectionChanged(peer, connected);
      }
    }
  }

  private void send(Host peer, PexMessage message) {
    PexDatagram datagram = new PexDatagram(localKey.peerId(), message);
    if (transport.isPresent() && transport.get().send(datagram, peer)) {
      tell(true, peer, message);
    }
  }

  private void tell(boolean outgoing, Host peer, PexMessage message) {
    String name = config.name();
    String text = MessageText.of(message, this::nameOf);
    LOG.debug("{}: {} {}: {}", name, outgoing ? "to" : "from", peer.name(), text);
    context.emit(
        new OverlayEvent.ServiceMessage(
            name, PexServiceProvider.NAME, outgoing, peer.key(), peer.name(), text));
  }

  private String nameOf(PeerId id) {
    return network.flatMap(data -> data.host(id)).map(Host::name).orElseGet(id::toString);
  }

  @Override
  public Optional<Boolean> isConnected(PublicKey peer) {
    return node.isConnected(peer);
  }

  @Override
  public Map<String, Long> counters() {
    return counters.snapshot();
  }

  @Override
  public <T> Optional<T> handle(Class<T> type) {
    return type == PexControl.class ? Optional.of(type.cast(control)) : Optional.empty();
  }

  private PexStatus currentStatus() {
    List<Host> peers = network.map(PexNetwork::directPeers).orElse(List.of());
    data = dynamic.flatMap(DynamicNetworkService::data);
    return new PexStatus(
        dynamic.map(DynamicNetworkService::appliedVersion).orElse(0L),
        data.map(SignedNetworkData::version).orElse(0L),
        network.map(PexNetwork::size).orElse(0),
        (int) peers.stream().filter(host -> node.isConnected(host.key()).orElse(false)).count(),
        dynamic.flatMap(DynamicNetworkService::externalPort),
        detection.externalEndpoints(),
        dynamic.map(DynamicNetworkService::pexHosts).orElse(0),
        dynamic.map(DynamicNetworkService::transfers).orElse(0),
        dynamic.map(DynamicNetworkService::refusals).orElse(List.of()),
        counters.snapshot());
  }

  /** What the overlay's user gets; any thread. */
  private final class Control implements PexControl {

    @Override
    public Optional<SignedNetworkData> data() {
      return data;
    }

    @Override
    public CompletionStage<InstallOutcome> install(byte[] signed) {
      byte[] copy = signed.clone();
      return submit(
          service ->
              service.install(copy).whenComplete((outcome, failure) -> status = currentStatus()));
    }

    @Override
    public CompletionStage<OpenEnrollment> openEnrollment(
        EnrollmentOffer offer, OpenEnrollment.Listener listener) {
      return submit(
          service -> CompletableFuture.completedFuture(service.openEnrollment(offer, listener)));
    }

    /** Makes a request of the dynamic network on the queue. */
    private <T> CompletionStage<T> submit(
        Function<DynamicNetworkService, CompletionStage<T>> request) {
      CompletableFuture<T> result = new CompletableFuture<>();
      if (closed) {
        result.completeExceptionally(problem());
        return result;
      }
      context
          .queue()
          .execute(
              () -> {
                if (closed || dynamic.isEmpty()) {
                  result.completeExceptionally(problem());
                  return;
                }
                var _ =
                    request
                        .apply(dynamic.get())
                        .whenComplete(
                            (value, failure) -> {
                              if (failure == null) {
                                result.complete(value);
                              } else {
                                result.completeExceptionally(failure);
                              }
                            });
              });
      return result;
    }

    private OverlayException problem() {
      return closed
          ? new OverlayClosedException("the overlay " + config.name() + " is closed")
          : new OverlayException("the network " + config.name() + " is not dynamic");
    }

    @Override
    public void connect(Endpoint endpoint, Duration lifetime) {
      if (lifetime.isNegative()) {
        throw new IllegalArgumentException("lifetime: " + lifetime + " is negative");
      }
      context
          .queue()
          .execute(() -> dynamic.ifPresent(service -> service.connect(endpoint, lifetime)));
    }

    @Override
    public PexStatus status() {
      return status;
    }
  }

  @Override
  public void close() {
    closed = true;
    dynamic.ifPresent(DynamicNetworkService::close);
    detection.close();
    transport.ifPresent(TunnelTransport::close);
    transport = Optional.empty();
  }
}
