// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.util.OptionalInt;

/**
 * Peer exchange on this overlay.
 *
 * @param port the own in-tunnel port; absent for the one in the network's data
 */
public record PexConfig(OptionalInt port) {
  public PexConfig {
    if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > 65535)) {
      throw new IllegalArgumentException("pex.port: " + port.getAsInt() + " is not in 1 to 65535");
    }
  }

  /** Everything from the network's data. */
  public static PexConfig defaults() {
    return new PexConfig(OptionalInt.empty());
  }
}
