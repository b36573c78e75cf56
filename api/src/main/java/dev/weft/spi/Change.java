// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.util.Objects;
import java.util.Optional;

/**
 * What an update does to one field: leave it, clear it, or set it.
 *
 * @param <T> the field's type
 */
public sealed interface Change<T> {

  /** The field stays as it is. */
  record Unchanged<T>() implements Change<T> {}

  /** The field loses its value. */
  record Cleared<T>() implements Change<T> {}

  /** The field gets this value. */
  record Set<T>(T value) implements Change<T> {
    public Set {
      Objects.requireNonNull(value, "value");
    }
  }

  /** Leaves the field. */
  static <T> Change<T> unchanged() {
    return new Unchanged<>();
  }

  /** Clears the field. */
  static <T> Change<T> cleared() {
    return new Cleared<>();
  }

  /** Sets the field. */
  static <T> Change<T> set(T value) {
    return new Set<>(value);
  }

  /** The change that leads from one optional value to another. */
  static <T> Change<T> between(Optional<T> before, Optional<T> after) {
    if (before.equals(after)) {
      return unchanged();
    }
    return after.map(Change::set).orElseGet(Change::cleared);
  }

  /** What the field holds after the change. */
  default Optional<T> applyTo(Optional<T> before) {
    return switch (this) {
      case Unchanged<T>() -> before;
      case Cleared<T>() -> Optional.empty();
      case Set<T>(T value) -> Optional.of(value);
    };
  }
}
