// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.PeerSetup;
import dev.weft.dataplane.userspace.linux.DeviceListener;
import dev.weft.dataplane.userspace.linux.DeviceOptions;
import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.linux.udp.UdpSocket;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayException;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link LinuxDevice} for an overlay: a TUN interface with the overlay's addresses and
 * routes. Packets pass between interface and sockets on the device's workers; here arrive only
 * those for the overlay's own sockets and pings. Whatever may block, such as making the interface,
 * is done on a thread of its own ({@link InterfaceThread}). Owned by the overlay's queue.
 */
final class LinuxRunner implements Runner {

  private static final Logger LOG = LoggerFactory.getLogger(LinuxRunner.class);

  private final DataPlaneContext context;
  private final Scheduler queue;
  private final InterfaceConfig config;
  private final AeadSelection ciphers;
  private final InnerDropCounters drops = new InnerDropCounters();
  private final HostStack stack;
  private final SharedPortDatagrams shared;
  private final InboundQueue inbound;
  private final InterfaceThread thread;
  private final ActivePeers active = new ActivePeers();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> released = new CompletableFuture<>();
  private RunState state = RunState.STARTING;
  private List<InterfaceAddress> addresses;
  private volatile @Nullable LinuxDevice device;
  private boolean peersChanged;
  private List<String> problems = List.of();

  LinuxRunner(DataPlaneContext context, String name, AeadSelection ciphers) {
    this.context = context;
    this.ciphers = ciphers;
    queue = context.queue();
    config = context.interfaceConfig();
    addresses = List.copyOf(context.addresses());
    thread = new InterfaceThread(name);
    shared = new SharedPortDatagrams(new DevicePort());
    SuppliedPort port =
        new SuppliedPort(new InterfacePort(this::runningDevice), config.mtuOctets(), drops);
    stack = new HostStack(context, drops, Optional.of(port), new InterfaceTunnels());
    inbound =
        new InboundQueue(
            stack.sockets(), stack.pings(), shared, drops, () -> queue.execute(this::drainInbound));
  }

  @Override
  public CompletionStage<Void> start() {
    DeviceOptions options =
        DeviceOptions.standard(config.mtuOctets(), config.socketBufferOctets())
            .withListenPort(config.listenPort().orElse(0))
            .withBindAddress(config.bindAddress());
    List<InterfaceAddress> first = addresses;
    var _ =
        thread
            .open(
                options,
                config.privateKey(),
                ciphers::current,
                context.time(),
                context.random(),
                new Listener(),
                first)
            .whenComplete(
                (opened, failure) -> Runner.onQueue(queue, () -> onOpened(opened, failure)));
    return started;
  }

  private void onOpened(@Nullable LinuxDevice opened, @Nullable Throwable failure) {
    if (state == RunState.CLOSED) {
      return;
    }
    if (opened == null) {
      state = RunState.FAILED;
      String what = "making the interface of overlay " + context.overlayName() + " failed";
      started.completeExceptionally(
          failure == null
              ? new OverlayException(what)
              : new OverlayException(what + ": " + failure.getMessage(), failure));
      return;
    }
    device = opened;
    state = RunState.RUNNING;
    stack.run();
    LOG.info(
        "overlay {}: userspace plane with interface {} on port {}, ciphers {}",
        context.overlayName(),
        opened.name(),
        opened.listenPort(),
        ciphers.order());
    started.complete(null);
  }

  @Override
  public void apply(PeerUpdate update) {
    requireDevice().apply(update);
    peersChanged = true;
  }

  /** Routes follow the peers' allowed IPs, and avoid the peers' endpoints. */
  @Override
  public CompletionStage<Void> afterChange() {
    notifyActive();
    LinuxDevice running = device;
    if (!peersChanged || running == null || state == RunState.CLOSED) {
      return CompletableFuture.completedFuture(null);
    }
    peersChanged = false;
    List<PeerSetup> setups = running.withCore((core, nowNanos, sink) -> core.setups());
    List<IpPrefix> prefixes = new ArrayList<>();
    List<InetAddress> endpoints = new ArrayList<>();
    for (PeerSetup setup : setups) {
      prefixes.addAll(setup.allowedIps());
      setup.endpoint().ifPresent(endpoint -> endpoints.add(endpoint.address()));
    }
    return onThread(thread.setRoutes(prefixes, endpoints), this::onProblems);
  }

