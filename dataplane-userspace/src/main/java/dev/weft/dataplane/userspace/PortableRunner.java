// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.DeviceEnvironment;
import dev.weft.dataplane.userspace.device.DeviceSink;
import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PingException;
import dev.weft.overlay.PortKind;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a {@link WireGuardDevice} on the overlay's queue: moves packets between the underlay
 * binding, the device and {@link InnerDemux}, gives the device the time and one timer, and never
 * lets anybody call back into the device while it works. Owned by the overlay's queue.
 */
final class PortableRunner implements Runner {

  private static final Logger LOG = LoggerFactory.getLogger(PortableRunner.class);

  /** Packets of overlay sockets that are sent before others on the loop get their turn. */
  private static final int DRAIN_LIMIT = 32;

  private enum State {
    /** The underlay port is being opened. */
    STARTING,
    /** Packets flow. */
    RUNNING,
    /** Bound, but nothing flows. */
    SUSPENDED,
    /** The underlay port could not be opened, or the supplied port failed. */
    FAILED,
    CLOSED
  }

  private final DataPlaneContext context;
  private final Scheduler queue;
  private final InterfaceConfig config;
  private final AeadSelection ciphers;
  private final InnerDropCounters drops = new InnerDropCounters();
  private final OverlaySockets sockets;
  private final Pings pings;
  private final SharedPortDatagrams shared = new SharedPortDatagrams(new BoundPort());
  private final Optional<SuppliedPort> port;
  private final InnerDemux demux;
  private final WireGuardDevice device;
  private final DeviceSink sink = new Sink();
  private final Set<PublicKey> active = new LinkedHashSet<>();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> released = new CompletableFuture<>();
  private State state = State.STARTING;
  private @Nullable UnderlayBinding binding;
  private Scheduler.@Nullable Cancellable timer;
  private long timerDeadlineNanos;

  PortableRunner(DataPlaneContext context, AeadSelection ciphers) {
    this.context = context;
    this.ciphers = ciphers;
    queue = context.queue();
    config = context.interfaceConfig();
    int mtuOctets = config.mtuOctets();
    OwnAddresses own = new OwnAddresses(context.addresses());
    sockets =
        new OverlaySockets(
            mtuOctets, own, context.random(), drops, () -> queue.execute(this::drainSockets));
    pings = new Pings(queue, context.random());
    port =
        switch (config.portKind()) {
          case PortKind.Supplied(var supplied) ->
              Optional.of(new SuppliedPort(supplied, mtuOctets, drops));
          case PortKind.InProcess inProcess -> Optional.empty();
          case PortKind.Tun(String name) ->
              throw new OverlayException("the portable runner has no TUN device " + name);
        };
    demux =
        new InnerDemux(
            mtuOctets,
            own,
            drops,
            sockets,
            pings,
            new InProcessEndpoint(mtuOctets, drops, nowNanos()),
            port,
            this::emit);
    device = new WireGuardDevice(config.privateKey(), mtuOctets, new Environment());
  }

  /** Joins the underlay port. Completed on the queue. */
  @Override
  public CompletionStage<Void> start() {
    context
        .bindUnderlay(new User())
        .whenComplete((bound, failure) -> onQueue(() -> onBound(bound, failure)));
    return started;
  }

  private void onQueue(Runnable task) {
    if (queue.isCurrent()) {
      task.run();
    } else {
      queue.execute(task);
    }
  }

  private void onBound(@Nullable UnderlayBinding bound, @Nullable Throwable failure) {
    if (state == State.CLOSED) {
      release(bound);
      return;
    }
    if (bound == null) {
      state = State.FAILED;
      started.completeExceptionally(
          failure == null ? new OverlayException("there is no underlay port") : failure);
      return;
    }
    binding = bound;
    state = State.RUNNING;
    sockets.setRunning(true);
    port.ifPresent(supplied -> supplied.onReadable(() -> queue.execute(this::pump)));
    LOG.info(
        "overlay {}: userspace plane on {}, ciphers {}",
        context.overlayName(),
        bound.localEndpoint(),
        ciphers.order());
    started.complete(null);
  }

  /** Changes one peer; {@link #afterChange} must follow the last of several. */
  @Override
  public void apply(PeerUpdate update) {
    device.apply(update, nowNanos(), sink);
  }

  /** Tells what happened and sets the timer, after the device was called. */
  @Override
  public CompletionStage<Void> afterChange() {
    settle();
    return CompletableFuture.completedFuture(null);
  }

  private void settle() {
    notifyActive();
    rescheduleTimer();
  }

  @Override
  public void setPrivateKey(PrivateKey key) {
    device.setPrivateKey(key, nowNanos(), sink);
    settle();
  }

