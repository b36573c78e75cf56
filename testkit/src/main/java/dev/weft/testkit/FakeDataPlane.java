// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PingException;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.UnderlayBinding;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A data plane without cryptography: it records what it is told, shows what a test scripts, and
 * passes datagrams to other fake planes of the simulation as cryptokey routing would. It joins a
 * real underlay port, so that errors of binding occur. It insists on the contract: its methods
 * throw if they are not called on the overlay's queue, and stages are completed on it, never at
 * once.
 */
public final class FakeDataPlane implements DataPlane {

  private static final Duration LATENCY = Duration.ofMillis(1);
  private static final int IPV6_AND_UDP_HEADERS = 48;

  private final SimNetwork network;
  private final DataPlaneContext context;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final FakePeers peers = new FakePeers();
  private final List<List<PeerUpdate>> batches = new ArrayList<>();
  private final Map<InetAddress, Duration> pingAnswers = new HashMap<>();
  private final Map<String, Long> drops = new HashMap<>();
  private final FakeDatagrams datagrams;
  private PrivateKey privateKey;
  private PublicKey localKey;
  private List<InterfaceAddress> addresses;
  private @Nullable UnderlayBinding underlay;
  private @Nullable OverlayException nextApplyFailure;
  private boolean startHeld;
  private boolean reachable = true;
  private boolean suspended;
  private boolean closed;
  private int rebinds;

  FakeDataPlane(SimNetwork network, DataPlaneContext context, boolean startHeld) {
    this.network = network;
    this.context = context;
    this.startHeld = startHeld;
    datagrams = new FakeDatagrams(this, network);
    privateKey = context.interfaceConfig().privateKey();
    localKey = privateKey.publicKey();
    addresses = List.copyOf(context.addresses());
    requireQueue();
    var _ = context.bindUnderlay(new Silent()).whenComplete(this::onBound);
  }

  /** A device that takes no part in WireGuard. */
  private static final class Silent implements UnderlayBinding.User {
    @Override
    public boolean claims(PacketBuffer initiation) {
      return false;
    }

    @Override
    public void onDatagram(PacketBuffer datagram, Endpoint source) {}
  }

  private void onBound(@Nullable UnderlayBinding bound, @Nullable Throwable failure) {
    if (bound == null) {
      started.completeExceptionally(
          failure == null ? new IllegalStateException("no binding") : failure);
    } else if (closed) {
      var _ = bound.close();
    } else {
      underlay = bound;
      if (!startHeld) {
        started.complete(null);
      }
    }
  }

  // What a test reads.

  /** The overlay it belongs to. */
  public String overlayName() {
    return context.overlayName();
  }

  /** Its public key. */
  public PublicKey localKey() {
    return localKey;
  }

  /** Its private key. */
  public PrivateKey privateKey() {
    return privateKey;
  }

  /** Its addresses inside the overlay. */
  public List<InterfaceAddress> addresses() {
    return addresses;
  }

  /** What was applied, call by call. */
  public List<List<PeerUpdate>> batches() {
    return List.copyOf(batches);
  }

  /** What was applied, in order. */
  public List<PeerUpdate> updates() {
    return batches.stream().flatMap(List::stream).toList();
  }

  /** Forgets what was applied; the peers stay. */
  public void clearUpdates() {
    batches.clear();
  }

  /** The interface it was opened for. */
  public InterfaceConfig interfaceConfig() {
    return context.interfaceConfig();
  }

  /** Its peers, in the order they were added. */
  public List<PublicKey> peers() {
    return peers.keys();
  }

  /** The configuration of a peer as all updates left it. */
  public Optional<PeerUpdate.Create> peer(PublicKey key) {
    return peers.find(key).map(peer -> peer.config);
  }

  /** Where it can be reached: its host's first address and the port in use. */
  public Endpoint endpoint() {
    if (underlay == null) {
      throw new IllegalStateException("the plane has no underlay port yet");
    }
    Endpoint local = underlay.localEndpoint();
    if (!local.address().isAnyLocalAddress()) {
      return local;
    }
    InetAddress own = underlay.localAddressTowards(local).orElse(local.address());
    return new Endpoint(own, local.port());
  }

