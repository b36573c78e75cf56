// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

/** Says what was found in a document, without ever repeating what could be a key. */
final class Describe {

  /**
   * Longer text is only counted; a key has 44 characters, and one with a typing error about that.
   */
  private static final int MAX_TEXT = 40;

  /** Shorter pieces of a key do not help anybody; longer ones are not repeated either. */
  private static final int MAX_BASE64 = 19;

  private Describe() {}

  /** A value; short text and numbers are quoted, since they help to find the mistake. */
  static String value(Json value) {
    return switch (value) {
      case Json.Text text -> text(text.value());
      case Json.Int number -> Long.toString(number.value());
      case Json.Real number -> Double.toString(number.value());
      case Json.Obj object -> type(object);
      case Json.Arr array -> type(array);
      case Json.Bool bool -> Boolean.toString(bool.value());
      case Json.Null ignored -> "null";
    };
  }

  /** A value's type alone. */
  static String type(Json value) {
    return switch (value) {
      case Json.Text ignored -> "a string";
      case Json.Int ignored -> "a number";
      case Json.Real ignored -> "a number";
      case Json.Obj ignored -> "an object";
      case Json.Arr ignored -> "an array";
      case Json.Bool ignored -> "true or false";
      case Json.Null ignored -> "null";
    };
  }

  /** Text outside the fields for keys; what could be a piece of a key is only counted. */
  static String text(String text) {
    if (text.length() > MAX_TEXT || (text.length() > MAX_BASE64 && isBase64(text))) {
      return "a string of " + text.length() + " characters";
    }
    return "\"" + printable(text) + "\"";
  }

  private static boolean isBase64(String text) {
    return text.chars()
        .allMatch(
            c ->
                (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '+'
                    || c == '/'
                    || c == '=');
  }

  /** The text with control characters and lone surrogates replaced. */
  static String printable(String text) {
    return text.codePoints()
        .map(
            c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
