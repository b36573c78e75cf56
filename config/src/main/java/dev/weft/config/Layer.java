// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

/** What an OpenWiFi overlay carries. Source: OpenWiFi §1, §7. */
public enum Layer {
  /** Ethernet frames in VXLAN: the {@code vxlan-overlay} service of an interface. */
  LAYER_2,
  /** IP packets: the {@code wireguard-overlay} service of an interface. */
  LAYER_3
}
