// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class ReplayWindowProperties {

  /** Steps from the greatest counter so far: small, about a window, or far. */
  @Provide
  Arbitrary<List<Integer>> steps() {
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(6, Arbitraries.integers().between(-70, 70)),
            net.jqwik.api.Tuple.of(3, Arbitraries.integers().between(-8300, 8300)),
            net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(0, 1 << 24)))
        .list()
        .ofMaxSize(300);
  }

  @Property(tries = 300)
  void agreesWithASet(@ForAll("steps") List<Integer> steps) {
    ReplayWindow window = new ReplayWindow();
    Set<Long> seen = new HashSet<>();
    long greatest = 0;
    for (int step : steps) {
      long counter = Math.max(0, greatest + step);
      boolean expected = counter + ReplayWindow.USABLE >= greatest && seen.add(counter);
      assertEquals(expected, window.accept(counter));
      greatest = Math.max(greatest, counter);
    }
  }
}
