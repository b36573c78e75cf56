// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What a figure must reach, and what it should. Of several rows it is that of the best or of the
 * worst one: of several runs, of the row whose median of all runs is that.
 *
 * @param isAtMost whether less is better
 * @param isOfWorst whether the worst row counts, not the best
 * @param rows which rows count, of all of ours
 * @param figure the figure of one row in one file of results, if it has it
 */
record Target(
    String name,
    double must,
    double goal,
    boolean isAtMost,
    boolean isOfWorst,
    UnaryOperator<List<String>> rows,
    BiFunction<Measured, String, Optional<Double>> figure) {

  private static final double WITHIN = 0.9;
  private static final double PARITY = 1;
  private static final int FIRST_SECOND = 2; // half seconds
  private static final String NO_FLAG = "weft";
  private static final String JDK = "weft-jdk";

  static List<Target> all() {
    return List.of(
        atLeast("TCP, best provider", 1.5, 2.0, Target::all, gbit(Traffic.TCP)),
        atLeast("TCP, no JVM flag", 1.3, 1.7, of(NO_FLAG), gbit(Traffic.TCP)),
        atLeast("TCP, the JDK's cipher", 1.1, 1.3, of(JDK), gbit(Traffic.TCP)),
        atLeast("TCP, 8 streams, best provider", 1.7, 2.2, Target::all, gbit(Traffic.TCP_8)),
        atLeast(
            "UDP of 1,372 octets, best provider", 1.4, 2.0, Target::all, gbit(Traffic.UDP_1372)),
        ofWorst(
            "IPv6 inside against IPv4, lowest of our rows",
            WITHIN,
            PARITY,
            againstIpv4(Traffic.IPV6_INSIDE)),
        ofWorst(
            "IPv6 outside against IPv4, lowest of our rows",
            WITHIN,
            PARITY,
            againstIpv4(Traffic.IPV6_OUTSIDE)),
        atMost(
            "CPU for a GB of TCP, best provider",
            0.75,
            0.55,
            (run, row) -> run.cpuRatio(Traffic.TCP, row).map(Spread::median)),
        atMost(
            "ping p50 when idle, best provider",
            PARITY,
            PARITY,
            (run, row) -> run.ratio(Traffic.PING_IDLE, row, "p50Micros").map(Spread::median)),
        atLeast(
            "any half second after the first second of a cold start, no JVM flag",
            0.5,
            PARITY,
            of(NO_FLAG),
            Target::cold),
        atLeast("TCP against boringtun, best provider", 4, 4, Target::all, Target::boringtun));
  }

  boolean isMet(double value, double limit) {
    return isAtMost ? value <= limit : value >= limit;
  }

  /** The figure of some runs, each row's the median of those that have it. */
  Optional<Double> of(List<Measured> runs, List<String> ours) {
    Stream<Double> medians =
        rows.apply(ours).stream()
            .flatMap(
                row ->
                    Spread.of(
                        runs.stream().flatMap(run -> figure.apply(run, row).stream()).toList())
                        .map(Spread::median)
                        .stream());
    return isAtMost == isOfWorst
        ? medians.max(Comparator.naturalOrder())
        : medians.min(Comparator.naturalOrder());
  }

  private static Target atLeast(
      String name,
      double must,
      double goal,
      UnaryOperator<List<String>> rows,
      BiFunction<Measured, String, Optional<Double>> figure) {
    return new Target(name, must, goal, false, false, rows, figure);
  }

  private static Target ofWorst(
      String name,
      double must,
      double goal,
      BiFunction<Measured, String, Optional<Double>> figure) {
    return new Target(name, must, goal, false, true, Target::all, figure);
  }

  private static Target atMost(
      String name,
      double must,
      double goal,
      BiFunction<Measured, String, Optional<Double>> figure) {
    return new Target(name, must, goal, true, false, Target::all, figure);
  }

  private static List<String> all(List<String> ours) {
    return ours;
  }

  private static UnaryOperator<List<String>> of(String id) {
    return ours -> ours.stream().filter(id::equals).toList();
  }

  private static BiFunction<Measured, String, Optional<Double>> gbit(Traffic traffic) {
    return (run, row) -> run.ratio(traffic, row, "gbit").map(Spread::median);
  }

  private static BiFunction<Measured, String, Optional<Double>> againstIpv4(Traffic traffic) {
    return (run, row) -> run.ratioOfKinds(traffic, Traffic.TCP, row).map(Spread::median);
  }

  private static Optional<Double> cold(Measured run, String row) {
    List<Double> values = run.cold(row);
    List<Double> references = run.cold(run.reference());
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = FIRST_SECOND; i < Math.min(values.size(), references.size()); i++) {
      lowest = Math.min(lowest, values.get(i) / references.get(i));
    }
    return Double.isFinite(lowest) ? Optional.of(lowest) : Optional.empty();
  }

  private static Optional<Double> boringtun(Measured run, String row) {
    Optional<Double> base = gbit(Traffic.TCP).apply(run, Candidate.BORINGTUN);
    return gbit(Traffic.TCP).apply(run, row).flatMap(value -> base.map(other -> value / other));
  }
}
