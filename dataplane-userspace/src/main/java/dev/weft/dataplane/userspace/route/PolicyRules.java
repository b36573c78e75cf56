// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.rtnetlink.IpFamily;
import dev.weft.linux.rtnetlink.Route;
import dev.weft.linux.rtnetlink.Routes;
import dev.weft.linux.rtnetlink.Rule;
import dev.weft.linux.rtnetlink.Rules;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules that lead unmarked packets into a table, and only those. The package's description has
 * the scheme.
 */
final class PolicyRules {

  /** Who made our routes and rules; a number that no routing daemon has registered. */
  static final int PROTOCOL = 87;

  static final int FIRST_MARK = 0x57450000;
  static final int MARKS = 0x4000;

  private static final int MAX_MARKS_TRIED = 256;

  private static final int FIRST_PRIORITY = 30_000;
  private static final int LONGEST_PREFIX = 128;

  private final Rules rules;
  private final Routes routes;

  PolicyRules(Rules rules, Routes routes) {
    this.rules = rules;
    this.routes = routes;
  }

  /** A number that is free both as a mark and as a table; the same name tends to get the same. */
  int freeMark(String interfaceName) {
    Set<Integer> used = new HashSet<>();
    for (IpFamily family : IpFamily.values()) {
      for (Rule rule : rules.list(family)) {
        used.add(rule.table());
        used.add(rule.mark());
      }
    }
    int start = interfaceName.hashCode();
    for (int i = 0; i < MAX_MARKS_TRIED; i++) {
      int mark = FIRST_MARK + Math.floorMod(start + i, MARKS);
      if (!used.contains(mark) && isEmpty(mark)) {
        return mark;
      }
    }
    throw new LinuxException("no routing table is free for " + interfaceName);
  }

  private boolean isEmpty(int table) {
    for (IpFamily family : IpFamily.values()) {
      if (!routes.list(family, table, 0, 0).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Removes the rules of interfaces that are no more. */
  void removeLeftovers() {
    Set<Integer> living = new HashSet<>();
    for (IpFamily family : IpFamily.values()) {
      for (Route route : routes.list(family, 0, PROTOCOL, 0)) {
        living.add(route.table());
      }
    }
    for (IpFamily family : IpFamily.values()) {
      for (Rule rule : ours(family)) {
        if (rule.table() != Route.TABLE_MAIN && !living.contains(rule.table())) {
          delete(rule);
        }
      }
      removeUnneededMainRules(family);
    }
  }

  /**
   * Makes the rules for prefixes of these lengths in a table. The table should be filled before.
   */
  void ensure(IpFamily family, int mark, Collection<Integer> lengths) {
    List<Rule> present = ours(family);
    for (int length : new TreeSet<>(lengths).descendingSet()) {
      Rule main = mainRule(family, length);
      addUnless(present, main);
      addUnless(present, tableRule(family, mark, length));
      // Another process may have found it unneeded before the second rule was there.
      addUnless(List.of(), main);
    }
  }

  /** Removes the rules of a table but those for these lengths. */
  void retain(IpFamily family, int mark, Collection<Integer> lengths) {
    Set<Integer> wanted = new HashSet<>();
    for (int length : lengths) {
      wanted.add(tableRule(family, mark, length).priority());
    }
    boolean removed = false;
    for (Rule rule : ours(family)) {
      if (rule.table() == mark && !wanted.contains(rule.priority())) {
        delete(rule);
        removed = true;
      }
    }
    if (removed) {
      removeUnneededMainRules(family);
    }
  }

  private void removeUnneededMainRules(IpFamily family) {
    List<Rule> present = ours(family);
    Set<Integer> needed = new HashSet<>();
    for (Rule rule : present) {
      if (rule.table() != Route.TABLE_MAIN) {
        needed.add(rule.priority() - 1);
      }
    }
    for (Rule rule : present) {
      if (rule.table() == Route.TABLE_MAIN && !needed.contains(rule.priority())) {
        delete(rule);
      }
    }
  }

  private List<Rule> ours(IpFamily family) {
    return rules.list(family).stream().filter(rule -> rule.protocol() == PROTOCOL).toList();
  }

  private static Rule mainRule(IpFamily family, int length) {
    return Rule.lookUp(family, Route.TABLE_MAIN)
        .priority(priority(length))
        .protocol(PROTOCOL)
        .suppressPrefixLength(Math.max(length - 1, 0))
        .build();
  }

  private static Rule tableRule(IpFamily family, int mark, int length) {
    return Rule.lookUp(family, mark)
        .priority(priority(length) + 1)
        .protocol(PROTOCOL)
        .notMark(mark)
        .suppressPrefixLength(length - 1)
        .build();
  }

  private static int priority(int length) {
    return FIRST_PRIORITY + 2 * (LONGEST_PREFIX - length);
  }

  private void addUnless(List<Rule> present, Rule rule) {
    if (!present.contains(rule)) {
      try {
        rules.add(rule);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  private void delete(Rule rule) {
    try {
      rules.delete(rule);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e; // Gone already is fine: another process cleans up as well.
      }
    }
  }
}
