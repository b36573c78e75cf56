// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * What a figure must reach, and what it should.
 *
 * @param isAtMost whether less is better
 * @param figure the figure of one file of results, if it has it
 */
record Target(
    String name,
    double must,
    double goal,
    boolean isAtMost,
    BiFunction<Measured, List<String>, Optional<Double>> figure) {

  private static final double WITHIN = 0.9;
  private static final double PARITY = 1;
  private static final int FIRST_SECOND = 2; // half seconds
  private static final String NO_FLAG = "weft";
  private static final String JDK = "weft-jdk";

  static List<Target> all() {
    return List.of(
        atLeast("TCP, best provider", 1.5, 2.0, best(Traffic.TCP)),
        atLeast("TCP, no JVM flag", 1.3, 1.7, of(NO_FLAG)),
        atLeast("TCP, the JDK's cipher", 1.1, 1.3, of(JDK)),
        atLeast("TCP, 8 streams, best provider", 1.7, 2.2, best(Traffic.TCP_8)),
        atLeast("UDP of 1,372 octets, best provider", 1.4, 2.0, best(Traffic.UDP_1372)),
        atLeast(
            "IPv6 inside against IPv4, lowest of our rows",
            WITHIN,
            PARITY,
            lowest(Traffic.IPV6_INSIDE)),
        atLeast(
            "IPv6 outside against IPv4, lowest of our rows",
            WITHIN,
            PARITY,
            lowest(Traffic.IPV6_OUTSIDE)),
        atMost("CPU for a GB of TCP, best provider", 0.75, 0.55, Target::cpu),
        atMost("ping p50 when idle, best provider", PARITY, PARITY, Target::ping),
        atLeast(
            "any half second after the first second of a cold start, no JVM flag",
            0.5,
            PARITY,
            Target::cold),
        atLeast("TCP against boringtun, best provider", 4, 4, Target::boringtun));
  }

  boolean isMet(double value, double limit) {
    return isAtMost ? value <= limit : value >= limit;
  }

  private static Target atLeast(
      String name,
      double must,
      double goal,
      BiFunction<Measured, List<String>, Optional<Double>> figure) {
    return new Target(name, must, goal, false, figure);
  }

  private static Target atMost(
      String name,
      double must,
      double goal,
      BiFunction<Measured, List<String>, Optional<Double>> figure) {
    return new Target(name, must, goal, true, figure);
  }

  private static BiFunction<Measured, List<String>, Optional<Double>> best(Traffic traffic) {
    return (run, ours) -> ours.stream().flatMap(id -> gbitRatio(run, traffic, id)).max(order());
  }

  private static BiFunction<Measured, List<String>, Optional<Double>> of(String id) {
    return (run, ours) -> gbitRatio(run, Traffic.TCP, id).findFirst();
  }

  private static BiFunction<Measured, List<String>, Optional<Double>> lowest(Traffic traffic) {
    return (run, ours) ->
        ours.stream()
            .flatMap(id -> run.ratioOfKinds(traffic, Traffic.TCP, id).stream())
            .map(Spread::median)
            .min(order());
  }

  private static Optional<Double> cpu(Measured run, List<String> ours) {
    return ours.stream()
        .flatMap(id -> run.cpuRatio(Traffic.TCP, id).stream())
        .map(Spread::median)
        .min(order());
  }

  private static Optional<Double> ping(Measured run, List<String> ours) {
    return ours.stream()
        .flatMap(id -> run.ratio(Traffic.PING_IDLE, id, "p50Micros").stream())
        .map(Spread::median)
        .min(order());
  }

  private static Optional<Double> cold(Measured run, List<String> ours) {
    List<Double> values = run.cold(NO_FLAG);
    List<Double> references = run.cold(run.reference());
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = FIRST_SECOND; i < Math.min(values.size(), references.size()); i++) {
      lowest = Math.min(lowest, values.get(i) / references.get(i));
    }
    return Double.isFinite(lowest) ? Optional.of(lowest) : Optional.empty();
  }

  private static Optional<Double> boringtun(Measured run, List<String> ours) {
    Optional<Double> base = gbitRatio(run, Traffic.TCP, Candidate.BORINGTUN).findFirst();
    return best(Traffic.TCP).apply(run, ours).flatMap(value -> base.map(other -> value / other));
  }

  private static Stream<Double> gbitRatio(Measured run, Traffic traffic, String id) {
    return run.ratio(traffic, id, "gbit").stream().map(Spread::median);
  }

  private static Comparator<Double> order() {
    return Comparator.naturalOrder();
  }
}
