// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Meshes under faults, each from one seed and in one thread; two run at a time.
 *
 * <ul>
 *   <li>{@code -Dweft.sim.seeds3=…} and {@code -Dweft.sim.seeds50=…}: how many seeds with 3 and
 *       with 50 nodes;
 *   <li>{@code -Dweft.sim.seed=…} and {@code -Dweft.sim.nodes=…} run one of them alone;
 *   <li>{@code -Dweft.sim.threads=…}: how many run at a time.
 * </ul>
 */
final class MeshSim {

  static {
    // Faults are the daily bread here: what they make the log say helps nobody.
    System.setProperty("org.slf4j.simpleLogger.log.dev.weft", "error");
  }

  private static final String SEED = "weft.sim.seed";
  private static final String NODES = "weft.sim.nodes";
  private static final String SEEDS = "weft.sim.seeds";
  private static final int THREADS = Integer.getInteger("weft.sim.threads", 2);

  @TestFactory
  Stream<DynamicTest> threeMembersConvergeAfterFaults() {
    return seeds(3, 20, Duration.ofMinutes(3), 12);
  }

  @TestFactory
  Stream<DynamicTest> fiftyMembersConvergeAfterFaults() {
    return seeds(50, 2, Duration.ofSeconds(45), 20);
  }

  private static Stream<DynamicTest> seeds(int nodes, int usual, Duration faults, int count) {
    Integer asked = Integer.getInteger(SEEDS + nodes);
    LongStream seeds = LongStream.rangeClosed(1, asked == null ? usual : asked);
    Long one = Long.getLong(SEED);
    if (one != null) {
      seeds = Integer.getInteger(NODES, 3) == nodes ? LongStream.of(one) : LongStream.empty();
    }
    boolean tells = asked != null || one != null;
    ExecutorService simulations = simulations(nodes);
    List<DynamicTest> tests =
        seeds
            .mapToObj(
                seed -> {
                  Future<String> outcome =
                      simulations.submit(() -> sufferAndConverge(seed, nodes, faults, count));
                  return dynamicTest(
                      "seed " + seed + " with " + nodes + " nodes",
                      () -> {
                        String summary = await(outcome);
                        if (tells) {
                          System.out.println("seed " + seed + ": " + summary);
                        }
                      });
                })
            .toList();
    simulations.shutdown();
    return tests.stream();
  }

  /** Threads for simulations, each of which stays on the thread that made it. */
  private static ExecutorService simulations(int nodes) {
    return Executors.newFixedThreadPool(
        THREADS, Thread.ofPlatform().daemon().name("mesh-of-" + nodes + "-", 0).factory());
  }

  private static <T> T await(Future<T> outcome) throws InterruptedException {
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      throw new AssertionError(String.valueOf(e.getCause()), e.getCause());
    }
  }

  private static String sufferAndConverge(long seed, int nodes, Duration faults, int count) {
    Mesh mesh = new Mesh(seed, nodes);
    try {
      mesh.open();
      mesh.suffer(faults, count);
      Duration convergence = mesh.converge();
      mesh.provoke();
      mesh.close();
      return mesh.summary() + ", converged in " + convergence.toSeconds() + " s";
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
  void oneSeedGivesOneHistoryWhateverElseRuns() throws InterruptedException {
    ExecutorService simulations = simulations(4);
    Callable<Long> run = () -> history(99);
    Future<Long> one = simulations.submit(run);
    Future<Long> other = simulations.submit(run);
    simulations.shutdown();
    assertEquals(await(one), await(other));
    assertEquals(await(one), history(99));
  }

  private static long history(long seed) {
    Mesh mesh = new Mesh(seed, 4);
    mesh.open();
    mesh.suffer(Duration.ofMinutes(1), 8);
    mesh.close();
    return mesh.traceHash();
  }
}
