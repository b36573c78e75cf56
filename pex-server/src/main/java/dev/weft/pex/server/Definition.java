// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A network as a file defines it. Immutable; never prints its key.
 *
 * @param config the overlay
 * @param otherFiles what the definition refers to, and what makes it another one when it changes
 * @param warnings what is odd about it
 */
record Definition(OverlayConfig config, List<Path> otherFiles, List<String> warnings) {
  Definition {
    otherFiles = List.copyOf(otherFiles);
    warnings = List.copyOf(warnings);
  }

  String name() {
    return config.name();
  }
}
