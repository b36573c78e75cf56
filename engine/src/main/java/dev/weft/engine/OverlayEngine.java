// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.DesiredState.DesiredPeer;
import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.OverlayListener;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.OverlayStatus;
import dev.weft.overlay.PortKind;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneListener;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.OverlayServiceProvider;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One overlay. Its public methods are thread-safe; everything else runs on the overlay's queue,
 * which owns all mutable state but the published status, the life-cycle state and the listeners.
 */
final class OverlayEngine implements Overlay {

  private static final Logger LOG = LoggerFactory.getLogger(OverlayEngine.class);

  /** The connect loop runs first so long after each load, then each second. PEX §9.1. */
  private static final long FIRST_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final PlaneSnapshot EMPTY =
      new PlaneSnapshot(Optional.empty(), List.of(), Map.of(), Map.of());

  private final RuntimeLease lease;
  private final Scheduler queue;
  private final TimeSource time;
  private final ProviderSelection.Selected selected;
  private final List<OverlayServiceProvider> serviceProviders;
  private final List<OverlayListener> listeners;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final String name;

  private final EndpointTable endpoints = new EndpointTable();
  private final PeerTracker tracker = new PeerTracker();
  private final ConnectLoop connectLoop;
  private final Map<String, OverlayService> services = new LinkedHashMap<>();

  private volatile OverlayState state = OverlayState.STARTING;
  private volatile OverlayStatus published;
  private volatile PublicKey localKey;
  private OverlayConfig config;
  private Optional<NetworkRevision> revision;
  private DesiredState desired;
  private Optional<String> cause = Optional.empty();
  private @Nullable DataPlane plane;
  private Scheduler.@Nullable Cancellable tick;
  private long nextTickNanos;
  private boolean suspended;
  private boolean lookPending;

  OverlayEngine(
      OverlayConfig config,
      RuntimeLease lease,
      ProviderSelection.Selected selected,
      List<OverlayServiceProvider> serviceProviders,
      List<OverlayListener> listeners) {
    this.config = config;
    this.lease = lease;
    this.selected = selected;
    this.serviceProviders = List.copyOf(serviceProviders);
    this.listeners = new CopyOnWriteArrayList<>(listeners);
    name = config.name();
    queue = lease.runtime().newQueue();
    time = lease.runtime().time();
    localKey = config.interfaceConfig().privateKey().publicKey();
    revision = config.network();
    desired = desire(config, localKey, revision);
    connectLoop =
        new ConnectLoop(
            endpoints,
            lease.runtime().resolver(),
            queue,
            this::applyIfKnown,
            endpoint -> !desired.isInsideOverlay(endpoint.address()));
    published = status(EMPTY);
  }

  private static DesiredState desire(
      OverlayConfig config, PublicKey localKey, Optional<NetworkRevision> revision) {
    DesiredState desired = DesiredState.of(config, localKey, revision);
    if (revision.isPresent() && desired.localHost().isEmpty()) {
      throw new InvalidConfigurationException(
          "the overlay " + config.name(),
          List.of(
              new ConfigProblem(
                  "network.hosts",
                  "no host with the key " + localKey,
                  "a host whose key is the public key of the private key")));
    }
    return desired;
  }

  // Life cycle.

  void start() {
    queue.execute(this::startOnQueue);
  }

