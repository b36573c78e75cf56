// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One file of results, and the figures that follow from its samples. */
final class Measured {

  private static final double OCTETS_IN_GB = 1e9;

  private final JsonNode root;
  private final String reference;

  private Measured(JsonNode root) {
    this.root = root;
    this.reference =
        hasSamples(Candidate.NEWEST_WIREGUARD_GO)
            ? Candidate.NEWEST_WIREGUARD_GO
            : Candidate.INSTALLED_WIREGUARD_GO;
  }

  static Measured read(Path file) {
    try {
      return new Measured(new ObjectMapper().readTree(file.toFile()));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** A row, as the file describes it. */
  record Row(
      String id,
      String label,
      String group,
      String version,
      List<String> command,
      String aead,
      String failure) {

    Row {
      command = List.copyOf(command);
    }

    /** What the JVM was told beside the class path. */
    String jvmFlags() {
      int end = command.indexOf("{weft}");
      return end > 1 ? "`" + String.join(" ", command.subList(1, end)) + "`" : "";
    }

    boolean isMeasured() {
      return failure.isEmpty();
    }

    boolean isWeft() {
      return group.equals(Candidate.WEFT);
    }
  }

  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (JsonNode node : root.path("candidates")) {
      rows.add(
          new Row(
              node.path("id").asText(),
              node.path("label").asText(),
              node.path("group").asText(),
              node.path("version").asText(),
              strings(node.path("command")),
              node.path("aead").asText(),
              node.path("failure").asText()));
    }
    return rows;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.asText()));
    return strings;
  }

  /** What ratios are against. */
  String reference() {
    return reference;
  }

  String machine(String name) {
    return root.path("machine").path(name).asText();
  }

  String started() {
    return root.path("started").asText();
  }

  int rounds() {
    return root.path("rounds").size();
  }

  int quietRounds() {
    int quiet = 0;
    for (JsonNode round : root.path("rounds")) {
      quiet += round.path("quiet").asBoolean() ? 1 : 0;
    }
    return quiet;
  }

  Optional<Spread> load() {
    List<Double> loads = new ArrayList<>();
    root.path("rounds").forEach(round -> loads.add(round.path("load").asDouble()));
    return Spread.of(loads);
  }

  int seconds() {
    return root.path("options").path("seconds").asInt();
  }

  int warmUpSeconds() {
    return root.path("options").path("warmUpSeconds").asInt();
  }

  /** A value of all samples of a kind. */
  Optional<Spread> values(Traffic traffic, String candidate, String field) {
    return Spread.of(byRound(traffic, candidate, field).values());
  }

  /** Seconds of CPU for a gigabyte that arrived; {@code field} names whose. */
  Optional<Spread> cpuPerGb(Traffic traffic, String candidate, String field) {
    return Spread.of(perGb(traffic, candidate, field).values());
  }

  /** A value as a multiple of the reference's in the same round. */
  Optional<Spread> ratio(Traffic traffic, String candidate, String field) {
    return ratio(byRound(traffic, candidate, field), byRound(traffic, reference, field));
  }

  /** CPU of the two ends for a gigabyte as a multiple of the reference's in the same round. */
  Optional<Spread> cpuRatio(Traffic traffic, String candidate) {
    String field = "tunnelCpuSeconds";
    return ratio(perGb(traffic, candidate, field), perGb(traffic, reference, field));
  }

  /** A kind of traffic as a multiple of another one through the same tunnel in the same round. */
  Optional<Spread> ratioOfKinds(Traffic traffic, Traffic base, String candidate) {
    return ratio(byRound(traffic, candidate, "gbit"), byRound(base, candidate, "gbit"));
  }

  /** Gbit/s in each half second after a cold start: the medians of the runs. */
  List<Double> cold(String candidate) {
    List<JsonNode> runs = new ArrayList<>();
    for (JsonNode sample : root.path("samples")) {
      if (isOf(sample, Traffic.COLD, candidate)) {
        runs.add(sample.path("gbitPerHalfSecond"));
      }
    }
    int count = runs.stream().mapToInt(JsonNode::size).min().orElse(0);
    List<Double> medians = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int halfSecond = i;
      Spread.of(runs.stream().map(run -> run.path(halfSecond).asDouble()).toList())
          .ifPresent(spread -> medians.add(spread.median()));
    }
    return medians;
  }

  private static Optional<Spread> ratio(Map<Integer, Double> values, Map<Integer, Double> bases) {
    List<Double> ratios = new ArrayList<>();
    values.forEach(
        (round, value) -> {
          double base = bases.getOrDefault(round, 0.0);
          if (base > 0) {
            ratios.add(value / base);
          }
        });
    return Spread.of(ratios);
  }

  private Map<Integer, Double> perGb(Traffic traffic, String candidate, String field) {
    Map<Integer, Double> octets = byRound(traffic, candidate, "octets");
    Map<Integer, Double> perGb = new TreeMap<>();
    byRound(traffic, candidate, field)
        .forEach(
            (round, seconds) -> {
              double arrived = octets.getOrDefault(round, 0.0);
              if (arrived > 0) {
                perGb.put(round, seconds / (arrived / OCTETS_IN_GB));
              }
            });
    return perGb;
  }

  private Map<Integer, Double> byRound(Traffic traffic, String candidate, String field) {
    Map<Integer, Double> values = new TreeMap<>();
    for (JsonNode sample : root.path("samples")) {
      if (isOf(sample, traffic, candidate) && sample.has(field)) {
        values.put(sample.path("round").asInt(), sample.path(field).asDouble());
      }
    }
    return values;
  }

  private boolean hasSamples(String candidate) {
    for (JsonNode sample : root.path("samples")) {
      if (sample.path("candidate").asText().equals(candidate) && !sample.has("failure")) {
        return true;
      }
    }
    return false;
  }

  /** How many samples of a candidate failed. */
  int failures(String candidate) {
    int failures = 0;
    for (JsonNode sample : root.path("samples")) {
      if (sample.path("candidate").asText().equals(candidate) && sample.has("failure")) {
        failures++;
      }
    }
    return failures;
  }

  private static boolean isOf(JsonNode sample, Traffic traffic, String candidate) {
    return sample.path("traffic").asText().equals(traffic.id())
        && sample.path("candidate").asText().equals(candidate);
  }
}
