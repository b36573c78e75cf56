// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The members of a JSON object, read by type. A value of another type is absent and noted: as a
 * problem, or, where the document's readers ignore such values, as a warning.
 */
final class Members {

  private final Json.Obj object;
  private final String pointer;
  private final Problems problems;
  private final boolean lenient;

  Members(Json.Obj object, String pointer, Problems problems, boolean lenient) {
    this.object = object;
    this.pointer = pointer;
    this.problems = problems;
    this.lenient = lenient;
  }

  /** The pointer to the object. */
  String pointer() {
    return pointer;
  }

  /** The pointer to a member. */
  String at(String name) {
    return Pointer.child(pointer, name);
  }

  boolean has(String name) {
    return object.members().containsKey(name);
  }

  Optional<Json> get(String name) {
    return object.get(name);
  }

  Optional<String> text(String name) {
    return get(name)
        .flatMap(
            value -> {
              if (value instanceof Json.Text(String text)) {
                return Optional.of(text);
              }
              wrongType(at(name), value, "a string");
              return Optional.empty();
            });
  }

  /** An integer of 32 bits, signed. */
  OptionalInt int32(String name, String allowed) {
    Optional<Json> value = get(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.get() instanceof Json.Int(long number) && number == (int) number) {
      return OptionalInt.of((int) number);
    }
    wrongValue(at(name), value.get(), allowed);
    return OptionalInt.empty();
  }

  /** An integer within bounds; one outside is a problem. */
  OptionalInt integer(String name, int least, int most) {
    String allowed = "an integer from " + least + " to " + most;
    OptionalInt value = int32(name, allowed);
    if (value.isPresent() && (value.getAsInt() < least || value.getAsInt() > most)) {
      problems.add(at(name), Integer.toString(value.getAsInt()), allowed);
      return OptionalInt.empty();
    }
    return value;
  }

  Optional<Boolean> bool(String name) {
    return get(name)
        .flatMap(
            value -> {
              if (value instanceof Json.Bool(boolean bool)) {
                return Optional.of(bool);
              }
              wrongValue(at(name), value, "true or false");
              return Optional.empty();
            });
  }

  Optional<Members> object(String name) {
    return get(name).flatMap(value -> asObject(value, at(name)));
  }

  /** The members that are objects, by name. */
  Map<String, Members> objects() {
    Map<String, Members> objects = new LinkedHashMap<>();
    object
        .members()
        .forEach(
            (name, value) ->
                asObject(value, at(name)).ifPresent(members -> objects.put(name, members)));
    return objects;
  }

  /** An array's elements. */
  Optional<List<Json>> array(String name) {
    return get(name)
        .flatMap(
            value -> {
              if (value instanceof Json.Arr(List<Json> elements)) {
                return Optional.of(elements);
              }
              wrongValue(at(name), value, "an array");
              return Optional.empty();
            });
  }

  /** An array's elements, if all are strings. */
  Optional<List<String>> texts(String name) {
    return array(name)
        .flatMap(
            elements -> {
              List<String> texts = new ArrayList<>();
              for (int i = 0; i < elements.size(); i++) {
                if (elements.get(i) instanceof Json.Text(String text)) {
                  texts.add(text);
                } else {
                  wrongType(Pointer.child(at(name), i), elements.get(i), "a string");
                }
              }
              return texts.size() == elements.size() ? Optional.of(texts) : Optional.empty();
            });
  }

  /** An object's values, if all are strings. */
  Optional<Map<String, String>> textMap(String name) {
    return object(name)
        .flatMap(
            members -> {
              Map<String, String> texts = new LinkedHashMap<>();
              members
                  .object
                  .members()
                  .keySet()
                  .forEach(key -> members.text(key).ifPresent(text -> texts.put(key, text)));
              return texts.size() == members.object.members().size()
                  ? Optional.of(texts)
                  : Optional.empty();
            });
  }

  /** Warns of every member that is not named. */
  void warnOfOthers(Set<String> known) {
    for (String name : object.members().keySet()) {
      if (!known.contains(name)) {
        problems.warn(at(name), "is not known here and is ignored");
      }
    }
  }

  /** The value as an object. */
  Optional<Members> asObject(Json value, String location) {
    if (value instanceof Json.Obj members) {
      return Optional.of(new Members(members, location, problems, lenient));
    }
    wrongValue(location, value, "an object");
    return Optional.empty();
  }

  /** Notes a value that is not the text it should be. It may be a secret: only its type is told. */
  void wrongType(String location, Json value, String allowed) {
    note(location, value, Describe.type(value), allowed);
  }

  private void wrongValue(String location, Json value, String allowed) {
    note(location, value, Describe.value(value), allowed);
  }

  private void note(String location, Json value, String found, String allowed) {
    if (lenient) {
      problems.warn(location, "is " + Describe.type(value) + ", not " + allowed + "; ignored");
    } else {
      problems.add(location, found, allowed);
    }
  }
}
