// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.spi.EndpointResolver;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayPortFactory;

/**
 * What overlays run on: event loops, clocks, randomness, name resolution and underlay sockets. An
 * overlay owns no thread; any number of them share a runtime. Thread-safe.
 */
public interface WeftRuntime extends AutoCloseable {

  /** A runtime of one's own, with real sockets and one event loop a core. The caller closes it. */
  static WeftRuntime create() {
    return Engines.only().newRuntime();
  }

  /** A serial queue for a new overlay, on one of the loops. */
  Scheduler newQueue();

  /** The clocks. */
  TimeSource time();

  /** The randomness. */
  RandomSource random();

  /** Name resolution. */
  EndpointResolver resolver();

  /** Underlay sockets. */
  UnderlayPortFactory underlayPorts();

  /**
   * Whether the caller runs on one of the runtime's own threads, where {@link Overlay#close()} only
   * starts closing.
   */
  boolean isRuntimeThread();

  /** Whether {@link #close()} was called. */
  boolean isClosed();

  /**
   * Ends the loops. Overlays that still run on it stop working: close them before. Idempotent;
   * blocks until the threads ended, except on one of them.
   */
  @Override
  void close();
}
