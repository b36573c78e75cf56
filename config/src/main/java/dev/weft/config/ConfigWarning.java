// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import java.util.Objects;

/**
 * Something in a document that is odd, but does not keep it from being used.
 *
 * @param location a JSON pointer ({@code /hosts/2/endpoint}), a line ({@code line 7}), or empty for
 *     the whole document
 * @param message what is odd and what was made of it; never a secret
 */
public record ConfigWarning(String location, String message) {
  public ConfigWarning {
    Objects.requireNonNull(location, "location");
    Objects.requireNonNull(message, "message");
  }

  @Override
  public String toString() {
    return (location.isEmpty() ? "document" : location) + ": " + message;
  }
}
