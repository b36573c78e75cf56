// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.pex.netdata.InvalidNetworkDataException;
import java.util.List;

/** What became of signed data that were to be installed. Immutable. */
public sealed interface InstallOutcome {

  /**
   * They are in force, being spread, and stored if there is a store; a warning of the overlay tells
   * if that failed.
   *
   * @param version their time stamp
   */
  record Installed(long version) implements InstallOutcome {}

  /**
   * They are not newer than those at hand.
   *
   * @param version of those at hand
   */
  record NotNewer(long version) implements InstallOutcome {}

  /** They are not valid, or those of another network. */
  record Invalid(InvalidNetworkDataException.Outcome outcome, String reason)
      implements InstallOutcome {}

  /**
   * They are valid, but no document, or cannot be applied. Those at hand stay.
   *
   * @param problems why
   */
  record Refused(List<String> problems) implements InstallOutcome {
    public Refused {
      problems = List.copyOf(problems);
    }
  }
}
