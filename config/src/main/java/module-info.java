// SPDX-License-Identifier: Apache-2.0

/**
 * Readers and writers of configuration documents: the OpenWiFi {@code wireguard-overlay} service,
 * network data and local network configurations of PEX, and wg-quick files.
 */
module dev.weft.config {
  requires transitive dev.weft.api;
  requires com.fasterxml.jackson.core;
  requires dev.weft.crypto;
  requires static org.jspecify;

  exports dev.weft.config;
}
