// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.engine.runtime.UnderlayPortTable;
import dev.weft.overlay.WeftRuntime;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An overlay's hold on a runtime. The shared runtime is made for its first overlay and closed with
 * its last; a caller's own is never closed here. Overlays on one runtime share its table of
 * underlay ports. Thread-safe.
 */
final class RuntimeLease {

  private static final IdentityHashMap<WeftRuntime, Use> USES = new IdentityHashMap<>();
  private static @Nullable WeftRuntime shared;

  private static final class Use {
    private final UnderlayPortTable ports;
    private final boolean own;
    private int overlays;

    private Use(UnderlayPortTable ports, boolean own) {
      this.ports = ports;
      this.own = own;
    }
  }

  private final WeftRuntime runtime;
  private final UnderlayPortTable ports;
  private final AtomicBoolean released = new AtomicBoolean();
  private volatile boolean closedRuntime;

  private RuntimeLease(WeftRuntime runtime, UnderlayPortTable ports) {
    this.runtime = runtime;
    this.ports = ports;
  }

  /** The runtimes that are held now. */
  static int held() {
    synchronized (USES) {
      return USES.size();
    }
  }

  /** A hold on the caller's runtime, or on the shared one. */
  static RuntimeLease acquire(Optional<WeftRuntime> own, Supplier<WeftRuntime> newRuntime) {
    synchronized (USES) {
      // Whoever closes a runtime under its overlays must not keep both for ever.
      USES.keySet().removeIf(WeftRuntime::isClosed);
      WeftRuntime runtime = own.isPresent() ? own.get() : shared;
      if (runtime == null) {
        runtime = newRuntime.get();
        shared = runtime;
      }
      WeftRuntime chosen = runtime;
      Use use =
          USES.computeIfAbsent(chosen, key -> new Use(new UnderlayPortTable(key), own.isPresent()));
      use.overlays++;
      return new RuntimeLease(chosen, use.ports);
    }
  }

  WeftRuntime runtime() {
    return runtime;
  }

  UnderlayPortTable ports() {
    return ports;
  }

  /** Gives the runtime back; the shared one is closed with its last overlay. Idempotent. */
  void release() {
    if (!released.compareAndSet(false, true)) {
      return;
    }
    synchronized (USES) {
      Use use = USES.get(runtime);
      if (use == null || --use.overlays > 0) {
        return;
      }
      USES.remove(runtime);
      if (use.own) {
        return;
      }
      shared = null;
    }
    closedRuntime = true;
    runtime.close();
  }

  /** Blocks until the runtime has ended, if giving it back closed it. Not on one of its threads. */
  void awaitReleased() {
    if (closedRuntime) {
      runtime.close();
    }
  }
}
