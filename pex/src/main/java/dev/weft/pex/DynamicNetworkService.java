// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.Host;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayEvent;
import dev.weft.pex.enroll.EnrollmentOffer;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.netdata.InvalidNetworkDataException;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect;
import dev.weft.pex.node.LocalState;
import dev.weft.pex.node.NetworkDataExchange;
import dev.weft.pex.node.PexCounter;
import dev.weft.pex.node.PexCounters;
import dev.weft.pex.node.PexEffect;
import dev.weft.pex.node.PexNetwork;
import dev.weft.pex.transport.ExternalPort;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.Scheduler;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A dynamic network on one overlay: gives a {@link NetworkDataExchange} its sockets, its files and
 * the time, and puts data in force. Belongs to the overlay's queue. Source: PEX §8.
 *
 * <p>Data that were received are looked at first, then passed on, then put in force, and stored
 * when they are: what cannot be applied here leaves the old revision running, and is what a restart
 * begins with neither.
 */
final class DynamicNetworkService implements ExternalPort.User {

  private static final Logger LOG = LoggerFactory.getLogger(DynamicNetworkService.class);
  private static final long PORT_RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long NAME_RETRY_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** Data and what was made of them. */
  private record Prepared(SignedNetworkData data, NetworkRevision revision) {}

  private final OverlayServiceContext context;
  private final DynamicNetwork network;
  private final PexCounters counters;
  private final BiConsumer<Host, PexMessage> tunnel;
  private final NetworkDataExchange exchange;
  private final DataFiles files;
  private final DeadlineTimer timer;

  /** Names to ask at that could not be looked up, as on a host that has just started. */
  private final Set<EndpointName> unresolved = new LinkedHashSet<>();

  private final DeadlineTimer nameRetry;

  private Optional<ExternalPort.Membership> port = Optional.empty();
  private Optional<EnrollmentService> enrollment = Optional.empty();
  private Optional<Scheduler.Cancellable> portRetry = Optional.empty();
  private boolean portProblemTold;
  private List<NetworkData.Host> localPeers = List.of();

  /** What is being put in force, and what is: how {@link #onLoaded} knows revisions again. */
  private Optional<SignedNetworkData> applying = Optional.empty();

  private Optional<SignedNetworkData> applied = Optional.empty();
  private List<String> refusals = List.of();
  private int loads;
  private boolean closed;

  /**
   * A network that has no data yet; {@link #start} gets what is stored.
   *
   * @param local what the exchange asks about this host
   * @param tunnel sends through the tunnel
   */
  DynamicNetworkService(
      OverlayServiceContext context,
      DynamicNetwork network,
      LocalState local,
      BiConsumer<Host, PexMessage> tunnel,
      PexCounters counters) {
    this.context = context;
    this.network = network;
    this.counters = counters;
    this.tunnel = tunnel;
    exchange =
        new NetworkDataExchange(
            context.config().interfaceConfig().privateKey(),
            network.authKey(),
            context.random(),
            local,
            ExternalPort.budget(context.runtime()),
            counters);
    files = new DataFiles(network, name(), context.queue());
    timer = new DeadlineTimer(context.queue(), context.time(), this::onDeadline);
    nameRetry = new DeadlineTimer(context.queue(), context.time(), this::resolveAgain);
  }

  void start() {
    join();
    files.load(
        stored -> {
          if (!closed) {
            stored.problems().forEach(this::warn);
            localPeers = stored.localPeers();
            stored.data().ifPresent(data -> install(data).whenComplete((done, failure) -> {}));
          }
        });
  }

  // The port of external messages.

  private void join() {
    portRetry = Optional.empty();
    var _ =
        ExternalPort.join(
                context.runtime(),
                context.config().interfaceConfig().bindAddress(),
                network.port(),
                network.authKey().id(),
                this)
            .whenComplete(this::onJoined);
  }

  private void onJoined(ExternalPort.@Nullable Membership joined, @Nullable Throwable failure) {
    if (closed) {
      if (joined != null) {
        var _ = joined.close();
      }
      return;
    }
    port = Optional.ofNullable(joined);
    port.ifPresent(membership -> membership.setEnrolling(enrollment.isPresent()));
    if (joined == null) {
      if (!portProblemTold) {
        portProblemTold = true;
        warn(
            "external PEX has no port and tries again every "
                + TimeUnit.NANOSECONDS.toSeconds(PORT_RETRY_NANOS)
                + " s: "
                + (failure == null ? "" : failure.getMessage()));
      }
      portRetry = Optional.of(context.queue().schedule(PORT_RETRY_NANOS, this::join));
    } else {
      LOG.debug("{}: external PEX on {}", name(), joined.localEndpoint());
    }
  }

  @Override
  public String name() {
    return context.config().name();
  }

  @Override
  public Scheduler queue() {
    return context.queue();
  }