  /**
   * Replaces the own addresses. Sockets on one that went stay claimed, and idle until it is back.
   */
  @Override
  public CompletionStage<Void> setAddresses(List<InterfaceAddress> addresses) {
    demux.setAddresses(new OwnAddresses(addresses));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public OverlayDatagrams datagrams() {
    return sockets;
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    if (state != State.RUNNING) {
      return noPing(target, "the data plane is " + state.name().toLowerCase(Locale.ROOT));
    }
    if (demux.own().contains(target)) {
      return CompletableFuture.completedFuture(Duration.ZERO);
    }
    Optional<InetAddress> source = demux.own().sourceFor(target);
    if (source.isEmpty()) {
      return noPing(target, "the local host has no overlay address of that version of IP");
    }
    if (device.peerFor(target).isEmpty()) {
      return noPing(target, "no peer has this address among its allowed IPs");
    }
    CompletionStage<Duration> answer =
        pings.ping(source.get(), target, timeout, nowNanos(), this::emit);
    settle();
    return answer;
  }

  private static CompletionStage<Duration> noPing(InetAddress target, String reason) {
    return CompletableFuture.failedFuture(
        new PingException("pinging " + target.getHostAddress() + " failed: " + reason));
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    return binding == null ? Optional.empty() : binding.localAddressTowards(endpoint);
  }

  @Override
  public UnderlayDatagrams underlay() {
    return shared;
  }

  @Override
  public CompletionStage<Void> rebind() {
    return requireBinding().rebind();
  }

  @Override
  public CompletionStage<Void> setListenPort(int port) {
    return requireBinding().moveTo(port);
  }

  @Override
  public void suspend() {
    if (state == State.RUNNING) {
      state = State.SUSPENDED;
      sockets.setRunning(false);
      device.suspend(nowNanos());
      // Even now keys are erased in time.
      rescheduleTimer();
      pings.close("the overlay was suspended");
      demux.releaseMemory();
    }
  }

  @Override
  public void resume() {
    if (state == State.SUSPENDED) {
      state = State.RUNNING;
      sockets.setRunning(true);
      device.resume(nowNanos(), sink);
      settle();
      port.ifPresent(supplied -> wakePump(supplied));
    }
  }

  /** Releases everything. Completed on the queue, at once unless the binding is still to come. */
  @Override
  public CompletionStage<Void> close() {
    if (state == State.CLOSED) {
      return released;
    }
    boolean bindingIsPending = state == State.STARTING;
    state = State.CLOSED;
    cancelTimer();
    // Before the binding: the device gives its indices back to it.
    device.close();
    sockets.close();
    shared.close();
    pings.close("the overlay was closed");
    demux.releaseMemory();
    port.ifPresent(SuppliedPort::close);
    active.clear();
    UnderlayBinding bound = binding;
    binding = null;
    if (bindingIsPending) {
      started.completeExceptionally(
          new OverlayClosedException(
              "overlay " + context.overlayName() + " was closed before it had started"));
    } else {
      release(bound);
    }
    return released;
  }

  private void release(@Nullable UnderlayBinding bound) {
    if (bound == null) {
      released.complete(null);
    } else {
      bound.close().whenComplete((nothing, failure) -> onQueue(() -> released.complete(null)));
    }
  }

  @Override
  public PlaneSnapshot snapshot() {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("aead", ciphers.current().name());
    details.put("aead-order", ciphers.order());
    details.put("mtu-octets", Integer.toString(config.mtuOctets()));
    switch (config.portKind()) {
      case PortKind.InProcess inProcess -> {
        details.put("port-kind", "in-process");
        details.put("forwarding", "none: the in-process endpoint never forwards");
      }
      case PortKind.Supplied supplied -> details.put("port-kind", "supplied");
      case PortKind.Tun tun -> details.put("port-kind", "tun");
    }
    Optional<Endpoint> listen = Optional.empty();
    if (binding != null) {
      listen = Optional.of(binding.localEndpoint());
      String asked = " of " + config.socketBufferOctets() + " asked";
      details.put("receive-buffer-octets", binding.receiveBufferOctets() + asked);
      details.put("send-buffer-octets", binding.sendBufferOctets() + asked);
    }
    return new PlaneSnapshot(listen, device.peers(), drops.mergedWith(device.drops()), details);
  }

  /** Sends an inner packet of this host's own: to a peer, or back to this host. */
  private void emit(PacketBuffer packet) {
    if (state != State.RUNNING) {
      drops.count(InnerDrop.NOT_RUNNING);
    } else if (demux.isForOwnAddress(packet)) {
      demux.deliver(packet, nowNanos());
    } else {
      device.sendIpPacket(packet, nowNanos(), sink);
    }
  }

  private void drainSockets() {
    sockets.beginPolling();
    for (int i = 0; i < DRAIN_LIMIT; i++) {
      PacketBuffer packet = sockets.poll();
      if (packet == null) {
        break;
      }
      if (demux.isFromOwnAddress(packet)) {
        emit(packet);
      } else {
        drops.count(InnerDrop.SOURCE_NOT_LOCAL);
      }
    }
    sockets.wakeIfWaiting();
    deliverGathered();
    settle();
  }

  /** Sends what waits on the supplied port, one batch a turn. */
  private void pump() {
    if (port.isEmpty()) {
      return;
    }
    SuppliedPort supplied = port.get();
    supplied.beginReading();
    if (state != State.RUNNING) {
      return;
    }
    PacketBatch batch;
    try {
      batch = supplied.read();
    } catch (SuppliedPort.FailedException e) {
      onPortFailure("reading", e);
      return;
    }
    boolean wasFull = batch.isFull();
    supplied.removeUnfit(batch);
    if (batch.size() > 0) {
      device.sendIpPackets(batch, nowNanos(), sink);
      settle();
    }
    if (wasFull) {
      wakePump(supplied);
    }
  }

  private void wakePump(SuppliedPort supplied) {
    if (supplied.wake()) {
      queue.execute(this::pump);
    }
  }

  private void deliverGathered() {
    try {
      demux.deliverGathered(nowNanos());
    } catch (SuppliedPort.FailedException e) {
      onPortFailure("writing", e);
    }
  }

  private void onPortFailure(String what, RuntimeException failure) {
    if (state == State.RUNNING) {
      state = State.FAILED;
      sockets.setRunning(false);
      cancelTimer();
      context
          .listener()
          .onFailure(
              new OverlayException(
                  what
                      + " the supplied packet port of overlay "
                      + context.overlayName()
                      + " failed",
                  failure));
    }
  }

  private void notifyActive() {
    if (!active.isEmpty()) {
      List<PublicKey> peers = List.copyOf(active);
      active.clear();
      peers.forEach(peer -> context.listener().onPeerActivity(peer));
    }
  }

  /**
   * Keeps a timer that fires no later than the device's deadline; one that fires early is set anew.
   */
  private void rescheduleTimer() {
    boolean timed = state == State.RUNNING || state == State.SUSPENDED;
    if (!timed || !device.hasDeadline()) {
      cancelTimer();
      return;
    }
    long deadlineNanos = device.nextDeadlineNanos();
    if (timer != null && timerDeadlineNanos - deadlineNanos <= 0) {
      return;
    }
    cancelTimer();
    timerDeadlineNanos = deadlineNanos;
    timer = queue.schedule(Math.max(0, deadlineNanos - nowNanos()), this::onTimer);
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void onTimer() {
    timer = null;
    if (state == State.RUNNING || state == State.SUSPENDED) {
      long nowNanos = nowNanos();
      if (device.hasDeadline() && device.nextDeadlineNanos() - nowNanos <= 0) {
        device.onDeadline(nowNanos, sink);
      }
      settle();
    }
  }

  private long nowNanos() {
    return context.time().nanoTime();
  }

  /** Whether the plane runs or is suspended. */
  @Override
  public void requireUsable() {
    requireBinding();
  }

  private Optional<UnderlayBinding> runningBinding() {
    return state == State.RUNNING ? Optional.ofNullable(binding) : Optional.empty();
  }

  /** The underlay port, for datagrams that are not WireGuard's. */
  private final class BoundPort implements SharedPortDatagrams.Port {
    @Override
    public Optional<Endpoint> localEndpoint() {
      return runningBinding().map(UnderlayBinding::localEndpoint);
    }

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      return runningBinding().map(bound -> bound.send(datagram, destination)).orElse(false);
    }
  }

  private UnderlayBinding requireBinding() {
    if (binding == null || state == State.FAILED) {
      throw new OverlayException(
          "the data plane of overlay " + context.overlayName() + " did not start or failed");
    }
    return binding;
  }

  /** What the device knows of the world. */
  private final class Environment implements DeviceEnvironment {

    @Override
    public Instant wallClock() {
      return context.time().wallClock();
    }

    @Override
    public RandomSource random() {
      return context.random();
    }

    @Override
    public int allocateIndex() {
      return requireBinding().allocateIndex();
    }

    @Override
    public void releaseIndex(int index) {
      if (binding != null) {
        binding.releaseIndex(index);
      }
    }

    @Override
    public AeadProvider aead() {
      return ciphers.current();
    }
  }

  /** Takes what the device makes. Nothing here calls the device or an application. */
  private final class Sink implements DeviceSink {

    @Override
    public boolean toNetwork(PacketBuffer datagram, Endpoint destination) {
      return binding != null && binding.send(datagram, destination);
    }

    @Override
    public void toTunnel(PacketBuffer packet, PublicKey peer) {
      demux.gather(packet);
    }

    @Override
    public void onHandshakeCompleted(PublicKey peer) {
      active.add(peer);
    }

    @Override
    public void onEndpointChanged(PublicKey peer, Endpoint endpoint) {
      active.add(peer);
    }
  }

  /** Takes what the underlay port receives. */
  private final class User implements UnderlayBinding.User {

    @Override
    public boolean claims(PacketBuffer datagram) {
      return device.claimsInitiation(datagram) || shared.claims(datagram);
    }

    @Override
    public void onDatagram(PacketBuffer datagram, Endpoint source) {
      if (state != State.RUNNING) {
        drops.count(InnerDrop.NOT_RUNNING);
        return;
      }
      if (shared.claims(datagram)) {
        shared.deliver(datagram, source);
        return;
      }
      device.receiveDatagram(datagram, source, nowNanos(), sink);
      if (demux.isFull()) {
        deliverGathered();
      }
      settle();
    }

    @Override
    public void onBatchEnd() {
      if (state == State.RUNNING) {
        deliverGathered();
        settle();
      }
    }
  }
}
