// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Meshes under faults, each from one seed. {@code -Dweft.sim.seed=…} and {@code -Dweft.sim.nodes=…}
 * run one of them alone.
 */
final class MeshSim {

  static {
    // Faults are the daily bread here: what they make the log say helps nobody.
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  private static final String SEED = "weft.sim.seed";
  private static final String NODES = "weft.sim.nodes";

  static LongStream smallSeeds() {
    return seeds(3, 20);
  }

  static LongStream largeSeeds() {
    return seeds(50, 2);
  }

  private static LongStream seeds(int nodes, int count) {
    Long seed = Long.getLong(SEED);
    if (seed == null) {
      return LongStream.rangeClosed(1, count);
    }
    return Integer.getInteger(NODES, 3) == nodes ? LongStream.of(seed) : LongStream.of(-1);
  }

  @ParameterizedTest
  @MethodSource("smallSeeds")
  void threeMembersConvergeAfterFaults(long seed) {
    assumeTrue(seed >= 0, "another size was asked for");
    sufferAndConverge(seed, 3, Duration.ofMinutes(3), 12);
  }

  @ParameterizedTest
  @MethodSource("largeSeeds")
  void fiftyMembersConvergeAfterFaults(long seed) {
    assumeTrue(seed >= 0, "another size was asked for");
    sufferAndConverge(seed, 50, Duration.ofSeconds(45), 20);
  }

  private static void sufferAndConverge(long seed, int nodes, Duration faults, int count) {
    Mesh mesh = new Mesh(seed, nodes);
    try {
      mesh.open();
      mesh.suffer(faults, count);
      mesh.converge();
      mesh.provoke();
      mesh.close();
    } catch (Throwable failure) {
      throw new AssertionError(
          "seed "
              + seed
              + " with "
              + nodes
              + " nodes failed; replay it with\n  mvn -pl system-tests -am test -Dtest=MeshSim"
              + " -Dsurefire.failIfNoSpecifiedTests=false -D"
              + SEED
              + "="
              + seed
              + " -D"
              + NODES
              + "="
              + nodes
              + "\n"
              + failure.getMessage()
              + "\n"
              + mesh,
          failure);
    }
  }

  @Test
  void oneSeedGivesOneHistory(TestInfo info) {
    assertEquals(history(99), history(99), info.getDisplayName());
  }

  private static long history(long seed) {
    Mesh mesh = new Mesh(seed, 4);
    mesh.open();
    mesh.suffer(Duration.ofMinutes(1), 8);
    mesh.close();
    return mesh.traceHash();
  }
}
