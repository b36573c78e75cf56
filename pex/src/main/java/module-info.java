// SPDX-License-Identifier: Apache-2.0

/**
 * Peer exchange: hosts of a network tell each other where the others are. Plugs into an overlay as
 * a service.
 */
module dev.weft.pex {
  requires dev.weft.api;
  requires org.slf4j;
  requires static org.jspecify;

  provides dev.weft.spi.OverlayServiceProvider with
      dev.weft.pex.PexServiceProvider;
}
