// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.OverlayConfig;
import dev.weft.spi.OverlayService;
import dev.weft.spi.OverlayServiceContext;
import dev.weft.spi.OverlayServiceProvider;

/** Starts peer exchange on overlays that ask for it. Thread-safe. */
public final class PexServiceProvider implements OverlayServiceProvider {

  static final String NAME = "pex";

  /** For {@link java.util.ServiceLoader}. */
  public PexServiceProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean appliesTo(OverlayConfig config) {
    return config.pex().isPresent();
  }

  /**
   * {@inheritDoc}
   *
   * @throws dev.weft.overlay.OverlayException if the PEX port is taken
   */
  @Override
  public OverlayService start(OverlayServiceContext context) {
    return PexService.start(context);
  }
}
