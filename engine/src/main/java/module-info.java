// SPDX-License-Identifier: Apache-2.0

/** The engine: it opens overlays, keeps them as they are configured, and runs them on Netty. */
module dev.weft.engine {
  requires dev.weft.api;
  requires io.netty.common;
  requires io.netty.transport;
  requires org.slf4j;
  requires static org.jspecify;

  uses dev.weft.spi.DataPlaneProvider;
  uses dev.weft.spi.OverlayServiceProvider;

  provides dev.weft.spi.OverlayEngineProvider with
      dev.weft.engine.WeftEngine;
}
