// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import dev.weft.linux.libc.LinuxException;
import java.util.ArrayList;
import java.util.List;

/** What could not be done, for a person to read. Bounded. */
final class Problems {

  private static final int MAX = 32;

  private final List<String> texts = new ArrayList<>();
  private int more;

  void clear() {
    texts.clear();
    more = 0;
  }

  void add(String text) {
    if (texts.size() < MAX) {
      texts.add(text);
    } else {
      more++;
    }
  }

  void add(LinuxException failure) {
    add(String.valueOf(failure.getMessage()));
  }

  List<String> texts() {
    List<String> all = new ArrayList<>(texts);
    if (more > 0) {
      all.add("and " + more + " more");
    }
    return all;
  }
}
