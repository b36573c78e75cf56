// SPDX-License-Identifier: Apache-2.0

package dev.weft.overlay;

import java.util.Objects;

/**
 * One wrong field.
 *
 * @param location a JSON pointer ({@code /hosts/2/key}), a line ({@code line 7}), or a field's name
 * @param found what is there; never a secret
 * @param allowed what may be there
 */
public record ConfigProblem(String location, String found, String allowed) {
  public ConfigProblem {
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(found, "found");
    Objects.requireNonNull(allowed, "allowed");
  }

  @Override
  public String toString() {
    return (location.isEmpty() ? "document" : location)
        + ": found "
        + found
        + "; allowed: "
        + allowed;
  }
}
