// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The program: measures, or makes a report of what was measured. */
public final class TunnelBenchmark {

  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private TunnelBenchmark() {}

  /** Does what the options ask for. */
  public static void main(String[] arguments) {
    if (List.of(arguments).contains("--help")) {
      System.out.print(Options.usage());
      return;
    }
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (BenchmarkException e) {
      System.err.println(e.getMessage());
      System.exit(USAGE);
      return;
    }
    try {
      if (options.reports().isEmpty()) {
        measure(options);
      } else {
        Report.write(options.reports(), options.out());
      }
    } catch (BenchmarkException e) {
      System.err.println("benchmarks/tunnel: " + e.getMessage());
      System.exit(FAILED);
    }
  }

  private static void measure(Options options) {
    Programs.requireTools();
    try (Testbed testbed = new Testbed()) {
      // Also at SIGINT and SIGTERM, while the main thread is still at work.
      Runtime.getRuntime().addShutdownHook(new Thread(testbed::close, "clean-up"));
      Programs programs = new Programs(testbed.children());
      programs.find(options.mayFetch());
      List<Candidate> candidates = candidates(options);
      testbed.open();
      new Comparison(options, testbed, programs, new Results(options, programs)).run(candidates);
      Progress.say("wrote " + options.json());
    }
  }

  private static List<Candidate> candidates(Options options) {
    List<Candidate> all = new ArrayList<>(Candidate.builtIn());
    options.candidateFiles().forEach(file -> all.addAll(Candidate.read(file)));
    if (options.candidates().isEmpty()) {
      return all;
    }
    List<Candidate> chosen =
        all.stream().filter(one -> options.candidates().contains(one.id())).toList();
    if (chosen.size() != options.candidates().size()) {
      throw new BenchmarkException(
          "candidates are " + all.stream().map(Candidate::id).collect(Collectors.joining(",")));
    }
    return chosen;
  }
}
