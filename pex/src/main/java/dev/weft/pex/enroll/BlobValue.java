// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A value of blobmsg, which can say what JSON can. Immutable, equal by value. What came from
 * another host is only a claim, and its texts are unchecked. Source: PEX §13.
 *
 * @since 0.1.0
 */
public sealed interface BlobValue {

  /**
   * Named values.
   *
   * @param attributes in order
   */
  record Table(Map<String, BlobValue> attributes) implements BlobValue {

    private static final Table EMPTY = new Table(Map.of());

    public Table {
      attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
      attributes.forEach(
          (name, value) -> {
            requireNoNul(name, "name");
            Objects.requireNonNull(value, name);
          });
    }

    /** A table of nothing. */
    public static Table empty() {
      return EMPTY;
    }

    /**
     * A table of Java values.
     *
     * @param values in the order in which the map lists them, as for {@link BlobValue#of}
     */
    public static Table of(Map<String, ?> values) {
      Map<String, BlobValue> attributes = new LinkedHashMap<>();
      values.forEach((name, value) -> attributes.put(name, BlobValue.of(value)));
      return new Table(attributes);
    }

    /** The value with this name. */
    public Optional<BlobValue> get(String name) {
      return Optional.ofNullable(attributes.get(name));
    }

    /** The text with this name; absent also if the value is no text. */
    public Optional<String> text(String name) {
      return get(name).filter(Text.class::isInstance).map(value -> ((Text) value).value());
    }

    /** The table with this name; absent also if the value is no table. */
    public Optional<Table> table(String name) {
      return get(name).filter(Table.class::isInstance).map(Table.class::cast);
    }

    /** The whole number with this name, of 32 or 64 bits; absent also if it is something else. */
    public OptionalLong integer(String name) {
      return switch (attributes.get(name)) {
        case Int32(int value) -> OptionalLong.of(value);
        case Int64(long value) -> OptionalLong.of(value);
        case null, default -> OptionalLong.empty();
      };
    }
  }

  /**
   * Values in a row.
   *
   * @param elements in order
   */
  record Array(List<BlobValue> elements) implements BlobValue {
    public Array {
      elements = List.copyOf(elements);
    }
  }

  /**
   * Text.
   *
   * @param value without the character NUL, which ends it on the wire
   */
  record Text(String value) implements BlobValue {
    public Text {
      requireNoNul(value, "value");
    }
  }

  /** A whole number of 32 bits. */
  record Int32(int value) implements BlobValue {}

  /** A whole number of 64 bits. */
  record Int64(long value) implements BlobValue {}

  /** Yes or no. */
  record Bool(boolean value) implements BlobValue {}

  /** A floating point number of 64 bits. */
  record Real(double value) implements BlobValue {}

  /** JSON's null. */
  record Nothing() implements BlobValue {}

  /**
   * A Java value: {@link String}, {@link Integer}, {@link Long}, {@link Double}, {@link Boolean},
   * {@link List} or {@link Map} of the same, or a {@link BlobValue} as it is. A whole number takes
   * 32 bits if it fits there, as it does for JSON.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static BlobValue of(Object value) {
    return switch (value) {
      case BlobValue blob -> blob;
      case String text -> new Text(text);
      case Integer number -> new Int32(number);
      case Long number ->
          number == number.intValue() ? new Int32(number.intValue()) : new Int64(number);
      case Double number -> new Real(number);
      case Boolean bool -> new Bool(bool);
      case List<?> list -> {
        List<BlobValue> elements = new ArrayList<>(list.size());
        list.forEach(element -> elements.add(of(element)));
        yield new Array(elements);
      }
      case Map<?, ?> map -> {
        Map<String, BlobValue> attributes = new LinkedHashMap<>();
        map.forEach((name, element) -> attributes.put((String) name, of(element)));
        yield new Table(attributes);
      }
      default ->
          throw new IllegalArgumentException("value: cannot be a " + value.getClass().getName());
    };
  }

  private static void requireNoNul(String text, String what) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(what + ": has the character NUL in it");
    }
  }
}
