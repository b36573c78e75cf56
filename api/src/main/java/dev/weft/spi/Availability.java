// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.util.Objects;

/**
 * The answer of a provider that was asked whether it can be used on this machine, in this process.
 * Immutable and thread-safe.
 */
public sealed interface Availability {

  /** The provider can be used. */
  record Available(String detail) implements Availability {
    public Available {
      Objects.requireNonNull(detail, "detail");
    }

    /** Available, with nothing more to say. */
    public Available() {
      this("");
    }
  }

  /**
   * The provider cannot be used.
   *
   * @param reason what is missing, for a person
   * @param remedy what a person can do about it
   */
  record Unavailable(String reason, String remedy) implements Availability {
    public Unavailable {
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(remedy, "remedy");
    }
  }

  /** Whether the provider can be used. */
  default boolean isAvailable() {
    return this instanceof Available;
  }
}
