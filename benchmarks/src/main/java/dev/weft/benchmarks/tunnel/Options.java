// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What the command line asks for.
 *
 * @param candidates identifiers; empty for all
 * @param candidateFiles further definitions of candidates
 * @param reports files to make a report of; if there are any, nothing is measured
 * @param out where the report goes: the beginning of file names
 */
record Options(
    Set<Traffic> traffic,
    List<String> candidates,
    List<Path> candidateFiles,
    int rounds,
    int seconds,
    int warmUpSeconds,
    int coldRuns,
    int waitQuietSeconds,
    boolean mayFetch,
    Path json,
    List<Path> reports,
    Path out) {

  static final String USAGE =
      """
      usage: benchmarks/tunnel [options]                     measure, as root
             benchmarks/tunnel --report FILE... --out PREFIX  Markdown and SVG of 1 or more results

        --only LIST            kinds of traffic: %s
        --candidates LIST      rows, by identifier (default: all there are on this machine)
        --candidate-file FILE  further rows, in the form of candidates.json
        --rounds N             rounds (5)
        --seconds N            length of a slice (2)
        --warm-up N            seconds of traffic through each tunnel before the first round (10)
        --cold-runs N          cold starts of each candidate (3)
        --wait-quiet SECONDS   wait up to so long before a round for a quiet machine (0)
        --no-fetch             do not look for a newer wireguard-go
        --json FILE            where the samples go (tunnel-benchmark.json)
        --report FILE...       results to report on
        --out PREFIX           beginning of the report's file names (docs/performance-tunnel)
      """;

  static Options parse(String... arguments) {
    Set<Traffic> traffic = EnumSet.allOf(Traffic.class);
    List<String> candidates = new ArrayList<>();
    List<Path> candidateFiles = new ArrayList<>();
    List<Path> reports = new ArrayList<>();
    int rounds = 5;
    int seconds = 2;
    int warmUp = 10;
    int coldRuns = 3;
    int waitQuiet = 0;
    boolean mayFetch = true;
    Path json = Path.of("tunnel-benchmark.json");
    Path out = Path.of("docs/performance-tunnel");
    List<String> words = new ArrayList<>(Arrays.asList(arguments));
    while (!words.isEmpty()) {
      String name = words.removeFirst();
      switch (name) {
        case "--only" -> {
          traffic = EnumSet.noneOf(Traffic.class);
          for (String id : value(name, words).split(",", -1)) {
            traffic.add(Traffic.of(id));
          }
        }
        case "--candidates" -> candidates.addAll(List.of(value(name, words).split(",", -1)));
        case "--candidate-file" -> candidateFiles.add(Path.of(value(name, words)));
        case "--rounds" -> rounds = number(name, words);
        case "--seconds" -> seconds = Math.max(1, number(name, words));
        case "--warm-up" -> warmUp = number(name, words);
        case "--cold-runs" -> coldRuns = number(name, words);
        case "--wait-quiet" -> waitQuiet = number(name, words);
        case "--no-fetch" -> mayFetch = false;
        case "--json" -> json = Path.of(value(name, words));
        case "--out" -> out = Path.of(value(name, words));
        case "--report" -> {
          reports.add(Path.of(value(name, words)));
          while (!words.isEmpty() && !words.getFirst().startsWith("--")) {
            reports.add(Path.of(words.removeFirst()));
          }
        }
        default -> throw new BenchmarkException("unknown option " + name + "\n" + usage());
      }
    }
    return new Options(
        traffic,
        candidates,
        candidateFiles,
        rounds,
        seconds,
        warmUp,
        coldRuns,
        waitQuiet,
        mayFetch,
        json,
        reports,
        out);
  }

  static String usage() {
    return String.format(Locale.ROOT, USAGE, Traffic.names());
  }

  /** Where downloads stay from run to run. */
  static Path cache() {
    return Optional.ofNullable(System.getenv("WEFT_BENCH_CACHE"))
        .map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home", "."), ".cache/weft/benchmarks"));
  }

  private static String value(String name, List<String> words) {
    if (words.isEmpty()) {
      throw new BenchmarkException(name + " needs a value");
    }
    return words.removeFirst();
  }

  private static int number(String name, List<String> words) {
    String value = value(name, words);
    try {
      return Integer.parseUnsignedInt(value);
    } catch (NumberFormatException e) {
      throw new BenchmarkException(name + " needs a number, not " + value, e);
    }
  }
}