  /** Its share of the underlay port, once it has one. */
  public Optional<UnderlayBinding> binding() {
    return Optional.ofNullable(underlay);
  }

  /** How often it was told to open its socket anew. */
  public int rebinds() {
    return rebinds;
  }

  /** Whether it is suspended. */
  public boolean isSuspended() {
    return suspended;
  }

  /** Whether it was not closed. */
  public boolean isOpen() {
    return !closed;
  }

  // What a test scripts.

  /** Completes a start that {@link FakeFabric#holdStarts} held back. */
  public void completeStart() {
    startHeld = false;
    onQueue(() -> started.complete(null));
  }

  /** Makes a handshake with a peer complete now. */
  public void completeHandshake(PublicKey key) {
    FakePeers.Peer peer = peers.require(key);
    peer.lastHandshakeNanos = OptionalLong.of(context.time().nanoTime());
    onQueue(() -> context.listener().onPeerActivity(key));
  }

  /** Makes a handshake with a peer complete now, from this endpoint. */
  public void completeHandshake(PublicKey key, Endpoint from) {
    peers.require(key).endpoint = Optional.of(from);
    completeHandshake(key);
  }

  /** Makes a peer roam. */
  public void roam(PublicKey key, Endpoint to) {
    peers.require(key).endpoint = Optional.of(to);
    onQueue(() -> context.listener().onPeerActivity(key));
  }

  /** Counts a packet received from a peer. */
  public void countReceived(PublicKey key, int octets) {
    FakePeers.Peer peer = peers.require(key);
    peer.receivedOctets += octets;
    peer.receivedPackets++;
  }

  /** Counts a packet sent to a peer. */
  public void countSent(PublicKey key, int octets) {
    FakePeers.Peer peer = peers.require(key);
    peer.sentOctets += octets;
    peer.sentPackets++;
  }

  /** Counts a drop. */
  public void countDrop(String reason) {
    drops.merge(reason, 1L, Long::sum);
  }

  /** Makes echo requests to an address succeed. */
  public void answerPings(InetAddress address, Duration roundTripTime) {
    pingAnswers.put(address, roundTripTime);
  }

  /** Sets whether datagrams and echo requests pass to and from this plane; they do at first. */
  public void reachable(boolean value) {
    reachable = value;
  }

  /** Makes the next {@link #apply} fail, without effect. */
  public void failNextApply(OverlayException failure) {
    nextApplyFailure = failure;
  }

  /** Makes the plane fail. */
  public void fail(Throwable cause) {
    onQueue(() -> context.listener().onFailure(cause));
  }

  // The data plane.

  @Override
  public CompletionStage<Void> started() {
    return started;
  }

  @Override
  public CompletionStage<Void> apply(List<PeerUpdate> updates) {
    requireQueue();
    batches.add(List.copyOf(updates));
    OverlayException failure = nextApplyFailure;
    if (failure != null) {
      nextApplyFailure = null;
      return failLater(failure);
    }
    updates.forEach(peers::apply);
    return done();
  }

  @Override
  public CompletionStage<Void> setPrivateKey(PrivateKey key) {
    requireQueue();
    privateKey = key;
    localKey = key.publicKey();
    peers.forgetHandshakes();
    return done();
  }

  @Override
  public CompletionStage<Void> setAddresses(List<InterfaceAddress> value) {
    requireQueue();
    addresses = List.copyOf(value);
    return done();
  }

  @Override
  public CompletionStage<PlaneSnapshot> snapshot() {
    requireQueue();
    return completeAfter(
        Duration.ZERO,
        new PlaneSnapshot(
            Optional.ofNullable(underlay).map(UnderlayBinding::localEndpoint),
            peers.snapshots(),
            drops,
            Map.of("plane", "fake")));
  }

