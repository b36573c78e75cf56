// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.ConfigProblem;
import dev.weft.overlay.InvalidConfigurationException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Collects what is wrong and what is odd about one document. Used by one thread. */
final class Problems {

  static final String ABSENT = "nothing";

  /** A document of the largest size can be wrong in a few hundred thousand places. */
  private static final int MAX_ENTRIES = 1000;

  private final String what;
  private final List<ConfigProblem> problems = new ArrayList<>();
  private final List<ConfigWarning> warnings = new ArrayList<>();
  private final Set<String> locations = new HashSet<>();
  private int problemCount;
  private int warningCount;

  /**
   * An empty collection.
   *
   * @param what the kind of document, for the first line of the exception's message
   */
  Problems(String what) {
    this.what = what;
  }

  /** Adds a problem. */
  void add(String location, String found, String allowed) {
    problemCount++;
    if (problems.size() < MAX_ENTRIES) {
      problems.add(new ConfigProblem(location, found, allowed));
      locations.add(location);
    }
  }

  /** Adds a problem, unless there is one at the location already. */
  void addOnce(String location, String found, String allowed) {
    if (!locations.contains(location)) {
      add(location, found, allowed);
    }
  }

  void warn(String location, String message) {
    warningCount++;
    if (warnings.size() < MAX_ENTRIES) {
      warnings.add(new ConfigWarning(location, message));
    }
  }

  /** The locations of the problems. */
  Set<String> locations() {
    return locations;
  }

  boolean isEmpty() {
    return problemCount == 0;
  }

  List<ConfigWarning> warnings() {
    List<ConfigWarning> result = new ArrayList<>(warnings);
    if (warningCount > warnings.size()) {
      result.add(
          new ConfigWarning(
              "", "there are " + (warningCount - warnings.size()) + " more warnings"));
    }
    return List.copyOf(result);
  }

  /**
   * Throws if there is a problem.
   *
   * @param position where in the document a location is, for the order of the problems
   */
  void throwIfAny(ToIntFunction<String> position) {
    if (isEmpty()) {
      return;
    }
    List<ConfigProblem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparingInt(problem -> position.applyAsInt(problem.location())));
    if (problemCount > sorted.size()) {
      sorted.add(
          new ConfigProblem(
              "", (problemCount - sorted.size()) + " more problems", "a document without them"));
    }
    throw new InvalidConfigurationException(what, sorted);
  }

  /** Throws if there is a problem; the problems stay in the order in which they were added. */
  void throwIfAny() {
    throwIfAny(location -> 0);
  }

  /** An exception with just this problem. */
  static InvalidConfigurationException single(
      String what, String location, String found, String allowed) {
    return new InvalidConfigurationException(
        what, List.of(new ConfigProblem(location, found, allowed)));
  }
}