  @Override
  public void onDatagram(ByteBuffer datagram, Endpoint source) {
    if (closed) {
      return;
    }
    if (!context.isUnderlay(source.address())) {
      counters.count(PexCounter.DROPPED_SOURCES);
      return;
    }
    if (ExternalCodec.isEnroll(datagram)) {
      enrollment.ifPresent(open -> open.onDatagram(datagram, source));
      return;
    }
    ExternalDatagram message;
    try {
      message = ExternalCodec.decode(datagram, network.authKey());
    } catch (MalformedMessageException e) {
      counters.countMalformed(e.reason());
      return;
    }
    carryOut(exchange.onExternal(message, source, nowNanos()));
  }

  /** Opens the network for new hosts. */
  OpenEnrollment openEnrollment(EnrollmentOffer offer, OpenEnrollment.Listener listener) {
    enrollment.ifPresent(EnrollmentService::end);
    EnrollmentService opened =
        new EnrollmentService(
            context,
            offer,
            listener,
            (datagram, destination) ->
                port.ifPresent(membership -> membership.send(datagram, destination)),
            this::onEnrollmentEnd,
            counters);
    enrollment = Optional.of(opened);
    port.ifPresent(membership -> membership.setEnrolling(true));
    return opened;
  }

  private void onEnrollmentEnd() {
    enrollment = Optional.empty();
    port.ifPresent(membership -> membership.setEnrolling(false));
  }

  // What the tunnel brings.

  /** A message of the tunnel, from a peer whose id and address are right. */
  void onTunnelMessage(Host sender, PexMessage message) {
    carryOut(exchange.onTunnelMessage(sender, message, nowNanos()));
  }

  /** A handshake with a peer. */
  void onHandshake(Host peer, Optional<Endpoint> endpoint) {
    carryOut(exchange.onHandshake(peer, endpoint, nowNanos()));
  }

  private void onDeadline() {
    carryOut(exchange.onDeadline(nowNanos()));
  }

