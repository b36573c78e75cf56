// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.linux.DeviceListener;
import dev.weft.dataplane.userspace.linux.DeviceOptions;
import dev.weft.dataplane.userspace.linux.LinuxConfigurableDevice;
import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.dataplane.userspace.route.InterfaceNetwork;
import dev.weft.dataplane.userspace.uapi.UapiServer;
import dev.weft.linux.tun.TunDevice;
import dev.weft.peer.PrivateKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.RandomSource;
import dev.weft.spi.TimeSource;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread on which an interface is made, changed and removed: calls that may block for
 * milliseconds, in order. Methods are for any thread and return at once; stages are completed on
 * the interface's thread, with {@link dev.weft.linux.libc.LinuxException} after failures.
 */
final class InterfaceThread {

  /** What a task does; may throw whatever failed. */
  @FunctionalInterface
  private interface Task<T> {
    T run() throws IOException;
  }

  private final String name;
  private final ExecutorService executor;
  private @Nullable LinuxDevice device;
  private @Nullable InterfaceNetwork network;
  private @Nullable UapiServer server;
  private volatile @Nullable String socketProblem;
  private @Nullable CompletableFuture<Boolean> closed;

  /** For an interface of that name. */
  InterfaceThread(String name) {
    this.name = name;
    executor =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("weft-" + name + "-control").daemon(true).factory());
  }

  /** Makes the interface, with its addresses, and lets packets flow. */
  CompletableFuture<LinuxDevice> open(
      DeviceOptions options,
      PrivateKey key,
      Supplier<AeadProvider> ciphers,
      TimeSource time,
      RandomSource random,
      DeviceListener listener,
      List<InterfaceAddress> addresses) {
    return run(
        () -> {
          try {
            TunDevice tun = TunDevice.open(name, options.workers());
            // Before the sockets: it knows the mark that keeps them out of the tunnel.
            InterfaceNetwork made;
            try {
              made = InterfaceNetwork.open(tun.name(), options.mtuOctets());
            } catch (RuntimeException | Error e) {
              tun.close();
              throw e;
            }
            network = made;
            LinuxDevice opened =
                new LinuxDevice(
                    tun, key, options.withMark(made.mark()), ciphers, time, random, listener);
            device = opened;
            made.setAddresses(addresses);
            made.up();
            opened.start();
            serve(opened, time);
            return opened;
          } catch (RuntimeException | Error e) {
            release();
            throw e;
          }
        });
  }

  /** The socket for wg is a convenience: the interface works without it. */
  private void serve(LinuxDevice opened, TimeSource time) {
    try {
      server = UapiServer.open(opened.name(), new LinuxConfigurableDevice(opened), time);
    } catch (IOException | RuntimeException e) {
      socketProblem = "not there: " + e.getMessage();
    }
  }

  /** Why {@code wg} cannot look at the interface; empty if it can. */
  Optional<String> socketProblem() {
    return Optional.ofNullable(socketProblem);
  }

  /** Sets the interface's addresses; tells what could not be done. */
  CompletableFuture<List<String>> setAddresses(List<InterfaceAddress> addresses) {
    return run(
        () -> {
          if (network == null) {
            return List.of();
          }
          network.setAddresses(addresses);
          return network.problems();
        });
  }

  /** Routes the prefixes into the interface; tells what could not be done. */
  CompletableFuture<List<String>> setRoutes(
      Collection<IpPrefix> prefixes, Collection<InetAddress> endpoints) {
    return run(
        () -> {
          if (network == null) {
            return List.of();
          }
          network.setRoutes(prefixes, endpoints);
          return network.problems();
        });
  }

  CompletableFuture<Boolean> rebind() {
    return run(
        () -> {
          if (device != null) {
            device.rebind();
          }
          return true;
        });
  }

  CompletableFuture<Boolean> setListenPort(int port) {
    return run(
        () -> {
          if (device != null) {
            device.setListenPort(port);
          }
          return true;
        });
  }

  /** Removes everything and ends the thread. Idempotent. */
  synchronized CompletableFuture<Boolean> close() {
    if (closed == null) {
      closed =
          run(
              () -> {
                release();
                return true;
              });
      executor.shutdown();
    }
    return closed;
  }

  private void release() {
    if (server != null) {
      server.close();
      server = null;
    }
    if (network != null) {
      network.close();
      network = null;
    }
    if (device != null) {
      device.close();
      device = null;
    }
  }

  private <T> CompletableFuture<T> run(Task<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      executor.execute(
          () -> {
            try {
              result.complete(task.run());
            } catch (IOException | RuntimeException | Error e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new IllegalStateException("interface " + name + " is closed", e));
    }
    return result;
  }
}
