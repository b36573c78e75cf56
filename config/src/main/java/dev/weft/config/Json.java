// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON value. Immutable once {@link JsonText} has built it. */
sealed interface Json {

  /** An object; members in the order of their first occurrence, the last value of a name wins. */
  record Obj(Map<String, Json> members) implements Json {
    Optional<Json> get(String name) {
      return Optional.ofNullable(members.get(name));
    }
  }

  /** An array. */
  record Arr(List<Json> elements) implements Json {}

  /** A string. */
  record Text(String value) implements Json {}

  /** A number without fraction and exponent that fits into 64 bits. */
  record Int(long value) implements Json {}

  /** Any other number; not finite if it is out of range. */
  record Real(double value) implements Json {}

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements Json {}

  /** {@code null}. */
  record Null() implements Json {}
}
