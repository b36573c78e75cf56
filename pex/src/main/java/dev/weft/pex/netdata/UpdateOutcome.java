// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import java.util.Objects;

/**
 * How an {@link UpdateClient} ended. Versions are unsigned.
 *
 * @since 0.1.0
 */
public sealed interface UpdateOutcome {

  /**
   * The node's data were downloaded and are valid.
   *
   * @param data the data
   */
  record Downloaded(SignedNetworkData data) implements UpdateOutcome {
    public Downloaded {
      Objects.requireNonNull(data, "data");
    }
  }

  /**
   * The node has the data that were to be uploaded, as it says itself.
   *
   * @param version their version
   * @param sent whether they were sent to it now; false if it had them
   */
  record Uploaded(long version, boolean sent) implements UpdateOutcome {}

  /**
   * The node has newer data than those that were to be uploaded.
   *
   * @param version the version of its data
   */
  record NodeIsNewer(long version) implements UpdateOutcome {}

  /**
   * The node does not know the host in whose name its data were asked for.
   *
   * @param version the version of its data
   */
  record Refused(long version) implements UpdateOutcome {}

  /**
   * The node has nothing newer than what was asked for.
   *
   * @param version the version of its data
   */
  record NothingNewer(long version) implements UpdateOutcome {}

  /**
   * The node answered with something else than valid data of the network.
   *
   * @param reason in one line
   */
  record Invalid(String reason) implements UpdateOutcome {
    public Invalid {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
