// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.node.PexCounters;
import dev.weft.pex.node.PexEffect;
import dev.weft.pex.node.PexNetwork;
import dev.weft.pex.node.PexNode;
import dev.weft.pex.transport.TunnelTransport;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.PeerSnapshot;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private OverlayConfig config;
  private PublicKey localKey;
  private PexNode node;
  private Optional<PexNetwork> network = Optional.empty();

  /** Where the socket should be; empty if there should be none. */
  private Optional<Socket> wanted = Optional.empty();

  private Optional<TunnelTransport> transport = Optional.empty();
  private boolean closed;

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
  }

  private PexNode newNode() {
    return new PexNode(localKey, context.random(), context::localAddressTowards, counters);
  }

  static PexService start(OverlayServiceContext context) {
    PexService service = new PexService(context);
    service.load(context.revision());
    service.bind();
    return service;
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
    carryOut(node.onTick(nowNanos, peers));
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
    if (sender.isPresent()) {
      tell(false, sender.get(), datagram.message());
      carryOut(node.onMessage(sender.get(), datagram.message(), context.time().nanoTime()));
    }
  }

  private void carryOut(List<PexEffect> effects) {
    for (PexEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(Host peer, PexMessage message) -> send(peer, message);
        case PexEffect.ProposeEndpoint propose ->
            context.proposeEndpoint(propose.peer(), propose.source(), propose.endpoint());
        case PexEffect.HandshakeSeen seen -> {
          // Only networks with signed data ask for newer ones. PEX §8.1.
        }
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
  public void close() {
    closed = true;
    transport.ifPresent(TunnelTransport::close);
    transport = Optional.empty();
  }
}
