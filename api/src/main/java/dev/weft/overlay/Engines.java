// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import dev.weft.spi.OverlayEngineProvider;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the engine. */
final class Engines {

  private Engines() {}

  /** The only engine on the path. */
  static OverlayEngineProvider only() {
    List<OverlayEngineProvider> engines;
    try {
      engines =
          ServiceLoader.load(OverlayEngineProvider.class).stream()
              .map(ServiceLoader.Provider::get)
              .toList();
    } catch (ServiceConfigurationError e) {
      throw new EngineUnavailableException(
          "opening an overlay needs an engine, and one on the path cannot be loaded: "
              + e.getMessage(),
          e);
    }
    if (engines.isEmpty()) {
      throw new EngineUnavailableException(
          "opening an overlay needs an engine and none is on the path; add dev.weft:weft-engine");
    }
    if (engines.size() > 1) {
      throw new EngineUnavailableException(
          "opening an overlay needs one engine, but the path has "
              + engines.stream()
                  .map(engine -> engine.name() + " (" + engine.getClass().getName() + ")")
                  .collect(Collectors.joining(" and "))
              + "; remove all but one");
    }
    return engines.getFirst();
  }
}
