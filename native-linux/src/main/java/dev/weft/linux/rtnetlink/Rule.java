// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.rtnetlink;

/**
 * A routing rule: which packets use which table. Selectors other than the mark are not modelled; a
 * listed rule may have them.
 *
 * @param family the family of the packets
 * @param priority rules are tried in ascending order, unsigned
 * @param table the table, an unsigned number; 0 if the rule does not look one up
 * @param protocol who made it, with the numbers of {@link Route#protocol()}
 * @param mark the mark of packets, under the mask
 * @param mask which bits of the mark count; 0: packets of any mark
 * @param inverted applies to those packets that the selectors do not match
 * @param suppressPrefixLength routes whose prefix is no longer than this do not count; -1: all do
 */
public record Rule(
    IpFamily family,
    int priority,
    int table,
    int protocol,
    int mark,
    int mask,
    boolean inverted,
    int suppressPrefixLength) {

  /** A rule for all packets. */
  public static Builder lookUp(IpFamily family, int table) {
    return new Builder(family, table);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(family == IpFamily.IPV4 ? "IPv4 " : "IPv6 ")
        .append(Integer.toUnsignedString(priority));
    text.append(inverted ? ": not" : ":");
    if (mask != 0) {
      text.append(" mark 0x").append(Integer.toHexString(mark));
    }
    text.append(" table ").append(Integer.toUnsignedString(table));
    if (suppressPrefixLength >= 0) {
      text.append(" without prefixes up to /").append(suppressPrefixLength);
    }
    return text.toString();
  }

  /** Makes rules. Not thread-safe. */
  public static final class Builder {

    private final IpFamily family;
    private final int table;
    private int priority;
    private int protocol = Route.PROTOCOL_STATIC;
    private int mark;
    private int mask;
    private boolean inverted;
    private int suppressPrefixLength = -1;

    private Builder(IpFamily family, int table) {
      this.family = family;
      this.table = table;
    }

    /** Its place; 0 (the default): before those that have no place of their own. */
    public Builder priority(int value) {
      priority = value;
      return this;
    }

    /** Who makes it. */
    public Builder protocol(int number) {
      protocol = number;
      return this;
    }

    /** Only packets of exactly this mark. */
    public Builder mark(int value) {
      mark = value;
      mask = -1;
      inverted = false;
      return this;
    }

    /** Only packets of any other mark, or none. */
    public Builder notMark(int value) {
      mark = value;
      mask = -1;
      inverted = true;
      return this;
    }

    /** Ignores routes whose prefix is no longer than this. */
    public Builder suppressPrefixLength(int length) {
      suppressPrefixLength = length;
      return this;
    }

    /** The rule. */
    public Rule build() {
      return new Rule(
          family, priority, table, protocol, mark, mask, inverted, suppressPrefixLength);
    }
  }
}
