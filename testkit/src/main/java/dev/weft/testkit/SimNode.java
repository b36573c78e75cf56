// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A real overlay on a runtime of its own on a simulated host, with all its events. The engine must
 * be on the path. Used by the simulation's thread.
 */
public final class SimNode implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final SimRuntime runtime;
  private final Overlay overlay;
  private final List<OverlayEvent> events;

  private SimNode(SimRuntime runtime, Overlay overlay, List<OverlayEvent> events) {
    this.runtime = runtime;
    this.overlay = overlay;
    this.events = events;
  }

  /** Opens an overlay on a host; it starts as the simulation goes on. */
  public static SimNode open(SimHost host, OverlayConfig config, OverlayListener... listeners) {
    SimRuntime runtime = host.newRuntime();
    List<OverlayEvent> events = new ArrayList<>();
    List<OverlayListener> all = new ArrayList<>(Arrays.asList(listeners));
    all.addFirst(events::add);
    Overlay overlay = Overlay.open(config, runtime, all.toArray(OverlayListener[]::new));
    return new SimNode(runtime, overlay, events);
  }

  /** The host's name. */
  public String name() {
    return runtime.host().name();
  }

  /** The machine. */
  public SimHost host() {
    return runtime.host();
  }

  /** The process. */
  public SimRuntime runtime() {
    return runtime;
  }

  /** The overlay. */
  public Overlay overlay() {
    return overlay;
  }

  /** Everything that happened so far. */
  public List<OverlayEvent> events() {
    return List.copyOf(events);
  }

  /** What happened so far of one kind. */
  public <T extends OverlayEvent> List<T> events(Class<T> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** Steps until the overlay runs. */
  public void awaitReady() {
    host().network().await(overlay.ready(), LIMIT);
  }

  /** Ends the process without closing the overlay, as a crash would. */
  public void crash() {
    runtime.close();
  }

  /**
   * Closes the overlay, steps until everything was released, and ends the process.
   *
   * @throws AssertionError if the overlay left a socket or a task behind
   */
  @Override
  public void close() {
    if (runtime.isClosed()) {
      return;
    }
    overlay.close();
    host().network().await(overlay.closed(), LIMIT);
    // Releases that were started at the very end.
    host().network().runFor(Duration.ZERO);
    List<String> tasks = runtime.describePendingTasks();
    int ports = runtime.openPorts();
    runtime.close();
    if (ports > 0 || !tasks.isEmpty()) {
      throw new AssertionError(
          name() + " left " + ports + " sockets and these tasks behind: " + tasks);
    }
  }

  @Override
  public String toString() {
    return name();
  }
}
