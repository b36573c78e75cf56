// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayListener;
import dev.weft.overlay.WeftRuntime;
import java.util.List;
import java.util.Optional;

/**
 * Opens overlays. Found with {@link java.util.ServiceLoader}; exactly one must be on the path.
 * Thread-safe.
 */
public interface OverlayEngineProvider {

  /** A name, for the error that two engines are. */
  String name();

  /** A new runtime with real sockets and clocks. The caller closes it. */
  WeftRuntime newRuntime();

  /**
   * Opens an overlay, as {@link Overlay#open(OverlayConfig)} says.
   *
   * @param runtime absent for the shared one
   * @param listeners told everything from the start
   */
  Overlay open(
      OverlayConfig config, Optional<WeftRuntime> runtime, List<OverlayListener> listeners);
}
