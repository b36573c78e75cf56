// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The free-form values of a service, in the form that {@code ServiceDefinition} describes. */
final class ServiceValues {

  private ServiceValues() {}

  /** An immutable copy that keeps its order, so that what is written is always the same. */
  static Map<String, Object> copy(Map<String, Object> values) {
    Map<String, Object> copy = new LinkedHashMap<>();
    values.forEach((name, value) -> copy.put(name, copyOf(value)));
    return Collections.unmodifiableMap(copy);
  }

  /** An immutable copy that keeps its order. */
  static Map<String, String> texts(Map<String, String> values) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The values of a JSON object; null and numbers that are not finite are left out. */
  static Map<String, Object> of(Json.Obj object) {
    Map<String, Object> values = new LinkedHashMap<>();
    object
        .members()
        .forEach((name, value) -> of(value).ifPresent(usable -> values.put(name, usable)));
    return values;
  }

  private static Optional<Object> of(Json value) {
    return switch (value) {
      case Json.Obj object -> Optional.of(of(object));
      case Json.Arr(List<Json> elements) ->
          Optional.of(elements.stream().flatMap(element -> of(element).stream()).toList());
      case Json.Text(String text) -> Optional.of(text);
      case Json.Int(long number) -> Optional.of(number);
      case Json.Real(double number) ->
          Double.isFinite(number) ? Optional.of(number) : Optional.empty();
      case Json.Bool(boolean bool) -> Optional.of(bool);
      case Json.Null ignored -> Optional.empty();
    };
  }

  private static Object copyOf(Object value) {
    return switch (value) {
      case String text -> text;
      case Boolean bool -> bool;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Double number when Double.isFinite(number) -> number;
      case List<?> list -> {
        List<Object> copy = new ArrayList<>();
        list.forEach(element -> copy.add(copyOf(element)));
        yield List.copyOf(copy);
      }
      case Map<?, ?> map -> {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((name, element) -> copy.put((String) name, copyOf(element)));
        yield Collections.unmodifiableMap(copy);
      }
      default ->
          throw new IllegalArgumentException(
              "config: a value of type " + value.getClass().getSimpleName() + " is not allowed");
    };
  }
}
