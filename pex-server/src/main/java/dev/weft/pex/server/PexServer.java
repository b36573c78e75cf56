// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.WeftRuntime;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.PexControl;
import dev.weft.pex.server.http.HttpLimits;
import dev.weft.pex.server.http.HttpServer;
import dev.weft.spi.Scheduler;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A public PEX service: any number of networks in one process, each an {@link Overlay} on one
 * runtime, with their data, STUN and management. Thread-safe; has one thread of its own for files
 * and one for management, besides the runtime's.
 *
 * @since 0.1.0
 */
public final class PexServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PexServer.class);

  private final PexServerConfig config;
  private final WeftRuntime runtime;
  private final boolean ownRuntime;
  private final ControlThread control = new ControlThread();
  private final Networks networks;
  private final Optional<DefinitionDirectory> directory;
  private final Scheduler queue;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile Optional<HttpServer> management = Optional.empty();
  private volatile Optional<StunPort> stun = Optional.empty();
  private volatile List<Problem> problems = List.of();
  private volatile boolean looked;
  private volatile long lastTickNanos;
  private Scheduler.@Nullable Cancellable nextTick;

  private PexServer(PexServerConfig config, WeftRuntime runtime, boolean ownRuntime) {
    this.config = config;
    this.runtime = runtime;
    this.ownRuntime = ownRuntime;
    networks = new Networks(runtime, control, config.maxNetworks(), this::onSettled);
    queue = runtime.newQueue();
    directory =
        config
            .directory()
            .map(
                path ->
                    new DefinitionDirectory(
                        path,
                        new DefinitionReader(path, config.stateDirectory().orElse(path), config),
                        runtime.time(),
                        config.maxNetworks()));
    lastTickNanos = runtime.time().nanoTime();
  }

  /**
   * Opens a service on a runtime of its own. Management and STUN listen when this returns; networks
   * open meanwhile.
   *
   * @throws OverlayException if a directory or an address cannot be used; nothing stays open
   */
  public static PexServer open(PexServerConfig config) {
    WeftRuntime runtime = WeftRuntime.create();
    return open(new PexServer(config, runtime, true));
  }

  /**
   * Opens a service on a runtime of the caller's.
   *
   * @throws OverlayException if a directory or an address cannot be used; nothing stays open
   */
  public static PexServer open(PexServerConfig config, WeftRuntime runtime) {
    return open(new PexServer(config, runtime, false));
  }

  private static PexServer open(PexServer server) {
    try {
      server.start();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void start() {
    config
        .directory()
        .filter(path -> !Files.isDirectory(path))
        .ifPresent(
            path -> {
              throw new OverlayException("there is no directory of definitions " + path);
            });
    config.stateDirectory().ifPresent(PexServer::makeStateDirectory);
    config
        .stunPort()
        .ifPresent(port -> stun = Optional.of(StunPort.open(runtime, config.bindAddress(), port)));
    config.management().ifPresent(this::startManagement);
    control.execute(this::tick);
  }

  private static void makeStateDirectory(Path path) {
    try {
      if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createDirectories(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectories(path);
      }
    } catch (IOException e) {
      throw new OverlayException(
          "the state directory " + path + " cannot be made: " + e + "; choose another", e);
    }
    if (!Files.isWritable(path)) {
      throw new OverlayException(
          "the state directory " + path + " cannot be written to; choose another");
    }
  }

  private void startManagement(Endpoint address) {
    ManagementToken token =
        ManagementToken.load(config.tokenFile().orElseThrow(), runtime.random());
    try {
      management =
          Optional.of(HttpServer.open(address, new ManagementApi(this, token), HttpLimits.DEFAULT));
    } catch (IOException e) {
      throw new OverlayException("management: " + e.getMessage(), e);
    }
    if (!address.address().isLoopbackAddress()) {
      LOG.warn("management listens on {}, beyond this host, without encryption", address);
    }
  }

  /** One look at the directory, and the networks' own upkeep. On the control thread. */
  private void tick() {
    if (closing.get()) {
      return;
    }
    try {
      lookThroughDirectory();
      networks.onTick();
    } finally {
      looked = true;
      lastTickNanos = runtime.time().nanoTime();
      nextTick =
          queue.schedule(config.rescanInterval().toNanos(), () -> control.execute(this::tick));
    }
    onSettled();
  }

  private void onSettled() {
    if (isReady()) {
      ready.complete(null);
    }
  }

  private void lookThroughDirectory() {
    if (directory.isEmpty()) {
      return;
    }
    DefinitionDirectory.Look look = directory.get().look();
    problems = look.problems();
    networks.apply(look.entries());
  }

  /**
   * Looks through the directory of definitions now.
   *
   * @return completed when the networks are as the files say, or on their way to it
   */
  public CompletionStage<Void> rescan() {
    return control.submit(
        () -> {
          lookThroughDirectory();
          return null;
        });
  }

  /**
   * Adds a network, or replaces the one with this name, which the embedding program added before.
   *
   * @return completed when it is on its way; exceptionally with {@link OverlayException} if the
   *     name belongs to a file, or there are too many
   */
  public CompletionStage<Void> put(OverlayConfig network) {
    return control.submit(
        () -> {
          networks
              .put(network)
              .ifPresent(
                  problem -> {
                    throw new OverlayException(problem.message());
                  });
          return null;
        });
  }

  /**
   * Removes a network that the embedding program added.
   *
   * @return whether there was one
   */
  public CompletionStage<Boolean> remove(String name) {
    return control.submit(() -> networks.remove(name));
  }

  /** The overlay of a network, while there is one. */
  public Optional<Overlay> overlay(String name) {
    return networks.overlay(name);
  }

  /**
   * Installs signed data in a dynamic network.
   *
   * @return exceptionally {@link OverlayException} if the network does not run or is not dynamic
   */
  public CompletionStage<InstallOutcome> install(String name, byte[] signed) {
    Optional<PexControl> pex = overlay(name).flatMap(overlay -> overlay.service(PexControl.class));
    if (pex.isEmpty()) {
      return CompletableFuture.failedFuture(
          new OverlayException("the network " + name + " does not run, or has no peer exchange"));
    }
    return pex.get().install(signed);
  }

  /** How the service and its networks are. Never blocks. */
  public ServerReport report() {
    return new ServerReport(
        isReady(),
        networks.all().stream().map(ServedNetwork::report).toList(),
        networks.files(),
        problems);
  }

  /** Whether the service does its work, though perhaps not all networks do. */
  boolean isHealthy() {
    long silence = runtime.time().nanoTime() - lastTickNanos;
    return !closing.get()
        && silence < config.rescanInterval().multipliedBy(10).plusSeconds(20).toNanos();
  }

  boolean isReady() {
    return looked && !closing.get() && networks.isReady();
  }

  Networks networks() {
    return networks;
  }

  Optional<HttpServer> http() {
    return management;
  }

  Optional<StunPort> stunPort() {
    return stun;
  }

  /** Where management listens. */
  public Optional<Endpoint> management() {
    return management.map(HttpServer::localEndpoint);
  }

  /** The file with the management token; absent without management. */
  public Optional<Path> tokenFile() {
    return management.flatMap(server -> config.tokenFile());
  }

  /** Where STUN listens. */
  public Optional<Endpoint> stun() {
    return stun.map(StunPort::localEndpoint);
  }

  /**
   * Completed when the directory was looked through, all networks found there were tried, and one
   * serves unless there is none. Exceptionally if the service was closed before.
   */
  public CompletionStage<Void> ready() {
    return ready.minimalCompletionStage();
  }

  /** Completed when everything was released. Never exceptional. */
  public CompletionStage<Void> closed() {
    return closed.minimalCompletionStage();
  }

  /**
   * Closes all networks and releases everything. Idempotent. Blocks until it is done, except on a
   * thread of the runtime, where it only starts.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      control.execute(this::release);
      control.end();
    }
    if (!runtime.isRuntimeThread()) {
      closed.join();
    }
  }

  private void release() {
    List<Runnable> steps = new ArrayList<>();
    Scheduler.Cancellable tick = nextTick;
    if (tick != null) {
      steps.add(tick::cancel);
    }
    management.ifPresent(server -> steps.add(server::close));
    stun.ifPresent(port -> steps.add(port::close));
    steps.add(networks::close);
    if (ownRuntime) {
      steps.add(runtime::close);
    }
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        LOG.error("something did not close", e);
      }
    }
    ready.completeExceptionally(new OverlayException("the PEX service was closed"));
    closed.complete(null);
  }
}
