// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.device.DeviceEnvironment;
import dev.weft.dataplane.userspace.device.DeviceSink;
import dev.weft.dataplane.userspace.device.WireGuardDevice;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayException;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final DataPlaneContext context;
  private final Scheduler queue;
  private final InterfaceConfig config;
  private final AeadSelection ciphers;
  private final InnerDropCounters drops = new InnerDropCounters();
  private final SharedPortDatagrams shared = new SharedPortDatagrams(new BoundPort());
  private final Optional<SuppliedPort> port;
  private final HostStack stack;
  private final WireGuardDevice device;
  private final DeviceSink sink = new Sink();
  private final ActivePeers active = new ActivePeers();
  private final DeadlineTimer timer;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> released = new CompletableFuture<>();
  private RunState state = RunState.STARTING;
  private @Nullable UnderlayBinding binding;

  PortableRunner(DataPlaneContext context, AeadSelection ciphers) {
    this.context = context;
    this.ciphers = ciphers;
    queue = context.queue();
    config = context.interfaceConfig();
    int mtuOctets = config.mtuOctets();
    port =
        switch (config.portKind()) {
          case PortKind.Supplied(var supplied) ->
              Optional.of(new SuppliedPort(supplied, mtuOctets, drops));
          case PortKind.InProcess inProcess -> Optional.empty();
          case PortKind.Tun(String name) ->
              throw new OverlayException("the portable runner has no TUN device " + name);
        };
    stack = new HostStack(context, drops, port, new DeviceTunnels());
    timer = new DeadlineTimer(queue, context.time(), this::onTimer);
    device = new WireGuardDevice(config.privateKey(), mtuOctets, new Environment());
  }

  /** Joins the underlay port. Completed on the queue. */
  @Override
  public CompletionStage<Void> start() {
    context
        .bindUnderlay(new User())
        .whenComplete((bound, failure) -> Runner.onQueue(queue, () -> onBound(bound, failure)));
    return started;
  }

  private void onBound(@Nullable UnderlayBinding bound, @Nullable Throwable failure) {
    if (state == RunState.CLOSED) {
      release(bound);
      return;
    }
    if (bound == null) {
      state = RunState.FAILED;
      started.completeExceptionally(
          failure == null ? new OverlayException("there is no underlay port") : failure);
      return;
    }
    binding = bound;
    state = RunState.RUNNING;
    stack.run();
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

  @Override
  public CompletionStage<Void> setAddresses(List<InterfaceAddress> addresses) {
    stack.setAddresses(addresses);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public OverlayDatagrams datagrams() {
    return stack.sockets();
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    CompletionStage<Duration> answer = stack.ping(target, timeout);
    settle();
    return answer;
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
    if (state == RunState.RUNNING) {
      state = RunState.SUSPENDED;
      device.suspend(nowNanos());
      // Even now keys are erased in time.
      rescheduleTimer();
      stack.suspend();
    }
  }

  @Override
  public void resume() {
    if (state == RunState.SUSPENDED) {
      state = RunState.RUNNING;
      stack.run();
      device.resume(nowNanos(), sink);
      settle();
      port.ifPresent(supplied -> wakePump(supplied));
    }
  }

  /** Releases everything. Completed on the queue, at once unless the binding is still to come. */
  @Override
  public CompletionStage<Void> close() {
    if (state == RunState.CLOSED) {
      return released;
    }
    boolean bindingIsPending = state == RunState.STARTING;
    state = RunState.CLOSED;
    timer.cancel();
    // Before the binding: the device gives its indices back to it.
    device.close();
    shared.close();
    stack.close();
    port.ifPresent(SuppliedPort::close);
    var _ = active.take();
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
      bound
          .close()
          .whenComplete((nothing, failure) -> Runner.onQueue(queue, () -> released.complete(null)));
    }
  }

  @Override
  public PlaneSnapshot snapshot() {
    Map<String, String> details = PlaneDetails.of(config, ciphers);
    Optional<Endpoint> listen = Optional.empty();
    if (binding != null) {
      listen = Optional.of(binding.localEndpoint());
      PlaneDetails.addBuffers(
          details, config, binding.receiveBufferOctets(), binding.sendBufferOctets());
    }
    return new PlaneSnapshot(listen, device.peers(), drops.mergedWith(device.drops()), details);
  }

  /** Sends what waits on the supplied port, one batch a turn. */
  private void pump() {
    if (port.isEmpty()) {
      return;
    }
    SuppliedPort supplied = port.get();
    supplied.beginReading();
    if (state != RunState.RUNNING) {
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
      stack.demux().deliverGathered(nowNanos());
    } catch (SuppliedPort.FailedException e) {
      onPortFailure("writing", e);
    }
  }

  private void onPortFailure(String what, RuntimeException failure) {
    if (state == RunState.RUNNING) {
      state = RunState.FAILED;
      stack.fail();
      timer.cancel();
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
    active.take().forEach(peer -> context.listener().onPeerActivity(peer));
  }

  private void rescheduleTimer() {
    if (state.isOpen() && device.hasDeadline()) {
      timer.set(device.nextDeadlineNanos());
    } else {
      timer.cancel();
    }
  }

  private void onTimer() {
    if (state.isOpen()) {
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
    return state == RunState.RUNNING ? Optional.ofNullable(binding) : Optional.empty();
  }

  private final class DeviceTunnels implements HostStack.Tunnels {

    @Override
    public RunState state() {
      return state;
    }

    @Override
    public boolean reaches(InetAddress target) {
      return device.peerFor(target).isPresent();
    }

    @Override
    public void send(PacketBuffer packet) {
      device.sendIpPacket(packet, nowNanos(), sink);
    }

    @Override
    public void afterSending() {
      deliverGathered();
      settle();
    }
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
    if (binding == null || state == RunState.FAILED) {
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
      stack.demux().gather(packet);
    }

    @Override
    public void onHandshakeCompleted(PublicKey peer) {
      var _ = active.add(peer);
    }

    @Override
    public void onEndpointChanged(PublicKey peer, Endpoint endpoint) {
      var _ = active.add(peer);
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
      if (state != RunState.RUNNING) {
        drops.count(InnerDrop.NOT_RUNNING);
        return;
      }
      if (shared.claims(datagram)) {
        shared.deliver(datagram, source);
        return;
      }
      device.receiveDatagram(datagram, source, nowNanos(), sink);
      if (stack.demux().isFull()) {
        deliverGathered();
      }
      settle();
    }

    @Override
    public void onBatchEnd() {
      if (state == RunState.RUNNING) {
        deliverGathered();
        settle();
      }
    }
  }
}