  private void carryOut(List<ExchangeEffect> effects) {
    for (ExchangeEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(Host peer, PexMessage message) -> tunnel.accept(peer, message);
        case PexEffect.ProposeEndpoint propose ->
            context.proposeEndpoint(propose.peer(), propose.source(), propose.endpoint());
        case ExchangeEffect.SendExternal(Endpoint to, ExternalDatagram datagram) ->
            sendExternal(to, datagram);
        case ExchangeEffect.SendFromWireGuardPort(Endpoint to, ExternalDatagram datagram) ->
            sendFromWireGuardPort(to, datagram);
        case ExchangeEffect.DataReceived received -> onData(received.data());
        case ExchangeEffect.ReloadDue reload -> reload(reload.data());
        case ExchangeEffect.Refused refused ->
            LOG.debug(
                "{}: {} has version {} and does not know this host",
                name(),
                refused.by(),
                Long.toUnsignedString(refused.version()));
      }
    }
    timer.set(closed ? OptionalLong.empty() : exchange.nextDeadlineNanos());
  }

  private void sendExternal(Endpoint destination, ExternalDatagram datagram) {
    boolean sent =
        context.isUnderlay(destination.address())
            && port.isPresent()
            && port.get().send(ExternalCodec.encode(datagram, network.authKey()), destination);
    countSent(sent, datagram);
  }

  private void sendFromWireGuardPort(Endpoint destination, ExternalDatagram datagram) {
    boolean sent =
        context.isUnderlay(destination.address())
            && context.underlay().isPresent()
            && context
                .underlay()
                .get()
                .send(ExternalCodec.encode(datagram, network.authKey()), destination);
    countSent(sent, datagram);
  }

  private void countSent(boolean sent, ExternalDatagram datagram) {
    if (sent) {
      counters.countSent(datagram.message().opcode());
    } else {
      counters.count(PexCounter.SEND_FAILED);
    }
  }

  // Data.

  private void onData(SignedNetworkData data) {
    try {
      prepare(data);
    } catch (InvalidConfigurationException e) {
      refuse(data, List.of(String.valueOf(e.getMessage())));
      return;
    }
    LOG.info("{}: accepted version {}", name(), Long.toUnsignedString(data.version()));
    carryOut(exchange.onDataAccepted(data, nowNanos()));
  }

  private Prepared prepare(SignedNetworkData data) {
    return new Prepared(
        data,
        NetworkData.parse(data.json()).toRevision(data.version(), context.localKey(), localPeers));
  }

  private void reload(SignedNetworkData data) {
    try {
      var _ = apply(prepare(data));
    } catch (InvalidConfigurationException e) {
      refuse(data, List.of(String.valueOf(e.getMessage())));
    }
  }

  /** Data that somebody gives to this host: in force at once, and spread. */
  CompletionStage<InstallOutcome> install(SignedNetworkData data) {
    long version = exchange.data().map(SignedNetworkData::version).orElse(0L);
    if (!data.isNewerThan(version)) {
      return CompletableFuture.completedFuture(new InstallOutcome.NotNewer(version));
    }
    Prepared prepared;
    try {
      prepared = prepare(data);
    } catch (InvalidConfigurationException e) {
      return CompletableFuture.completedFuture(
          new InstallOutcome.Refused(List.of(String.valueOf(e.getMessage()))));
    }
    exchange.retryRefused();
    carryOut(exchange.onDataAccepted(data, nowNanos()));
    return apply(prepared)
        .thenApply(
            problems ->
                problems.isEmpty()
                    ? new InstallOutcome.Installed(data.version())
                    : new InstallOutcome.Refused(problems));
  }

  /** Octets that somebody gives to this host. */
  CompletionStage<InstallOutcome> install(byte[] signed) {
    try {
      return install(SignedNetworkData.verify(signed, network.authKey()));
    } catch (InvalidNetworkDataException e) {
      return CompletableFuture.completedFuture(
          new InstallOutcome.Invalid(e.outcome(), String.valueOf(e.getMessage())));
    }
  }

  private CompletionStage<List<String>> apply(Prepared prepared) {
    applying = Optional.of(prepared.data());
    return context
        .installRevision(prepared.revision())
        .thenCompose(
            problems -> {
              applying = Optional.empty();
              if (!problems.isEmpty()) {
                refuse(prepared.data(), problems);
                return CompletableFuture.completedFuture(problems);
              }
              refusals = List.of();
              applied = Optional.of(prepared.data());
              return files
                  .save(prepared.data())
                  .thenApply(
                      problem -> {
                        problem.ifPresent(this::warn);
                        return problems;
                      });
            });
  }

  private void refuse(SignedNetworkData data, List<String> problems) {
    refusals = problems;
    warn(
        "version "
            + Long.toUnsignedString(data.version())
            + " of the network's data is not used: "
            + String.join("; ", problems));
    exchange.onDataRefused(data);
    timer.set(exchange.nextDeadlineNanos());
  }

  /**
   * A revision is in force, whether it came through here or not.
   *
   * @param ownPort the own PEX port in the tunnel; 0 if there is none
   */
  void onLoaded(PexNetwork loaded, NetworkRevision revision, int ownPort) {
    Optional<SignedNetworkData> data =
        applying
            .filter(candidate -> candidate.version() == revision.version())
            .or(() -> applied.filter(known -> known.version() == revision.version()));
    exchange.load(loaded, data, ownPort, nowNanos());
    int load = ++loads;
    unresolved.clear();
    loaded.endpointsToAsk().forEach(host -> resolveAndConnect(host, load));
    network.connect().forEach(host -> resolveAndConnect(host, load));
    timer.set(exchange.nextDeadlineNanos());
  }

  /** The first address of a name. PEX §8.3. */
  private void resolveAndConnect(EndpointName host, int load) {
    Optional<Endpoint> numeric = host.numeric();
    if (numeric.isPresent()) {
      connect(numeric.get(), Duration.ZERO);
      return;
    }
    var _ =
        context
            .runtime()
            .resolver()
            .resolve(host.host())
            .whenComplete(
                (addresses, failure) ->
                    context
                        .queue()
                        .execute(
                            () -> {
                              if (load == loads && !closed) {
                                onResolved(host, failure == null ? addresses : List.of());
                              }
                            }));
  }

  private void onResolved(EndpointName host, List<InetAddress> addresses) {
    if (addresses.isEmpty()) {
      unresolved.add(host);
      nameRetry.set(OptionalLong.of(nowNanos() + NAME_RETRY_NANOS));
    } else {
      connect(new Endpoint(addresses.getFirst(), host.port()), Duration.ZERO);
    }
  }

  private void resolveAgain() {
    List<EndpointName> names = List.copyOf(unresolved);
    unresolved.clear();
    names.forEach(name -> resolveAndConnect(name, loads));
  }

  /** Adds a host to ask, if it can be reached over the underlay. */
  void connect(Endpoint endpoint, Duration lifetime) {
    InetAddress address = endpoint.address();
    if (closed || !context.isUnderlay(address) || address.isAnyLocalAddress()) {
      return;
    }
    carryOut(exchange.connect(endpoint, lifetime, nowNanos()));
  }

  private void warn(String problem) {
    LOG.warn("{}: {}", name(), problem);
    context.emit(new OverlayEvent.Warning(name(), "pex: " + problem));
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }

  // Status.

  /** The newest data accepted. */
  Optional<SignedNetworkData> data() {
    return exchange.data();
  }

  long appliedVersion() {
    return applied.map(SignedNetworkData::version).orElse(0L);
  }

  Optional<Endpoint> externalPort() {
    return port.map(ExternalPort.Membership::localEndpoint);
  }

  List<String> refusals() {
    return refusals;
  }

  int pexHosts() {
    return exchange.hostsToAsk();
  }

  int transfers() {
    return exchange.transfers();
  }

  void close() {
    closed = true;
    enrollment.ifPresent(EnrollmentService::end);
    timer.close();
    nameRetry.close();
    portRetry.ifPresent(Scheduler.Cancellable::cancel);
    port.ifPresent(ExternalPort.Membership::close);
    port = Optional.empty();
  }
}
