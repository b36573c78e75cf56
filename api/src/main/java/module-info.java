// SPDX-License-Identifier: Apache-2.0

/**
 * The interfaces, values and provider interfaces of Weft. This module has no third-party
 * dependency; implementations are found with {@link java.util.ServiceLoader}.
 */
module dev.weft.api {
  requires static org.jspecify;

  exports dev.weft.overlay;
  exports dev.weft.peer;
  exports dev.weft.spi;
  exports dev.weft.transport;

  uses dev.weft.spi.OverlayEngineProvider;
}
