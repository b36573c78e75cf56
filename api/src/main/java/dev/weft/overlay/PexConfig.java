// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Peer exchange on this overlay.
 *
 * @param port the own in-tunnel port; absent for the one in the network's data
 * @param dynamic where the network's data come from, if they are signed and distributed by PEX
 */
public record PexConfig(OptionalInt port, Optional<DynamicNetwork> dynamic) {
  public PexConfig {
    Objects.requireNonNull(dynamic, "dynamic");
    if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > 65535)) {
      throw new IllegalArgumentException("pex.port: " + port.getAsInt() + " is not in 1 to 65535");
    }
  }

  /** Peer exchange in a network whose data are configured. */
  public PexConfig(OptionalInt port) {
    this(port, Optional.empty());
  }

  /** Peer exchange in a network whose data come by PEX. */
  public static PexConfig of(DynamicNetwork network) {
    return new PexConfig(OptionalInt.empty(), Optional.of(network));
  }

  /** Everything from the network's data. */
  public static PexConfig defaults() {
    return new PexConfig(OptionalInt.empty());
  }
}