  /** What a peer does leads here too: only what is new is told. */
  private void onProblems(List<String> found) {
    List<String> known = problems;
    problems = found;
    found.stream()
        .filter(problem -> !known.contains(problem))
        .forEach(problem -> LOG.warn("overlay {}: {}", context.overlayName(), problem));
  }

  /** Completes a stage of the interface's thread on the queue. */
  private <T> CompletionStage<Void> onThread(CompletionStage<T> stage, Consumer<T> use) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    stage.whenComplete(
        (value, failure) ->
            Runner.onQueue(
                queue,
                () -> {
                  if (failure == null) {
                    use.accept(value);
                    result.complete(null);
                  } else {
                    result.completeExceptionally(
                        new OverlayException(String.valueOf(failure.getMessage()), failure));
                  }
                }));
    return result;
  }

  @Override
  public void setPrivateKey(PrivateKey key) {
    requireDevice()
        .withCore(
            (core, nowNanos, sink) -> {
              core.setPrivateKey(key, nowNanos, sink);
              return true;
            });
    notifyActive();
  }

  @Override
  public CompletionStage<Void> setAddresses(List<InterfaceAddress> newAddresses) {
    addresses = List.copyOf(newAddresses);
    stack.setAddresses(addresses);
    return onThread(thread.setAddresses(addresses), this::onProblems);
  }

  @Override
  public OverlayDatagrams datagrams() {
    return stack.sockets();
  }

  @Override
  public UnderlayDatagrams underlay() {
    return shared;
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    return stack.ping(target, timeout);
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    LinuxDevice running = device;
    return running == null
        ? Optional.empty()
        : config
            .bindAddress()
            .or(() -> UdpSocket.localAddressTowards(endpoint.toSocketAddress(), running.mark()));
  }

  @Override
  public CompletionStage<Void> rebind() {
    return onThread(thread.rebind(), done -> {});
  }

  @Override
  public CompletionStage<Void> setListenPort(int port) {
    return onThread(thread.setListenPort(port), done -> {});
  }

  @Override
  public void suspend() {
    LinuxDevice running = runningDevice();
    if (running != null) {
      state = RunState.SUSPENDED;
      running.withCore(
          (core, nowNanos, sink) -> {
            core.suspend(nowNanos);
            return true;
          });
      stack.suspend();
    }
  }

  @Override
  public void resume() {
    if (state == RunState.SUSPENDED) {
      state = RunState.RUNNING;
      stack.run();
      requireDevice()
          .withCore(
              (core, nowNanos, sink) -> {
                core.resume(nowNanos, sink);
                return true;
              });
      notifyActive();
    }
  }

  @Override
  public CompletionStage<Void> close() {
    if (state == RunState.CLOSED) {
      return released;
    }
    boolean wasStarting = state == RunState.STARTING;
    state = RunState.CLOSED;
    shared.close();
    stack.close();
    var _ = active.take();
    if (wasStarting) {
      started.completeExceptionally(
          new OverlayClosedException(
              "overlay " + context.overlayName() + " was closed before it had started"));
    }
    var _ =
        thread
            .close()
            .whenComplete(
                (nothing, failure) ->
                    Runner.onQueue(
                        queue,
                        () -> {
                          if (failure != null) {
                            LOG.warn(
                                "overlay {}: removing the interface: {}",
                                context.overlayName(),
                                failure.getMessage());
                          }
                          released.complete(null);
                        }));
    return released;
  }

  @Override
  public PlaneSnapshot snapshot() {
    Map<String, String> details = PlaneDetails.of(config, ciphers);
    LinuxDevice running = device;
    if (running == null || state == RunState.CLOSED) {
      return new PlaneSnapshot(Optional.empty(), List.of(), drops.mergedWith(Map.of()), details);
    }
    PlaneDetails.addInterface(details, config, running);
    thread.socketProblem().ifPresent(problem -> details.put("configuration-socket", problem));
    if (!problems.isEmpty()) {
      details.put("problems", String.join("; ", problems));
    }
    Map<String, Long> counted = new LinkedHashMap<>(running.counts().drops());
    record View(List<dev.weft.spi.PeerSnapshot> peers, Map<String, Long> drops) {}
    View view = running.withCore((core, nowNanos, sink) -> new View(core.peers(), core.drops()));
    counted.putAll(view.drops());
    return new PlaneSnapshot(
        Optional.of(listen(running)), view.peers(), drops.mergedWith(counted), details);
  }

  private Endpoint listen(LinuxDevice running) {
    return new Endpoint(
        config.bindAddress().orElseGet(SharedPortDatagrams::anyAddress), running.listenPort());
  }

  /** What the workers handed over. Applications are called, and may close the plane. */
  private void drainInbound() {
    inbound.drain(
        packet -> {
          if (state == RunState.RUNNING) {
            stack.demux().deliver(packet, nowNanos());
          } else {
            drops.count(InnerDrop.NOT_RUNNING);
          }
        },
        (datagram, source) -> {
          if (state == RunState.RUNNING) {
            shared.deliver(datagram, source);
          }
        });
    if (state == RunState.RUNNING) {
      stack.demux().deliverGathered(nowNanos());
    }
  }

  private void notifyActive() {
    List<PublicKey> peers = active.take();
    if (state == RunState.RUNNING) {
      peers.forEach(peer -> context.listener().onPeerActivity(peer));
    }
  }

  private void onFailure(Throwable cause) {
    if (state.isOpen()) {
      state = RunState.FAILED;
      stack.fail();
      context
          .listener()
          .onFailure(
              new OverlayException(
                  "the interface of overlay "
                      + context.overlayName()
                      + " failed: "
                      + cause.getMessage(),
                  cause));
    }
  }

  @Override
  public void requireUsable() {
    requireDevice();
  }

  private LinuxDevice requireDevice() {
    LinuxDevice running = device;
    if (running == null || state == RunState.FAILED || state == RunState.CLOSED) {
      throw new OverlayException(
          "the data plane of overlay " + context.overlayName() + " did not start or failed");
    }
    return running;
  }

  private @Nullable LinuxDevice runningDevice() {
    return state == RunState.RUNNING ? device : null;
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }

  private final class InterfaceTunnels implements HostStack.Tunnels {

    @Override
    public RunState state() {
      return state;
    }

    @Override
    public boolean reaches(InetAddress target) {
      return requireDevice().withCore((core, nowNanos, sink) -> core.peerFor(target)).isPresent();
    }

    @Override
    public void send(PacketBuffer packet) {
      requireDevice()
          .withCore(
              (core, nowNanos, sink) -> {
                core.sendIpPacket(packet, nowNanos, sink);
                return true;
              });
    }

    @Override
    public void afterSending() {
      stack.demux().deliverGathered(nowNanos());
      notifyActive();
    }
  }

  /** The underlay port, for datagrams that are not WireGuard's. */
  private final class DevicePort implements SharedPortDatagrams.Port {
    @Override
    public Optional<Endpoint> localEndpoint() {
      return Optional.ofNullable(runningDevice()).map(LinuxRunner.this::listen);
    }

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      LinuxDevice running = runningDevice();
      return running != null && running.send(datagram, destination);
    }
  }

  /** Called on the workers. */
  private final class Listener implements DeviceListener {

    @Override
    public boolean takesInner(PacketBuffer packet) {
      return inbound.takesInner(packet);
    }

    @Override
    public boolean takesDatagram(PacketBuffer datagram, Endpoint source) {
      return inbound.takesDatagram(datagram, source);
    }

    @Override
    public void onPeerActivity(PublicKey peer) {
      if (active.add(peer)) {
        // An endpoint may have moved behind a route into the tunnel.
        queue.execute(
            () -> {
              peersChanged = true;
              var _ = afterChange();
            });
      }
    }

    @Override
    public void onFailure(Throwable cause) {
      queue.execute(() -> LinuxRunner.this.onFailure(cause));
    }
  }
}