  private void startOnQueue() {
    if (state != OverlayState.STARTING) {
      return;
    }
    LOG.info("{}: data plane {}: {}", name, selected.provider().name(), selected.reason());
    emit(
        new OverlayEvent.DataPlaneSelected(
            name, selected.provider().name(), selected.reason(), selected.probes()));
    try {
      DataPlane opened = selected.provider().open(new PlaneContext());
      plane = opened;
      opened
          .started()
          .thenCompose(nothing -> opened.apply(Reconciler.diff(Map.of(), desired.peers())))
          .whenComplete((nothing, failure) -> onQueue(() -> onPlaneStarted(failure)));
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void onPlaneStarted(@Nullable Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    if (state != OverlayState.STARTING) {
      return;
    }
    connectLoop.onDesired(desired);
    try {
      for (OverlayServiceProvider provider : serviceProviders) {
        services.put(provider.name(), provider.start(new ServiceContext()));
      }
    } catch (RuntimeException e) {
      fail(e);
      return;
    }
    state = OverlayState.RUNNING;
    emitWarnings();
    revision.ifPresent(
        now ->
            emit(new OverlayEvent.NetworkDataInstalled(name, now.version(), now.hosts().size())));
    withPlane(DataPlane::snapshot)
        .whenComplete(
            (snapshot, problem) ->
                onQueue(
                    () -> {
                      if (problem == null && state == OverlayState.RUNNING) {
                        publish(snapshot);
                      }
                      emit(new OverlayEvent.Started(name, published.listen()));
                      ready.complete(null);
                    }));
    restartTick();
  }

  private void fail(Throwable failure) {
    if (state == OverlayState.CLOSING || state == OverlayState.CLOSED) {
      return;
    }
    Throwable root = unwrap(failure);
    OverlayException problem =
        root instanceof OverlayException known
            ? known
            : new OverlayException("the overlay " + name + " failed: " + root, root);
    LOG.warn("{}: {}", name, problem.getMessage());
    cause = Optional.ofNullable(problem.getMessage());
    beginClose(problem);
  }

  private void beginClose(OverlayException reason) {
    if (state == OverlayState.CLOSING || state == OverlayState.CLOSED) {
      return;
    }
    state = OverlayState.CLOSING;
    stopTick();
    for (OverlayService service : services.values()) {
      try {
        service.close();
      } catch (RuntimeException e) {
        LOG.error("{}: a service did not close", name, e);
      }
    }
    services.clear();
    DataPlane current = plane;
    CompletionStage<Void> planeClosed =
        current == null ? CompletableFuture.completedFuture(null) : current.close();
    planeClosed.whenComplete((nothing, problem) -> onQueue(() -> finishClose(reason, problem)));
  }

  private void finishClose(OverlayException reason, @Nullable Throwable problem) {
    if (problem != null) {
      LOG.error("{}: the data plane did not close cleanly", name, problem);
    }
    state = OverlayState.CLOSED;
    published = status(EMPTY);
    emit(new OverlayEvent.Closed(name, cause));
    LOG.info("{}: closed", name);
    lease.release();
    ready.completeExceptionally(reason);
    closed.complete(null);
  }

  @Override
  public CompletionStage<Void> ready() {
    return view(ready);
  }

  @Override
  public CompletionStage<Void> closed() {
    return view(closed);
  }

  @Override
  public OverlayState state() {
    return state;
  }

  @Override
  public void close() {
    Runnable closing =
        () -> beginClose(new OverlayClosedException("the overlay " + name + " was closed"));
    if (queue.isCurrent()) {
      closing.run();
    } else {
      queue.execute(closing);
    }
    if (!lease.runtime().isRuntimeThread()) {
      closed.join();
      lease.awaitReleased();
    }
  }

  // The tick.

  private void restartTick() {
    stopTick();
    nextTickNanos = time.nanoTime() + FIRST_TICK_NANOS;
    tick = queue.schedule(FIRST_TICK_NANOS, this::onTick);
  }

  private void stopTick() {
    Scheduler.Cancellable current = tick;
    if (current != null) {
      current.cancel();
      tick = null;
    }
  }

  private void onTick() {
    if (state != OverlayState.RUNNING || suspended) {
      return;
    }
    long now = time.nanoTime();
    // Seconds that were missed, because the host slept, are not made up for.
    nextTickNanos = Math.max(nextTickNanos - now, -TICK_NANOS / 2) + now + TICK_NANOS;
    tick = queue.schedule(nextTickNanos - now, this::onTick);
    withPlane(DataPlane::snapshot)
        .whenComplete(
            (snapshot, failure) ->
                onQueue(
                    () -> {
                      if (failure == null && state == OverlayState.RUNNING) {
                        onPolled(snapshot);
                      }
                    }));
  }

  private void onPolled(PlaneSnapshot snapshot) {
    long now = time.nanoTime();
    observe(snapshot);
    for (OverlayService service : services.values()) {
      service.onTick(now, snapshot.peers());
    }
    for (DesiredPeer peer : desired.peers().values()) {
      boolean connected = isConnected(peer.publicKey(), now);
      noteConnected(peer.publicKey(), connected);
      if (!peer.networkHost()) {
        connectLoop.connectPlain(peer, tracker.hadHandshake(peer.publicKey()), now);
      } else if (!connected) {
        connectLoop.connect(peer, desired.keepalive());
      }
    }
    for (OverlayService service : services.values()) {
      service.onCandidatesTried(now);
    }
    publish(snapshot);
  }

  /** A handshake or a new endpoint is shown at once, not only at the next tick. */
  private void lookSoon() {
    if (lookPending || state != OverlayState.RUNNING) {
      return;
    }
    lookPending = true;
    queue.execute(
        () -> {
          lookPending = false;
          if (state == OverlayState.RUNNING) {
            withPlane(DataPlane::snapshot)
                .whenComplete(
                    (snapshot, failure) ->
                        onQueue(
                            () -> {
                              if (failure == null && state == OverlayState.RUNNING) {
                                observe(snapshot);
                                publish(snapshot);
                              }
                            }));
          }
        });
  }

  private void observe(PlaneSnapshot snapshot) {
    List<PeerSnapshot> known =
        snapshot.peers().stream()
            .filter(peer -> desired.peers().containsKey(peer.publicKey()))
            .toList();
    tracker.observe(
        known,
        new PeerTracker.Changes() {
          @Override
          public void handshake(PublicKey peer, Optional<Endpoint> endpoint) {
            emit(
                new OverlayEvent.HandshakeCompleted(
                    name, peer, desired.displayName(peer), endpoint));
          }

          @Override
          public void endpoint(PublicKey peer, Endpoint endpoint) {
            emit(
                new OverlayEvent.EndpointChanged(
                    name,
                    peer,
                    desired.displayName(peer),
                    endpoint,
                    endpoints.originOf(peer, endpoint)));
          }
        });
  }

  private boolean isConnected(PublicKey peer, long now) {
    for (OverlayService service : services.values()) {
      Optional<Boolean> opinion = service.isConnected(peer);
      if (opinion.isPresent()) {
        return opinion.get();
      }
    }
    return tracker.hasFreshHandshake(peer, now);
  }

  private void noteConnected(PublicKey peer, boolean connected) {
    if (desired.peers().containsKey(peer) && tracker.setConnected(peer, connected)) {
      String peerName = desired.displayName(peer);
      emit(
          connected
              ? new OverlayEvent.PeerConnected(name, peer, peerName)
              : new OverlayEvent.PeerLost(name, peer, peerName));
    }
  }

  // Configuration.

  @Override
  public CompletionStage<Void> update(OverlayConfig newConfig) {
    return submit(() -> apply(newConfig));
  }

  private CompletionStage<Void> apply(OverlayConfig newConfig) {
    if (newConfig.equals(config)) {
      return CompletableFuture.completedFuture(null);
    }
    List<ConfigProblem> problems = unchangeable(config, newConfig);
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException("the update of " + name, problems);
    }
    PublicKey newKey = newConfig.interfaceConfig().privateKey().publicKey();
    return applyDesired(newConfig, newKey, inForce(newConfig.network()));
  }

  /** A revision that arrived over the network stays in force until a newer one replaces it. */
  private Optional<NetworkRevision> inForce(Optional<NetworkRevision> configured) {
    boolean newer =
        revision.isPresent()
            && configured.isPresent()
            && Long.compareUnsigned(revision.get().version(), configured.get().version()) > 0;
    return newer ? revision : configured;
  }

  private static List<ConfigProblem> unchangeable(OverlayConfig before, OverlayConfig after) {
    InterfaceConfig from = before.interfaceConfig();
    InterfaceConfig to = after.interfaceConfig();
    List<ConfigProblem> problems = new ArrayList<>();
    requireSame(problems, "name", before.name(), after.name());
    requireSame(problems, "dataPlane", before.dataPlane(), after.dataPlane());
    requireSame(problems, "interfaceConfig.portKind", from.portKind(), to.portKind());
    requireSame(problems, "interfaceConfig.listenPort", from.listenPort(), to.listenPort());
    requireSame(problems, "interfaceConfig.bindAddress", from.bindAddress(), to.bindAddress());
    requireSame(problems, "interfaceConfig.mtuOctets", from.mtuOctets(), to.mtuOctets());
    requireSame(
        problems,
        "interfaceConfig.socketBufferOctets",
        from.socketBufferOctets(),
        to.socketBufferOctets());
    requireSame(problems, "pex", before.pex(), after.pex());
    requireSame(problems, "vxlan", before.vxlan(), after.vxlan());
    return problems;
  }

  private static void requireSame(
      List<ConfigProblem> problems, String field, Object before, Object after) {
    if (!before.equals(after)) {
      problems.add(
          new ConfigProblem(
              field, "a change", "the same value while the overlay runs; close and open it anew"));
    }
  }

  private CompletionStage<Void> applyDesired(
      OverlayConfig newConfig, PublicKey newKey, Optional<NetworkRevision> newRevision) {
    DesiredState before = desired;
    DesiredState after = desire(newConfig, newKey, newRevision);
    boolean keyChanged = !newKey.equals(localKey);
    boolean revisionChanged = !newRevision.equals(revision);
    List<PeerUpdate> updates = Reconciler.diff(before.peers(), after.peers());
    config = newConfig;
    revision = newRevision;
    desired = after;
    localKey = newKey;
    tracker.retain(after.peers().keySet());
    connectLoop.onDesired(after);
    for (DesiredPeer peer : after.peers().values()) {
      DesiredPeer old = before.peers().get(peer.publicKey());
      if (old == null || !old.endpoint().equals(peer.endpoint())) {
        connectLoop.retryNow(peer.publicKey());
      }
    }
    CompletionStage<Void> done = CompletableFuture.completedFuture(null);
    if (keyChanged) {
      done =
          done.thenCompose(
              nothing ->
                  withPlane(now -> now.setPrivateKey(newConfig.interfaceConfig().privateKey())));
    }
    if (!after.addresses().equals(before.addresses())) {
      done = done.thenCompose(nothing -> withPlane(now -> now.setAddresses(after.addresses())));
    }
    if (!updates.isEmpty()) {
      done = done.thenCompose(nothing -> withPlane(now -> now.apply(updates)));
    }
    if (!after.warnings().equals(before.warnings())) {
      emitWarnings();
    }
    if (revisionChanged && newRevision.isPresent()) {
      NetworkRevision now = newRevision.get();
      for (OverlayService service : services.values()) {
        service.onRevision(now);
      }
      emit(new OverlayEvent.NetworkDataInstalled(name, now.version(), now.hosts().size()));
    }
    if (revisionChanged || !updates.isEmpty()) {
      restartTick();
    }
    return done;
  }

  private void emitWarnings() {
    desired.warnings().forEach(text -> emit(new OverlayEvent.Warning(name, text)));
    List<IpPrefix> subnets = desired.localHost().map(host -> host.subnets()).orElse(List.of());
    if (config.interfaceConfig().portKind() instanceof PortKind.InProcess && !subnets.isEmpty()) {
      String text =
          "this host is announced as the way to "
              + String.join(", ", subnets.stream().map(IpPrefix::toString).toList())
              + ", but its in-process port is no gateway: packets for them are dropped and counted";
      LOG.warn("{}: {}", name, text);
      emit(new OverlayEvent.Warning(name, text));
    }
  }

  private void applyIfKnown(List<PeerUpdate> updates) {
    List<PeerUpdate> known =
        updates.stream().filter(update -> desired.peers().containsKey(update.publicKey())).toList();
    if (state == OverlayState.RUNNING && !known.isEmpty()) {
      withPlane(now -> now.apply(known))
          .whenComplete(
              (nothing, failure) -> {
                if (failure != null) {
                  LOG.warn("{}: an endpoint could not be set", name, failure);
                }
              });
    }
  }

  // Status and traffic.

  @Override
  public OverlayStatus status() {
    return published;
  }

  @Override
  public CompletionStage<OverlayStatus> refreshStatus() {
    if (state == OverlayState.CLOSED) {
      return CompletableFuture.completedFuture(published);
    }
    return submit(
        () ->
            withPlane(DataPlane::snapshot)
                .thenApply(
                    snapshot -> {
                      observe(snapshot);
                      return publish(snapshot);
                    }));
  }

  private OverlayStatus publish(PlaneSnapshot snapshot) {
    OverlayStatus status = status(snapshot);
    published = status;
    return status;
  }

  private OverlayStatus status(PlaneSnapshot snapshot) {
    Map<String, Long> counters = new LinkedHashMap<>();
    services.forEach(
        (service, running) ->
            running.counters().forEach((key, value) -> counters.put(service + "." + key, value)));
    if (connectLoop.rejected() > 0) {
      counters.put("engine.candidates-inside-overlay", connectLoop.rejected());
    }
    return StatusView.of(
        name,
        state,
        localKey,
        desired,
        Optional.of(selected.provider().name()),
        snapshot,
        revision.map(NetworkRevision::version).orElse(0L),
        tracker,
        endpoints,
        counters,
        time);
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress address, Duration timeout) {
    return submit(
        () ->
            withPlane(now -> now.ping(address, timeout))
                .thenApply(
                    roundTrip -> {
                      onQueue(
                          () ->
                              desired
                                  .peerFor(address)
                                  .ifPresent(
                                      peer ->
                                          tracker.setRoundTripTime(peer.publicKey(), roundTrip)));
                      return roundTrip;
                    }));
  }

  @Override
  public CompletionStage<DatagramEndpoint> datagram(
      InetAddress address, int port, DatagramEndpoint.Handler handler) {
    return submit(
        () ->
            withPlane(
                now ->
                    CompletableFuture.completedFuture(
                        now.datagrams().bind(address, port, handler))));
  }

  @Override
  public CompletionStage<Void> rebind() {
    return submit(() -> withPlane(DataPlane::rebind));
  }

  @Override
  public CompletionStage<Void> suspend() {
    return submit(
        () -> {
          suspended = true;
          stopTick();
          return withPlane(DataPlane::suspend);
        });
  }

  @Override
  public CompletionStage<Void> resume() {
    return submit(
        () ->
            withPlane(DataPlane::resume)
                .thenAccept(
                    nothing ->
                        onQueue(
                            () -> {
                              suspended = false;
                              restartTick();
                            })));
  }

  @Override
  public Runnable addListener(OverlayListener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private void emit(OverlayEvent event) {
    for (OverlayListener listener : listeners) {
      try {
        listener.onEvent(event);
      } catch (RuntimeException e) {
        LOG.error("{}: a listener failed on {}", name, event, e);
      }
    }
  }

  // The queue.

  /** Runs a request on the queue once the overlay runs; its result is completed there. */
  private <T> CompletionStage<T> submit(Supplier<CompletionStage<T>> request) {
    CompletableFuture<T> result = new CompletableFuture<>();
    queue.execute(
        () -> {
          if (state != OverlayState.RUNNING) {
            result.completeExceptionally(
                new OverlayClosedException("the overlay " + name + " is " + state));
            return;
          }
          try {
            request
                .get()
                .whenComplete(
                    (value, failure) ->
                        onQueue(
                            () -> {
                              if (failure != null) {
                                result.completeExceptionally(unwrap(failure));
                              } else {
                                result.complete(value);
                              }
                            }));
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /**
   * A stage of the caller's own: it fails with the cause itself, and completing it harms nobody.
   */
  private static CompletionStage<Void> view(CompletableFuture<Void> future) {
    CompletableFuture<Void> view = new CompletableFuture<>();
    var _ =
        future.whenComplete(
            (nothing, failure) -> {
              if (failure != null) {
                view.completeExceptionally(unwrap(failure));
              } else {
                view.complete(null);
              }
            });
    return view;
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private <T> CompletionStage<T> withPlane(Function<DataPlane, CompletionStage<T>> request) {
    DataPlane current = plane;
    if (current == null) {
      throw new IllegalStateException("the data plane is not open");
    }
    return request.apply(current);
  }

  private void onQueue(Runnable task) {
    if (queue.isCurrent()) {
      task.run();
    } else {
      queue.execute(task);
    }
  }

  /** What the plane sees of the engine. */
  private final class PlaneContext implements DataPlaneContext, DataPlaneListener {
    @Override
    public String overlayName() {
      return name;
    }

    @Override
    public InterfaceConfig interfaceConfig() {
      return config.interfaceConfig();
    }

    @Override
    public List<InterfaceAddress> addresses() {
      return desired.addresses();
    }

    @Override
    public Scheduler queue() {
      return queue;
    }

    @Override
    public TimeSource time() {
      return time;
    }

    @Override
    public RandomSource random() {
      return lease.runtime().random();
    }

    @Override
    public CompletionStage<UnderlayBinding> bindUnderlay(UnderlayBinding.User user) {
      InterfaceConfig iface = config.interfaceConfig();
      int port =
          iface
              .listenPort()
              .orElseGet(() -> desired.localHost().map(host -> host.port()).orElse(0));
      return lease
          .ports()
          .join(
              new UnderlayPortFactory.Spec(iface.bindAddress(), port, iface.socketBufferOctets()),
              queue,
              user);
    }

    @Override
    public DataPlaneListener listener() {
      return this;
    }

    @Override
    public void onPeerActivity(PublicKey peer) {
      lookSoon();
    }

    @Override
    public void onFailure(Throwable failure) {
      onQueue(() -> fail(failure));
    }
  }

  /** What a service sees of the engine. */
  private final class ServiceContext implements OverlayServiceContext {
    @Override
    public OverlayConfig config() {
      return config;
    }

    @Override
    public PublicKey localKey() {
      return localKey;
    }

    @Override
    public Optional<NetworkRevision> revision() {
      return revision;
    }

    @Override
    public Scheduler queue() {
      return queue;
    }

    @Override
    public TimeSource time() {
      return time;
    }

    @Override
    public RandomSource random() {
      return lease.runtime().random();
    }

    @Override
    public OverlayDatagrams datagrams() {
      DataPlane current = plane;
      if (current == null) {
        throw new IllegalStateException("the data plane is not open");
      }
      return current.datagrams();
    }

    @Override
    public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
      DataPlane current = plane;
      return current == null ? Optional.empty() : current.localAddressTowards(endpoint);
    }

    @Override
    public void proposeEndpoint(PublicKey peer, EndpointOrigin origin, Endpoint candidate) {
      if (desired.peers().containsKey(peer)) {
        connectLoop.propose(peer, origin, candidate);
      }
    }

    @Override
    public void connectionChanged(PublicKey peer, boolean connected) {
      noteConnected(peer, connected);
    }

    @Override
    public List<String> installRevision(NetworkRevision newRevision) {
      try {
        applyDesired(config, localKey, Optional.of(newRevision));
        return List.of();
      } catch (OverlayException | IllegalArgumentException e) {
        return List.of(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void emit(OverlayEvent event) {
      OverlayEngine.this.emit(event);
    }
  }
}
