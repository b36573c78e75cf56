// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import dev.weft.overlay.OverlayStatus;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a network of the service is. Immutable; holds no secret.
 *
 * @param name its name
 * @param file the file that defines it; absent if the embedder added it
 * @param state where it is in its life
 * @param status the overlay's; absent while there is none
 * @param problems what keeps it from running, or from being what its newest definition says
 */
public record NetworkReport(
    String name,
    Optional<String> file,
    State state,
    Optional<OverlayStatus> status,
    List<Problem> problems) {

  /** Where a network is in its life. */
  public enum State {
    /** Being opened. Left for one of the others. */
    STARTING,
    /** It serves. */
    RUNNING,
    /** It could not be opened; that is tried again every ten seconds. */
    FAILED
  }

  public NetworkReport {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(status, "status");
    problems = List.copyOf(problems);
  }
}
