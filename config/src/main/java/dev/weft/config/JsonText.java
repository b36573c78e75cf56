// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.weft.overlay.InvalidConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The text of a JSON document, read within bounds of size and depth.
 *
 * @param root the document's value
 * @param duplicates pointers to members whose name occurred before in the same object
 */
record JsonText(Json root, List<String> duplicates) {

  /** Octets of UTF-8 that a document may have. */
  static final int MAX_OCTETS = 1 << 20;

  /** Objects and arrays inside each other. */
  static final int MAX_DEPTH = 64;

  private static final int MAX_NUMBER = 400;
  private static final int MAX_DUPLICATES = 1000;
  private static final String END = "/…";

  private static final JsonFactory STRICT = factory(false);
  private static final JsonFactory SINGLE_QUOTES = factory(true);

  private static JsonFactory factory(boolean singleQuotes) {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH + 1)
                .maxStringLength(MAX_OCTETS)
                .maxNameLength(MAX_OCTETS)
                .maxNumberLength(MAX_NUMBER)
                .build())
        .configure(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION, false)
        .configure(JsonReadFeature.ALLOW_SINGLE_QUOTES, singleQuotes)
        .build();
  }

  /**
   * Reads a document.
   *
   * @param what the kind of document, for the exception's message
   * @throws InvalidConfigurationException with one problem at its line and column
   */
  static JsonText parse(String what, String text) {
    return parse(what, text, 0, false);
  }

  /**
   * Reads a document.
   *
   * @param added characters that were put before the first line and do not count for the column
   * @param singleQuotes whether strings may have single quotes
   */
  static JsonText parse(String what, String text, int added, boolean singleQuotes) {
    requireSize(what, text);
    String document = text.startsWith("\ufeff") ? text.substring(1) : text;
    JsonFactory factory = singleQuotes ? SINGLE_QUOTES : STRICT;
    List<String> duplicates = new ArrayList<>();
    try (JsonParser parser = factory.createParser(document)) {
      parser.nextToken();
      Json root = value(parser, Place.ROOT, duplicates);
      if (parser.nextToken() != null) {
        throw new SyntaxException(parser.currentTokenLocation(), "more text behind the document");
      }
      return new JsonText(root, List.copyOf(duplicates));
    } catch (SyntaxException e) {
      throw problem(what, e.location, added, e.found, "one complete JSON document");
    } catch (JsonEOFException e) {
      throw problem(
          what,
          e.getLocation(),
          added,
          "the end of the text",
          "a complete JSON document: a quote, bracket or brace is not closed");
    } catch (JsonProcessingException e) {
      // The parser's own message may repeat a part of the text, which may be a part of a key.
      throw problem(what, e.getLocation(), added, unexpected(document, e), "valid JSON here");
    } catch (IOException e) {
      throw Problems.single(what, "", "text that cannot be read", "a JSON document");
    }
  }

  /** Refuses text above {@link #MAX_OCTETS}. */
  static void requireSize(String what, String text) {
    if (text.length() > MAX_OCTETS || text.getBytes(StandardCharsets.UTF_8).length > MAX_OCTETS) {
      throw Problems.single(what, "", "more than 1 MiB", "1 MiB of text at most");
    }
  }

  /**
   * Where pointers lie in the document; one that does not exist is where its parent ends.
   *
   * @param locations the pointers that will be asked for: only these and what is around them are
   *     remembered, since all pointers of a document can be many times its size
   */
  ToIntFunction<String> order(Collection<String> locations) {
    Set<String> wanted = new HashSet<>();
    for (String location : locations) {
      for (String pointer = location; wanted.add(pointer); ) {
        pointer = parent(pointer);
      }
    }
    Map<String, Integer> positions = new HashMap<>();
    number(root, "", wanted, positions);
    return location -> {
      Integer position = positions.get(location);
      for (String pointer = location; position == null && !pointer.isEmpty(); ) {
        pointer = parent(pointer);
        position = positions.get(pointer + END);
      }
      return position == null ? Integer.MAX_VALUE : position;
    };
  }

  private static String parent(String pointer) {
    return pointer.substring(0, Math.max(pointer.lastIndexOf('/'), 0));
  }

  private static void number(
      Json value, String pointer, Set<String> wanted, Map<String, Integer> positions) {
    if (!wanted.contains(pointer)) {
      return;
    }
    positions.putIfAbsent(pointer, positions.size());
    if (value instanceof Json.Obj object) {
      object
          .members()
          .forEach((name, v) -> number(v, Pointer.child(pointer, name), wanted, positions));
    } else if (value instanceof Json.Arr array) {
      for (int i = 0; i < array.elements().size(); i++) {
        number(array.elements().get(i), Pointer.child(pointer, i), wanted, positions);
      }
    }
    positions.putIfAbsent(pointer + END, positions.size());
  }

  /** The value at the parser's token. The depth bound keeps the recursion small. */
  private static Json value(JsonParser parser, Place place, List<String> duplicates)
      throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new SyntaxException(parser.currentLocation(), "no text");
    }
    return switch (token) {
      case START_OBJECT -> object(parser, place.entered(parser), duplicates);
      case START_ARRAY -> array(parser, place.entered(parser), duplicates);
      case VALUE_STRING -> new Json.Text(parser.getText());
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? new Json.Real(Double.parseDouble(parser.getText()))
              : new Json.Int(parser.getLongValue());
      case VALUE_NUMBER_FLOAT -> new Json.Real(Double.parseDouble(parser.getText()));
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> new Json.Null();
      case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new SyntaxException(parser.currentTokenLocation(), "something else than a value");
    };
  }

  private static Json object(JsonParser parser, Place place, List<String> duplicates)
      throws IOException {
    Map<String, Json> members = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      Place child = new Place(place, name, 0, place.depth);
      if (members.containsKey(name) && duplicates.size() < MAX_DUPLICATES) {
        duplicates.add(child.pointer());
      }
      parser.nextToken();
      members.put(name, value(parser, child, duplicates));
    }
    return new Json.Obj(members);
  }

  private static Json array(JsonParser parser, Place place, List<String> duplicates)
      throws IOException {
    List<Json> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser, new Place(place, null, elements.size(), place.depth), duplicates));
    }
    return new Json.Arr(elements);
  }

  private static InvalidConfigurationException problem(
      String what, JsonLocation location, int added, String found, String allowed) {
    int line = Math.max(location.getLineNr(), 1);
    int column = Math.max(location.getColumnNr() - (line == 1 ? added : 0), 1);
    return Problems.single(what, "line " + line + ", column " + column, found, allowed);
  }

  private static String unexpected(String document, JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    long offset = location == null ? -1 : location.getCharOffset();
    // The parser stands behind the character that it could not use, or on it.
    for (long at : new long[] {offset - 1, offset}) {
      if (at >= 0 && at < document.length()) {
        char c = document.charAt((int) at);
        if (c == '\n' || c == '\r') {
          return "the end of the line where text is not closed";
        }
        if (!Character.isLetterOrDigit(c) && !Character.isWhitespace(c) && c > ' ') {
          String code = HexFormat.of().withUpperCase().toHexDigits(c);
          return "the character '" + Describe.printable(String.valueOf(c)) + "' (U+" + code + ")";
        }
      }
    }
    return "text that is not JSON";
  }

  /**
   * Where the reader is.
   *
   * @param parent absent at the root
   * @param name the member's name; absent for an element
   * @param index the element's index
   * @param depth objects and arrays around
   */
  private record Place(@Nullable Place parent, @Nullable String name, int index, int depth) {
    static final Place ROOT = new Place(null, null, 0, 0);

    Place entered(JsonParser parser) throws SyntaxException {
      if (depth == MAX_DEPTH) {
        throw new SyntaxException(
            parser.currentTokenLocation(), "more than " + MAX_DEPTH + " levels of nesting");
      }
      return new Place(parent, name, index, depth + 1);
    }

    String pointer() {
      if (parent == null) {
        return "";
      }
      String outer = parent.pointer();
      return name == null ? Pointer.child(outer, index) : Pointer.child(outer, name);
    }
  }

  /** Something that is not a document. Never leaves this class. */
  private static final class SyntaxException extends IOException {
    private static final long serialVersionUID = 1;
    private final transient JsonLocation location;
    private final transient String found;

    SyntaxException(JsonLocation location, String found) {
      super(found);
      this.location = location;
      this.found = found;
    }
  }
}
