// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine.runtime;

import dev.weft.overlay.WeftRuntime;
import dev.weft.spi.Scheduler;
import dev.weft.spi.UnderlayBinding;
import dev.weft.spi.UnderlayPortFactory;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The underlay ports of one runtime, by address and port number, so that devices share them.
 * Thread-safe.
 */
public final class UnderlayPortTable {

  private record Key(Optional<InetAddress> bindAddress, int port) {}

  private final WeftRuntime runtime;
  private final Map<Key, SharedUnderlayPort> ports = new HashMap<>();

  /** The table of a runtime. */
  public UnderlayPortTable(WeftRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Joins a port, opening it if no device is on it yet. Port 0 is always a new one.
   *
   * @return completed on the user's queue
   */
  public CompletionStage<UnderlayBinding> join(
      UnderlayPortFactory.Spec spec, Scheduler queue, UnderlayBinding.User user) {
    return joinShared(spec, queue, user)
        .thenApply(share -> new MovableBinding(this, spec, queue, user, share));
  }

  CompletionStage<SharedUnderlayPort.Share> joinShared(
      UnderlayPortFactory.Spec spec, Scheduler queue, UnderlayBinding.User user) {
    synchronized (ports) {
      Key key = new Key(spec.bindAddress(), spec.port());
      SharedUnderlayPort known = ports.get(key);
      if (known != null) {
        Optional<CompletionStage<SharedUnderlayPort.Share>> joined = known.join(queue, user);
        if (joined.isPresent()) {
          return joined.get();
        }
      }
      SharedUnderlayPort[] self = new SharedUnderlayPort[1];
      SharedUnderlayPort port =
          new SharedUnderlayPort(
              runtime.underlayPorts(), spec, queue, runtime.random(), () -> remove(key, self));
      self[0] = port;
      if (spec.port() != 0) {
        ports.put(key, port);
      }
      return port.join(queue, user).orElseThrow();
    }
  }

  private void remove(Key key, SharedUnderlayPort[] port) {
    synchronized (ports) {
      ports.remove(key, port[0]);
    }
  }
}
