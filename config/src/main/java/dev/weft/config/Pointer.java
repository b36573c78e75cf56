// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

/** Writes JSON pointers. Source: RFC 6901 §3. */
final class Pointer {

  private static final int MAX_NAME = 40;
  private static final int SHOWN = 12;

  private Pointer() {}

  /** The pointer to a member of an object. */
  static String child(String parent, String name) {
    // A name this long is nobody's field: it is cut, lest a key put in the wrong place be repeated.
    String shown =
        name.length() <= MAX_NAME
            ? name
            : name.substring(0, SHOWN) + "… (" + name.length() + " characters)";
    return parent + "/" + Describe.printable(shown).replace("~", "~0").replace("/", "~1");
  }

  /** The pointer to an element of an array. */
  static String child(String parent, int index) {
    return parent + "/" + index;
  }
}
