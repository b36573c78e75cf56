// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.overlay.ConfigProblem;
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
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneListener;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceProvider;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.transport.DatagramEndpoint;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One overlay: its life, its configuration, its status. The public methods are thread-safe;
 * everything else runs on the overlay's queue, which owns all mutable state but the published
 * status and the life-cycle state.
 */
final class OverlayEngine implements Overlay, DataPlaneListener {

  private static final Logger LOG = LoggerFactory.getLogger(OverlayEngine.class);

  private static final PlaneSnapshot EMPTY =
      new PlaneSnapshot(Optional.empty(), List.of(), Map.of(), Map.of());

  private final String name;
  private final RuntimeLease lease;
  private final Scheduler queue;
  private final TimeSource time;
  private final ProviderSelection.Selected selected;
  private final List<OverlayServiceProvider> serviceProviders;
  private final EventPublisher events;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  private final EndpointTable endpoints = new EndpointTable();
  private final PeerTracker tracker = new PeerTracker();
  private final Map<String, OverlayService> services = new LinkedHashMap<>();
  private final ConnectLoop connectLoop;
  private final PeerWatch watch;
  private final Ticker ticker;

  private volatile OverlayState state = OverlayState.STARTING;
  private volatile OverlayStatus published;
  private volatile List<OverlayService> offered = List.of();
  private InForce inForce;
  private Optional<String> cause = Optional.empty();
  private @Nullable DataPlane plane;
  private boolean lookPending;

