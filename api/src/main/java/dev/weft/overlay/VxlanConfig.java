// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.util.Objects;

/**
 * Layer 2 on this overlay: a VXLAN service of the network's data that the local host takes part in.
 *
 * @param service the name of a service of type {@code vxlan} in the revision
 */
public record VxlanConfig(String service) {
  public VxlanConfig {
    Objects.requireNonNull(service, "service");
  }
}
