// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayEvent;
import dev.weft.overlay.OverlayException;
import dev.weft.overlay.OverlayState;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.pex.server.NetworkReport.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One network: the overlay that runs, and the definition it came from. What cannot change while an
 * overlay runs makes it open anew; if that fails, it goes back to the definition that worked.
 * Changed on the control thread only; the report may be asked for from any.
 */
final class ServedNetwork {

  private static final Logger LOG = LoggerFactory.getLogger(ServedNetwork.class);

  private static final long RETRY_NANOS = Duration.ofSeconds(10).toNanos();

  private final String name;
  private final WeftRuntime runtime;
  private final ControlThread control;
  private final Runnable onSettled;
  private final NetworkTotals totals = new NetworkTotals();

  private volatile Optional<String> file;
  private volatile State state = State.STARTING;
  private volatile List<Problem> problems = List.of();
  private volatile @Nullable Overlay overlay;
  private OverlayConfig wanted;
  private long othersVersion;
  private @Nullable OverlayConfig worked;
  private long retryAtNanos;

  /**
   * A network that is not open yet.
   *
   * @param onSettled run on the control thread whenever it stops starting
   */
  ServedNetwork(
      OverlayConfig wanted,
      Optional<String> file,
      long othersVersion,
      WeftRuntime runtime,
      ControlThread control,
      Runnable onSettled) {
    this.name = wanted.name();
    this.wanted = wanted;
    this.file = file;
    this.othersVersion = othersVersion;
    this.runtime = runtime;
    this.control = control;
    this.onSettled = onSettled;
  }

  String name() {
    return name;
  }

  Optional<String> file() {
    return file;
  }

  State state() {
    return state;
  }

  NetworkTotals totals() {
    return totals;
  }

  /** The overlay, while there is one. Any thread. */
  Optional<Overlay> overlay() {
    return Optional.ofNullable(overlay);
  }

  /** How it is now. Any thread. */
  NetworkReport report() {
    Overlay current = overlay;
    return new NetworkReport(
        name,
        file,
        state,
        current == null ? Optional.empty() : Optional.of(current.status()),
        problems);
  }

  void open() {
    open(wanted);
  }

  private void open(OverlayConfig config) {
    state = State.STARTING;
    totals.restart();
    Overlay opened;
    try {
      opened = Overlay.open(config, runtime, this::onEvent);
    } catch (OverlayException | IllegalArgumentException e) {
      onFailure(config, e);
      return;
    }
    overlay = opened;
    opened
        .ready()
        .whenComplete(
            (nothing, failure) -> control.execute(() -> onReady(opened, config, failure)));
    opened.closed().thenRun(() -> control.execute(() -> onClosed(opened)));
  }

  private void onEvent(OverlayEvent event) {
    if (event instanceof OverlayEvent.HandshakeCompleted) {
      totals.countHandshake();
    }
  }

  private void onReady(Overlay opened, OverlayConfig config, @Nullable Throwable failure) {
    if (!opened.equals(overlay)) {
      return;
    }
    if (failure != null) {
      overlay = null;
      onFailure(config, failure);
      return;
    }
    state = State.RUNNING;
    if (config.equals(wanted)) {
      problems = List.of();
    }
    worked = config;
    LOG.info("{}: runs", name);
    onSettled.run();
  }

  /** An overlay that closed of itself. */
  private void onClosed(Overlay opened) {
    if (opened.equals(overlay)) {
      overlay = null;
      onFailure(wanted, new OverlayException("the overlay closed; the log tells why"));
    }
  }

  private void onFailure(OverlayConfig config, Throwable failure) {
    List<Problem> found = Problem.of(failure);
    if (!found.equals(problems)) {
      found.forEach(problem -> LOG.warn("{}: {}", name, problem));
    }
    OverlayConfig before = worked;
    worked = null;
    if (before != null && !before.equals(config)) {
      // The old network goes on, and the problem stays until the definition changes.
      problems = found;
      open(before);
      return;
    }
    problems = found;
    state = State.FAILED;
    retryAtNanos = runtime.time().nanoTime() + RETRY_NANOS;
    onSettled.run();
  }

  /** Looks after the counts, and tries again what failed a while ago. */
  void onTick() {
    Overlay current = overlay;
    if (current != null) {
      totals.observe(current.status());
    }
    if (state == State.FAILED && retryAtNanos - runtime.time().nanoTime() <= 0) {
      open(wanted);
    }
  }

  /** Takes another definition; an equal one changes nothing. */
  void replace(OverlayConfig config, Optional<String> newFile, long newOthersVersion) {
    file = newFile;
    boolean othersChanged =
        newOthersVersion != othersVersion
            && config.pex().flatMap(PexConfig::dynamic).stream()
                .anyMatch(network -> !network.peerData().isEmpty());
    othersVersion = newOthersVersion;
    if (config.equals(wanted) && !othersChanged) {
      return;
    }
    OverlayConfig before = wanted;
    wanted = config;
    Overlay current = overlay;
    if (current != null
        && current.state() == OverlayState.RUNNING
        && state == State.RUNNING
        && !othersChanged
        && canChange(worked == null ? before : worked, config)) {
      update(current, config);
      return;
    }
    LOG.info("{}: opens anew with another definition", name);
    closeOverlay();
    open(config);
  }

  private void update(Overlay current, OverlayConfig config) {
    LOG.info("{}: takes another definition", name);
    current
        .update(config)
        .whenComplete(
            (nothing, failure) -> control.execute(() -> onUpdated(current, config, failure)));
  }

  private void onUpdated(Overlay current, OverlayConfig config, @Nullable Throwable failure) {
    if (!current.equals(overlay) || !config.equals(wanted)) {
      return;
    }
    if (failure == null) {
      worked = config;
      problems = List.of();
    } else {
      problems = Problem.of(failure);
      problems.forEach(problem -> LOG.warn("{}: {}", name, problem));
    }
  }

  /** Whether a running overlay can take the definition. {@link Overlay#update} */
  private static boolean canChange(OverlayConfig before, OverlayConfig after) {
    InterfaceConfig from = before.interfaceConfig();
    InterfaceConfig to = after.interfaceConfig();
    return from.portKind().equals(to.portKind())
        && from.listenPort().equals(to.listenPort())
        && from.bindAddress().equals(to.bindAddress())
        && from.mtuOctets() == to.mtuOctets()
        && from.socketBufferOctets() == to.socketBufferOctets()
        && before.dataPlane().equals(after.dataPlane())
        && before.pex().equals(after.pex())
        && before.vxlan().equals(after.vxlan());
  }

  /** Closes the overlay, and waits for that. */
  void closeOverlay() {
    Overlay current = overlay;
    if (current != null) {
      totals.observe(current.status());
      overlay = null;
      current.close();
    }
  }

  /** The overlay was closed by someone else. */
  void forget() {
    overlay = null;
  }
}
