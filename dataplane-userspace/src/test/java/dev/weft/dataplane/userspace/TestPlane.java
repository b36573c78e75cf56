// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.PortKind;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneListener;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPort;
import dev.weft.spi.UnderlayPortFactory;
import dev.weft.testkit.SimHost;
import dev.weft.testkit.SimNetwork;
import dev.weft.testkit.SimRuntime;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A real plane on a simulated host, without an engine: the context gives it an underlay port of its
 * own and remembers what it was told.
 */
final class TestPlane implements DataPlaneContext, DataPlaneListener {

  static final Duration LIMIT = Duration.ofSeconds(30);

  private final SimHost host;
  private final SimRuntime runtime;
  private final InterfaceConfig config;
  private final Scheduler queue;
  private final CompletableFuture<UnderlayBinding> bound = new CompletableFuture<>();
  final Set<Integer> indices = new HashSet<>();
  final List<PublicKey> activity = new ArrayList<>();
  final List<Throwable> failures = new ArrayList<>();
  Runnable onActivity = () -> {};
  boolean bindingClosed;
  boolean indicesAreExhausted;
  private final UserspaceDataPlane plane;

  /**
   * A plane that starts as the simulation goes on.
   *
   * @param holdBinding whether {@link #bind} must be called first
   */
  TestPlane(SimHost host, PortKind portKind, boolean holdBinding, String... addresses) {
    this.host = host;
    runtime = host.newRuntime();
    queue = runtime.newQueue();
    InterfaceConfig.Builder builder =
        InterfaceConfig.builder(PrivateKey.generate(runtime.random()))
            .listenPort(51820)
            .portKind(portKind);
    for (String address : addresses) {
      builder.address(InterfaceAddress.parse(address));
    }
    config = builder.build();
    plane = on(() -> (UserspaceDataPlane) new UserspaceDataPlaneProvider().open(this));
    if (!holdBinding) {
      bind();
    }
  }

  static TestPlane inProcess(SimHost host, String... addresses) {
    return new TestPlane(host, new PortKind.InProcess(), false, addresses);
  }

  UserspaceDataPlane plane() {
    return plane;
  }

  SimRuntime runtime() {
    return runtime;
  }

  PublicKey publicKey() {
    return config.privateKey().publicKey();
  }

  Endpoint endpoint(String address) {
    return new Endpoint(InetAddress.ofLiteral(address), 51820);
  }

  /** Runs something on the overlay's queue and steps until it is done. */
  <T> T on(Supplier<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    queue.execute(
        () -> {
          try {
            result.complete(call.get());
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return network().await(result, LIMIT);
  }

  /** Calls the plane on the queue and waits for the stage it returns. */
  <T> T await(Supplier<CompletionStage<T>> call) {
    return network().await(on(call), LIMIT);
  }

  void start() {
    network().await(plane.started(), LIMIT);
  }

  void addPeer(TestPlane peer, Optional<Endpoint> endpoint, String... allowedIps) {
    await(
        () ->
            plane.apply(
                List.of(
                    new PeerUpdate.Create(
                        peer.publicKey(),
                        Optional.empty(),
                        endpoint,
                        Duration.ZERO,
                        List.of(allowedIps).stream().map(IpPrefix::parse).toList()))));
  }

  long drops(String reason) {
    return await(plane::snapshot).drops().getOrDefault(reason, 0L);
  }

  private SimNetwork network() {
    return host.network();
  }

  @Override
  public String overlayName() {
    return host.name();
  }

  @Override
  public InterfaceConfig interfaceConfig() {
    return config;
  }

  @Override
  public List<InterfaceAddress> addresses() {
    return config.addresses();
  }

  @Override
  public Scheduler queue() {
    return queue;
  }

  @Override
  public TimeSource time() {
    return runtime.time();
  }

  @Override
  public RandomSource random() {
    return runtime.random();
  }

  @Override
  public DataPlaneListener listener() {
    return this;
  }

  @Override
  public void onPeerActivity(PublicKey peer) {
    activity.add(peer);
    onActivity.run();
  }

  @Override
  public void onFailure(Throwable cause) {
    failures.add(cause);
  }

  private UnderlayBinding.@Nullable User user;

  @Override
  public CompletionStage<UnderlayBinding> bindUnderlay(UnderlayBinding.User newUser) {
    user = newUser;
    return bound;
  }

  /** Opens the underlay port. */
  void bind() {
    UnderlayPortFactory.Spec spec =
        new UnderlayPortFactory.Spec(Optional.empty(), 51820, config.socketBufferOctets());
    UnderlayBinding.User current = Objects.requireNonNull(user);
    queue.execute(
        () ->
            runtime
                .underlayPorts()
                .open(spec, queue, current)
                .whenComplete((port, failure) -> bound.complete(new Binding(port))));
  }

  /** Fails to open it. */
  void failToBind(RuntimeException failure) {
    queue.execute(() -> bound.completeExceptionally(failure));
  }

  private final class Binding implements UnderlayBinding {
    private final UnderlayPort port;

    Binding(UnderlayPort port) {
      this.port = port;
    }

    @Override
    public Endpoint localEndpoint() {
      return port.localEndpoint();
    }

    @Override
    public int receiveBufferOctets() {
      return port.receiveBufferOctets();
    }

    @Override
    public int sendBufferOctets() {
      return port.sendBufferOctets();
    }

    @Override
    public int allocateIndex() {
      if (indicesAreExhausted) {
        throw new IllegalStateException("thrown by a test");
      }
      byte[] octets = new byte[Integer.BYTES];
      int index;
      do {
        runtime.random().nextBytes(octets);
        index = ByteBuffer.wrap(octets).getInt();
      } while (!indices.add(index));
      return index;
    }

    @Override
    public void releaseIndex(int index) {
      if (!indices.remove(index)) {
        throw new AssertionError("index " + index + " was not allocated");
      }
    }

    @Override
    public boolean send(PacketBuffer datagram, Endpoint destination) {
      return port.send(datagram, destination);
    }

    @Override
    public Optional<InetAddress> localAddressTowards(Endpoint destination) {
      return port.localAddressTowards(destination);
    }

    @Override
    public CompletionStage<Void> rebind() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> close() {
      bindingClosed = true;
      return port.close();
    }
  }
}
