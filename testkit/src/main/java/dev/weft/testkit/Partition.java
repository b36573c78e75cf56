// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import java.util.Collection;
import java.util.Set;

/** Two sets of hosts between which nothing passes. Made by {@link SimNetwork#partition}. */
public final class Partition {

  private final Wire wire;
  private final Set<SimHost> oneSide;
  private final Set<SimHost> otherSide;
  private final boolean bothWays;

  Partition(
      Wire wire, Collection<SimHost> oneSide, Collection<SimHost> otherSide, boolean bothWays) {
    this.wire = wire;
    this.oneSide = Set.copyOf(oneSide);
    this.otherSide = Set.copyOf(otherSide);
    this.bothWays = bothWays;
  }

  boolean separates(SimHost from, SimHost to) {
    return (oneSide.contains(from) && otherSide.contains(to))
        || (bothWays && oneSide.contains(to) && otherSide.contains(from));
  }

  /** Ends it. Idempotent. */
  public void heal() {
    wire.remove(this);
  }
}
