// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import java.io.Serial;

/**
 * Octets are no signed network data of the expected network. Has no stack trace: such input is
 * normal, and whoever sends it decides how often.
 */
public final class InvalidNetworkDataException extends Exception {

  /** Why, in the order in which it is looked for. Source: PEX §4. */
  public enum Outcome {
    /** Too short, too long, or another magic, version, flags or a time stamp of 0. */
    MALFORMED,
    /**
     * Signed with another key than the expected one, or not ended by a zero octet, which the
     * reference daemon does not tell apart.
     */
    KEY_MISMATCH,
    /** The signature is not one of this key over these octets. */
    BAD_SIGNATURE
  }

  @Serial private static final long serialVersionUID = 1L;

  private final Outcome outcome;

  InvalidNetworkDataException(Outcome outcome, String message) {
    super(message, null, false, false);
    this.outcome = outcome;
  }

  /** Why. */
  public Outcome outcome() {
    return outcome;
  }
}