  @Override
  public OverlayDatagrams datagrams() {
    return datagrams;
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    requireQueue();
    Duration scripted = pingAnswers.get(target);
    if (scripted != null) {
      return completeAfter(scripted, scripted);
    }
    if (peers.holder(target).isEmpty() && !hasAddress(target)) {
      return failLater(new PingException("no peer has " + target.getHostAddress()));
    }
    if (hasAddress(target) || destination(target).isPresent()) {
      Duration roundTrip = LATENCY.multipliedBy(2);
      return completeAfter(roundTrip, roundTrip);
    }
    CompletableFuture<Duration> answer = new CompletableFuture<>();
    var _ =
        context
            .queue()
            .schedule(
                timeout.toNanos(),
                () ->
                    answer.completeExceptionally(
                        new PingException(
                            target.getHostAddress() + " did not answer within " + timeout)));
    return answer;
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    return Optional.ofNullable(underlay).flatMap(port -> port.localAddressTowards(endpoint));
  }

  @Override
  public CompletionStage<Void> setListenPort(int port) {
    requireQueue();
    UnderlayBinding bound = underlay;
    return bound == null
        ? CompletableFuture.failedFuture(new IllegalStateException("no underlay port yet"))
        : bound.moveTo(port);
  }

  @Override
  public CompletionStage<Void> rebind() {
    requireQueue();
    rebinds++;
    return underlay == null ? done() : underlay.rebind();
  }

  @Override
  public CompletionStage<Void> suspend() {
    requireQueue();
    suspended = true;
    return done();
  }

  @Override
  public CompletionStage<Void> resume() {
    requireQueue();
    suspended = false;
    return done();
  }

  @Override
  public CompletionStage<Void> close() {
    requireQueue();
    closed = true;
    datagrams.close();
    UnderlayBinding binding = underlay;
    underlay = null;
    return binding == null ? done() : binding.close().thenCompose(_ -> done());
  }

  // Between planes.

  DataPlaneContext context() {
    return context;
  }

  boolean hasAddress(InetAddress address) {
    return addresses.stream().anyMatch(own -> own.address().equals(address));
  }

  /** Sends a datagram to whoever has the destination; false if no peer has it or it is too long. */
  boolean send(byte[] payload, Endpoint source, Endpoint destination) {
    int longest = context.interfaceConfig().mtuOctets() - IPV6_AND_UDP_HEADERS;
    if (closed || payload.length > longest || peers.holder(destination.address()).isEmpty()) {
      return false;
    }
    destination(destination.address())
        .filter(plane -> plane.admits(localKey, source.address()))
        .ifPresent(
            plane -> {
              var _ =
                  plane
                      .context
                      .queue()
                      .schedule(
                          LATENCY.toNanos(),
                          () -> plane.datagrams.receive(payload, source, destination));
            });
    return true;
  }

  private Optional<FakeDataPlane> destination(InetAddress address) {
    return network
        .fakeFabric()
        .planeAt(address)
        .filter(plane -> reachable && plane.reachable && !suspended && !plane.suspended)
        .filter(plane -> peers.holder(address).filter(plane.localKey::equals).isPresent());
  }

  private boolean admits(PublicKey sender, InetAddress source) {
    return peers.holder(source).filter(sender::equals).isPresent();
  }

  private void requireQueue() {
    if (!context.queue().isCurrent()) {
      throw new IllegalStateException("a data plane is used on its overlay's queue");
    }
  }

  private void onQueue(Runnable action) {
    context.queue().execute(action);
  }

  private CompletionStage<Void> done() {
    CompletableFuture<Void> stage = new CompletableFuture<>();
    onQueue(() -> stage.complete(null));
    return stage;
  }

  private <T> CompletionStage<T> completeAfter(Duration delay, T value) {
    CompletableFuture<T> stage = new CompletableFuture<>();
    var _ = context.queue().schedule(delay.toNanos(), () -> stage.complete(value));
    return stage;
  }

  private <T> CompletionStage<T> failLater(OverlayException failure) {
    CompletableFuture<T> stage = new CompletableFuture<>();
    onQueue(() -> stage.completeExceptionally(failure));
    return stage;
  }
}
