// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.overlay.OverlayClosedException;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.PortKind;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.OverlayDatagrams;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.PlaneSnapshot;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard interface in this process. Changes that arrive while the underlay port is being
 * opened wait for it, in order and without limit: they come from this process alone. Owned by the
 * overlay's queue.
 */
final class UserspaceDataPlane implements DataPlane {

  private record Waiting<T>(Supplier<CompletionStage<T>> change, CompletableFuture<T> result) {
    void run() {
      completeAs(result, change.get());
    }
  }

  private final Runner runner;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final Queue<Waiting<?>> waiting = new ArrayDeque<>();
  private boolean closing;

  private UserspaceDataPlane(Runner runner) {
    this.runner = runner;
  }

  /** Opens a plane; {@link #started} tells when it can be used. */
  static UserspaceDataPlane open(DataPlaneContext context, AeadSelection ciphers) {
    UserspaceDataPlane plane =
        new UserspaceDataPlane(
            switch (context.interfaceConfig().portKind()) {
              case PortKind.Tun(String name) -> new LinuxRunner(context, name, ciphers);
              case PortKind.InProcess inProcess -> new PortableRunner(context, ciphers);
              case PortKind.Supplied supplied -> new PortableRunner(context, ciphers);
            });
    plane.runner.start().whenComplete((nothing, failure) -> plane.onStarted(failure));
    return plane;
  }

  private void onStarted(@Nullable Throwable failure) {
    for (Waiting<?> change = waiting.poll(); change != null; change = waiting.poll()) {
      change.run();
    }
    if (failure == null) {
      started.complete(null);
    } else {
      started.completeExceptionally(failure);
    }
  }

  @Override
  public CompletionStage<Void> started() {
    return started.minimalCompletionStage();
  }

  @Override
  public CompletionStage<Void> apply(List<PeerUpdate> updates) {
    List<PeerUpdate> copy = List.copyOf(updates);
    return inOrder(
        "applying peer updates",
        () -> {
          try {
            for (int i = 0; i < copy.size(); i++) {
              applyOne(copy, i);
            }
          } catch (RuntimeException e) {
            var _ = runner.afterChange();
            throw e;
          }
          return runner.afterChange();
        });
  }

  private void applyOne(List<PeerUpdate> updates, int index) {
    PeerUpdate update = updates.get(index);
    try {
      runner.apply(update);
    } catch (RuntimeException e) {
      throw new OverlayException(
          "applying peer update "
              + (index + 1)
              + " of "
              + updates.size()
              + " ("
              + update.getClass().getSimpleName().toLowerCase(Locale.ROOT)
              + " of peer "
              + update.publicKey()
              + ") failed: "
              + e.getMessage(),
          e);
    }
  }

  @Override
  public CompletionStage<Void> setPrivateKey(PrivateKey key) {
    return inOrder(
        "changing the private key",
        () -> {
          runner.setPrivateKey(key);
          return CompletableFuture.completedFuture(null);
        });
  }

  @Override
  public CompletionStage<Void> setAddresses(List<InterfaceAddress> addresses) {
    List<InterfaceAddress> copy = List.copyOf(addresses);
    return inOrder("changing the overlay addresses", () -> runner.setAddresses(copy));
  }

  @Override
  public CompletionStage<PlaneSnapshot> snapshot() {
    return CompletableFuture.completedFuture(runner.snapshot());
  }

  @Override
  public OverlayDatagrams datagrams() {
    return runner.datagrams();
  }

  @Override
  public CompletionStage<Duration> ping(InetAddress target, Duration timeout) {
    return runner.ping(target, timeout);
  }

  @Override
  public Optional<InetAddress> localAddressTowards(Endpoint endpoint) {
    return runner.localAddressTowards(endpoint);
  }

  @Override
  public Optional<UnderlayDatagrams> underlay() {
    return Optional.of(runner.underlay());
  }

  @Override
  public CompletionStage<Void> setListenPort(int port) {
    return inOrder("changing the listen port", () -> runner.setListenPort(port));
  }

  @Override
  public CompletionStage<Void> rebind() {
    return inOrder("opening the underlay socket anew", runner::rebind);
  }

  @Override
  public CompletionStage<Void> suspend() {
    return inOrder(
        "suspending",
        () -> {
          runner.suspend();
          return CompletableFuture.completedFuture(null);
        });
  }

  @Override
  public CompletionStage<Void> resume() {
    return inOrder(
        "resuming",
        () -> {
          runner.resume();
          return CompletableFuture.completedFuture(null);
        });
  }

  /**
   * {@inheritDoc} If the underlay port is still being opened, the stage is completed after the port
   * was left again.
   */
  @Override
  public CompletionStage<Void> close() {
    if (!closing) {
      closing = true;
      completeAs(closed, runner.close());
    }
    return closed.minimalCompletionStage();
  }

  /** Runs a change now, or once the plane started, after the changes that wait already. */
  private <T> CompletionStage<T> inOrder(String what, Supplier<CompletionStage<T>> change) {
    Supplier<CompletionStage<T>> guarded =
        () -> {
          if (closing) {
            return CompletableFuture.failedFuture(
                new OverlayClosedException(what + " failed: the data plane is closed"));
          }
          try {
            runner.requireUsable();
            return change.get();
          } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
          }
        };
    if (closing || started.isDone()) {
      return guarded.get();
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    waiting.add(new Waiting<>(guarded, result));
    return result;
  }

  private static <T> void completeAs(CompletableFuture<T> result, CompletionStage<T> stage) {
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(failure);
          }
        });
  }
}
