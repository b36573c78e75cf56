// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import dev.weft.overlay.PortKind;
import java.util.Objects;

/**
 * What a configuration needs of a data plane.
 *
 * @param portKind where inner packets enter and leave
 * @param layer2 whether a VXLAN service runs on top
 * @param presharedKeys whether some peer has one
 */
public record DataPlaneRequirements(PortKind portKind, boolean layer2, boolean presharedKeys) {
  public DataPlaneRequirements {
    Objects.requireNonNull(portKind, "portKind");
  }
}