  OverlayEngine(
      OverlayConfig config,
      RuntimeLease lease,
      ProviderSelection.Selected selected,
      List<OverlayServiceProvider> serviceProviders,
      List<OverlayListener> listeners) {
    this.lease = lease;
    this.selected = selected;
    this.serviceProviders = List.copyOf(serviceProviders);
    name = config.name();
    queue = lease.runtime().newQueue();
    time = lease.runtime().time();
    events = new EventPublisher(listeners);
    inForce = InForce.of(config);
    connectLoop =
        new ConnectLoop(
            endpoints,
            time,
            lease.runtime().resolver(),
            queue,
            this::applyIfKnown,
            endpoint -> !inForce.desired().reach().contains(endpoint.address()));
    watch =
        new PeerWatch(
            name,
            tracker,
            endpoints,
            connectLoop,
            () -> inForce.desired(),
            services.values(),
            events);
    ticker = new Ticker(queue, time, this::onTick);
    published = status(EMPTY);
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
    events.publish(
        new OverlayEvent.DataPlaneSelected(
            name, selected.provider().name(), selected.reason(), selected.probes()));
    try {
      DataPlane opened =
          selected.provider().open(new EngineDataPlaneContext(lease, queue, () -> inForce, this));
      plane = opened;
      Stages.then(
          opened
              .started()
              .thenCompose(
                  nothing -> opened.apply(Reconciler.diff(Map.of(), inForce.desired().peers()))),
          queue,
          (nothing, failure) -> onPlaneStarted(opened, failure));
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void onPlaneStarted(DataPlane opened, @Nullable Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    if (state != OverlayState.STARTING) {
      return;
    }
    connectLoop.onDesired(inForce.desired());
    try {
      for (OverlayServiceProvider provider : serviceProviders) {
        services.put(provider.name(), provider.start(serviceContext(opened)));
      }
      offered = List.copyOf(services.values());
    } catch (RuntimeException e) {
      fail(e);
      return;
    }
    state = OverlayState.RUNNING;
    inForce.warnings().forEach(this::warn);
    inForce.revision().ifPresent(this::tellInstalled);
    ticker.restart();
  }

  /**
   * Ready is who has tried the configured endpoints once, so that a packet sent then finds its way.
   */
  private void announce() {
    if (state == OverlayState.RUNNING && !ready.isDone()) {
      events.publish(new OverlayEvent.Started(name, published.listen()));
      ready.complete(null);
    }
  }

  private EngineServiceContext serviceContext(DataPlane opened) {
    return new EngineServiceContext(
        lease, queue, opened, () -> inForce, connectLoop, watch, events, this::install);
  }

  private void fail(Throwable failure) {
    if (isEnding()) {
      return;
    }
    OverlayException problem =
        failure instanceof OverlayException known
            ? known
            : new OverlayException("the overlay " + name + " failed: " + failure, failure);
    LOG.warn("{}: {}", name, problem.getMessage());
    cause = Optional.ofNullable(problem.getMessage());
    beginClose(problem);
  }

  private boolean isEnding() {
    return state == OverlayState.CLOSING || state == OverlayState.CLOSED;
  }

  private void beginClose(OverlayException reason) {
    if (isEnding()) {
      return;
    }
    state = OverlayState.CLOSING;
    ticker.stop();
    for (OverlayService service : services.values()) {
      try {
        service.close();
      } catch (RuntimeException e) {
        LOG.error("{}: a service did not close", name, e);
      }
    }
    services.clear();
    offered = List.of();
    DataPlane current = plane;
    Stages.then(
        current == null ? CompletableFuture.completedFuture(null) : current.close(),
        queue,
        (nothing, problem) -> finishClose(reason, problem));
  }

  private void finishClose(OverlayException reason, @Nullable Throwable problem) {
    if (problem != null) {
      LOG.error("{}: the data plane did not close cleanly", name, problem);
    }
    state = OverlayState.CLOSED;
    published = status(EMPTY);
    events.publish(new OverlayEvent.Closed(name, cause));
    LOG.info("{}: closed", name);
    lease.release();
    ready.completeExceptionally(reason);
    closed.complete(null);
  }

  @Override
  public CompletionStage<Void> ready() {
    return Stages.view(ready);
  }

  @Override
  public CompletionStage<Void> closed() {
    return Stages.view(closed);
  }

  @Override
  public OverlayState state() {
    return state;
  }

  @Override
  public void close() {
    // Never in the midst of another task of this queue: a listener may have called.
    queue.execute(
        () -> beginClose(new OverlayClosedException("the overlay " + name + " was closed")));
    if (!lease.runtime().isRuntimeThread()) {
      closed.join();
      lease.awaitReleased();
    }
  }

  // Polling the plane.

  private void onTick() {
    poll(
        snapshot -> {
          watch.onTick(time.nanoTime(), snapshot.peers());
          publish(snapshot);
          // Behind the tasks in which numeric endpoints are being set.
          queue.execute(this::announce);
        });
  }

  /** A handshake or a new endpoint is shown at once, not only at the next tick. */
  @Override
  public void onPeerActivity(PublicKey peer) {
    if (!lookPending) {
      lookPending = true;
      queue.execute(
          () -> {
            lookPending = false;
            poll(snapshot -> look(snapshot));
          });
    }
  }

  @Override
  public void onFailure(Throwable failure) {
    queue.execute(() -> fail(failure));
  }

  private OverlayStatus look(PlaneSnapshot snapshot) {
    watch.observe(snapshot.peers());
    return publish(snapshot);
  }

  private void poll(Consumer<PlaneSnapshot> use) {
    DataPlane current = plane;
    if (state != OverlayState.RUNNING || current == null) {
      return;
    }
    Stages.then(
        current.snapshot(),
        queue,
        (snapshot, failure) -> {
          if (failure != null) {
            LOG.warn("{}: the data plane could not be asked for its state", name, failure);
          } else if (snapshot != null && state == OverlayState.RUNNING) {
            use.accept(snapshot);
          }
        });
  }

  // Configuration.

  @Override
  public CompletionStage<Void> update(OverlayConfig newConfig) {
    return submit(
        running -> {
          if (newConfig.equals(inForce.config())) {
            return CompletableFuture.completedFuture(null);
          }
          return apply(running, inForce.with(newConfig));
        });
  }

  private CompletionStage<List<String>> install(NetworkRevision revision) {
    CompletableFuture<List<String>> problems = new CompletableFuture<>();
    DataPlane current = plane;
    if (isEnding() || current == null) {
      problems.complete(List.of("the overlay " + name + " is " + state));
      return problems;
    }
    try {
      Stages.then(
          apply(current, inForce.with(revision)),
          queue,
          (nothing, failure) -> problems.complete(problemsOf(failure)));
    } catch (OverlayException | IllegalArgumentException e) {
      problems.complete(problemsOf(e));
    }
    return problems;
  }

  private static List<String> problemsOf(@Nullable Throwable failure) {
    if (failure instanceof InvalidConfigurationException invalid) {
      return invalid.problems().stream().map(ConfigProblem::toString).toList();
    }
    return failure == null ? List.of() : List.of(String.valueOf(failure.getMessage()));
  }

  private CompletionStage<Void> apply(DataPlane running, InForce next) {
    InForce before = inForce;
    CompletionStage<Void> done = changePlane(running, before, next);
    adopt(before, next);
    return done.exceptionallyCompose(failure -> goBack(running, next, before, failure));
  }

  /** What the plane cannot do is undone, as far as it got, and the old configuration stays. */
  private CompletionStage<Void> goBack(
      DataPlane running, InForce refused, InForce before, Throwable failure) {
    LOG.warn("{}: the data plane refused a configuration; the old one stays", name, failure);
    CompletionStage<Void> undone = changePlane(running, refused, before);
    adopt(refused, before);
    return undone.handle((nothing, again) -> failure).thenCompose(CompletableFuture::failedFuture);
  }

  private static CompletionStage<Void> changePlane(DataPlane running, InForce from, InForce to) {
    List<PeerUpdate> updates = from.updatesTo(to);
    CompletionStage<Void> done = CompletableFuture.completedFuture(null);
    if (!to.localKey().equals(from.localKey())) {
      done = running.setPrivateKey(to.config().interfaceConfig().privateKey());
    }
    if (to.listenPort().isPresent() && !to.listenPort().equals(from.listenPort())) {
      int port = to.listenPort().getAsInt();
      done = done.thenCompose(nothing -> running.setListenPort(port));
    }
    if (!to.desired().addresses().equals(from.desired().addresses())) {
      done = done.thenCompose(nothing -> running.setAddresses(to.desired().addresses()));
    }
    return updates.isEmpty() ? done : done.thenCompose(nothing -> running.apply(updates));
  }

  private void adopt(InForce before, InForce next) {
    inForce = next;
    watch.onDesired(before.desired(), next.desired());
    if (!next.warnings().equals(before.warnings())) {
      next.warnings().forEach(this::warn);
    }
    if (!next.revision().equals(before.revision())) {
      next.revision().ifPresent(this::tellServices);
    }
    if (!next.desired().equals(before.desired())) {
      ticker.restart();
    }
  }

  private void tellServices(NetworkRevision revision) {
    for (OverlayService service : services.values()) {
      service.onRevision(revision);
    }
    tellInstalled(revision);
  }

  private void tellInstalled(NetworkRevision revision) {
    events.publish(
        new OverlayEvent.NetworkDataInstalled(name, revision.version(), revision.hosts().size()));
  }

  private void warn(String text) {
    LOG.warn("{}: {}", name, text);
    events.publish(new OverlayEvent.Warning(name, text));
  }

  /** For the connect loop, whose names may be resolved after their peers have gone. */
  private void applyIfKnown(List<PeerUpdate> updates) {
    DataPlane current = plane;
    List<PeerUpdate> known =
        updates.stream()
            .filter(update -> inForce.desired().peers().containsKey(update.publicKey()))
            .toList();
    if (state == OverlayState.RUNNING && current != null && !known.isEmpty()) {
      Stages.then(
          current.apply(known),
          queue,
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
    return submit(running -> running.snapshot().thenApply(this::look));
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
        inForce, state, selected.provider().name(), snapshot, tracker, endpoints, counters, time);
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress address, Duration timeout) {
    return submit(
        running ->
            running
                .ping(address, timeout)
                .thenApply(
                    roundTrip -> {
                      inForce
                          .desired()
                          .peerFor(address)
                          .ifPresent(peer -> tracker.setRoundTripTime(peer.publicKey(), roundTrip));
                      return roundTrip;
                    }));
  }

  @Override
  public CompletionStage<DatagramEndpoint> datagram(
      InetAddress address, int port, DatagramEndpoint.Handler handler) {
    return submit(
        running ->
            CompletableFuture.completedFuture(running.datagrams().bind(address, port, handler)));
  }

  @Override
  public CompletionStage<Void> rebind() {
    return submit(DataPlane::rebind);
  }

  @Override
  public CompletionStage<Void> suspend() {
    return submit(
        running -> {
          ticker.stop();
          return running.suspend();
        });
  }

  @Override
  public CompletionStage<Void> resume() {
    return submit(running -> running.resume().thenAccept(nothing -> ticker.restart()));
  }

  @Override
  public <T> Optional<T> service(Class<T> type) {
    return offered.stream().flatMap(service -> service.handle(type).stream()).findFirst();
  }

  @Override
  public Runnable addListener(OverlayListener listener) {
    return events.add(listener);
  }

  /** Makes a request of the running plane on the queue; its result is completed there. */
  private <T> CompletionStage<T> submit(Function<DataPlane, CompletionStage<T>> request) {
    CompletableFuture<T> result = new CompletableFuture<>();
    queue.execute(
        () -> {
          DataPlane current = plane;
          if (state != OverlayState.RUNNING || current == null) {
            result.completeExceptionally(
                new OverlayClosedException("the overlay " + name + " is " + state));
            return;
          }
          try {
            Stages.then(
                request.apply(current),
                queue,
                (value, failure) -> {
                  if (failure != null) {
                    result.completeExceptionally(failure);
                  } else {
                    result.complete(value);
                  }
                });
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
