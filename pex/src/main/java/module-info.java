// SPDX-License-Identifier: Apache-2.0

/**
 * Peer exchange: hosts of a network tell each other where the others are. Plugs into an overlay as
 * a service.
 */
module dev.weft.pex {
  requires transitive dev.weft.api;
  requires dev.weft.config;
  requires dev.weft.crypto;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.weft.pex;
  exports dev.weft.pex.enroll;
  exports dev.weft.pex.message;
  exports dev.weft.pex.netdata;
  exports dev.weft.pex.stun;
  exports dev.weft.pex.node;

  provides dev.weft.spi.OverlayServiceProvider with
      dev.weft.pex.PexServiceProvider;
}
