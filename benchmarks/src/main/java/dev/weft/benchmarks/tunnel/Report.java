// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Markdown and pictures of some files of results. */
final class Report {

  private static final String NONE = "–";

  private final RunSet runs;
  private final List<Measured.Row> rows;
  private final StringBuilder text = new StringBuilder();

  private Report(RunSet runs) {
    this.runs = runs;
    this.rows = runs.runs().getFirst().rows();
  }

  /**
   * Writes PREFIX.md, PREFIX-ratios.svg and PREFIX-cold.svg.
   *
   * @param out the prefix
   */
  static void write(List<Path> files, Path out) {
    RunSet runs = new RunSet(files.stream().map(Measured::read).toList());
    Report report = new Report(runs);
    Path absolute = out.toAbsolutePath();
    String name = String.valueOf(absolute.getFileName());
    try {
      Path parent = absolute.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(Path.of(absolute + ".md"), report.markdown(name));
      Files.writeString(
          Path.of(absolute + "-ratios.svg"), Plots.ratios(report.measuredRows(), runs));
      Files.writeString(Path.of(absolute + "-cold.svg"), Plots.cold(report.measuredRows(), runs));
    } catch (IOException e) {
      throw new BenchmarkException("cannot write " + out + "….", e);
    }
    Progress.say("wrote " + out + ".md, " + out + "-ratios.svg and " + out + "-cold.svg");
  }

  private List<Measured.Row> measuredRows() {
    return rows.stream().filter(Measured.Row::isMeasured).toList();
  }

  private String markdown(String name) {
    Measured first = runs.runs().getFirst();
    line("# Userspace WireGuard programs on one machine");
    line("");
    machine(first);
    targets(first);
    throughput(first, name);
    cpu();
    pings();
    cold(name);
    unmeasured();
    return text.toString();
  }

  private void machine(Measured first) {
    line(
        String.format(
            Locale.ROOT,
            "Machine: %s cores of %s, %s GiB; %s, Linux %s. JDK: %s. %s.",
            first.machine("cores"),
            first.machine("cpu"),
            first.machine("memoryGib"),
            first.machine("system"),
            first.machine("kernel"),
            first.machine("java"),
            first.machine("iperf3")));
    line("");
    line(
        String.format(
            Locale.ROOT,
            "All tunnels were up at once in the same two network namespaces, joined by a veth pair;"
                + " MTU 1,420 in the tunnels, 1,500 outside. Slices of %d s took turns, in an order"
                + " that rotated; ours were warmed up with %d s of traffic each. A figure is the median"
                + " (least–greatest round)%s. Ratios are against %s in the same round.",
            first.seconds(),
            first.warmUpSeconds(),
            runs.runs().size() > 1 ? ", of several runs the median of their medians" : "",
            label(first.reference())));
    line("");
    table("Run", "Started", "Rounds", "Of these quiet", "Load before rounds");
    int number = 0;
    for (Measured run : runs.runs()) {
      cells(
          Integer.toString(++number),
          run.started(),
          Integer.toString(run.rounds()),
          Integer.toString(run.quietRounds()),
          text(run.load(), 1));
    }
    line("");
    table("Row", "Program", "JVM flags", "Cipher it named", "Failed slices");
    for (Measured.Row row : rows) {
      if (row.isMeasured()) {
        cells(
            row.label() + " (`" + row.id() + "`)",
            row.version(),
            row.jvmFlags(),
            row.aead(),
            Integer.toString(runs.runs().stream().mapToInt(run -> run.failures(row.id())).sum()));
      }
    }
    line("");
  }

  private void targets(Measured first) {
    List<String> ours =
        measuredRows().stream().filter(Measured.Row::isWeft).map(Measured.Row::id).toList();
    line("## Targets");
    line("");
    line(
        String.format(
            Locale.ROOT,
            "Multiples of the figure of %s, unless said otherwise. Where several rows count, a run's"
                + " figure is that of its best or lowest row, and the median that of the row whose"
                + " median of all runs is best or lowest.",
            label(first.reference())));
    line("");
    List<String> head = new ArrayList<>(List.of("Figure", "Must", "Goal"));
    for (int i = 1; i <= runs.runs().size(); i++) {
      head.add("Run " + i);
    }
    head.addAll(List.of("Median", "Result"));
    table(head.toArray(String[]::new));
    for (Target target : Target.all()) {
      List<Optional<Double>> each = runs.each(run -> target.of(List.of(run), ours));
      Optional<Double> median = target.of(runs.runs(), ours);
      String sign = target.isAtMost() ? "≤ " : "≥ ";
      List<String> cells =
          new ArrayList<>(
              List.of(target.name(), sign + number(target.must()), sign + number(target.goal())));
      each.forEach(one -> cells.add(one.map(Report::number).orElse(NONE)));
      cells.add(median.map(Report::number).orElse(NONE));
      cells.add(median.map(value -> verdict(target, value)).orElse("not measured"));
      cells(cells.toArray(String[]::new));
    }
    line("");
  }

  private static String verdict(Target target, double value) {
    if (target.isMet(value, target.goal())) {
      return "goal met";
    }
    return target.isMet(value, target.must()) ? "met" : "**missed**";
  }

  private void throughput(Measured first, String name) {
    line("## Throughput");
    line("");
    line(
        String.format(
            Locale.ROOT,
            "As a multiple of that of %s; what arrived counts.",
            label(first.reference())));
    line("");
    line(
        String.format(
            Locale.ROOT, "![Throughput as a multiple of wireguard-go's](%s-ratios.svg)", name));
    line("");
    byTraffic(traffic -> row -> run -> run.ratio(traffic, row.id(), "gbit"));
    line("In Gbit/s:");
    line("");
    byTraffic(traffic -> row -> run -> run.values(traffic, row.id(), "gbit"));
  }

  private void byTraffic(
      Function<Traffic, Function<Measured.Row, Function<Measured, Optional<Spread>>>> figure) {
    List<Traffic> kinds =
        Stream.of(Traffic.values())
            .filter(Traffic::isBulk)
            .filter(
                kind ->
                    rows.stream()
                        .anyMatch(row -> runs.overall(figure.apply(kind).apply(row)).isPresent()))
            .toList();
    List<String> head = new ArrayList<>(List.of("Row"));
    kinds.forEach(kind -> head.add(kind.title()));
    table(head.toArray(String[]::new));
    for (Measured.Row row : measuredRows()) {
      List<String> cells = new ArrayList<>(List.of(row.label()));
      kinds.forEach(kind -> cells.add(text(runs.overall(figure.apply(kind).apply(row)), 2)));
      cells(cells.toArray(String[]::new));
    }
    line("");
  }

  private void cpu() {
    line("## CPU and memory");
    line("");
    line(
        "Seconds of CPU for a GB that arrived: of the tunnel's two processes, and of the whole"
            + " machine, which includes iperf3 and the kernel. Resident memory of both processes"
            + " together, with TCP.");
    line("");
    table("Row", "Tunnel, TCP", "Ratio", "Machine, TCP", "Tunnel, UDP 1,372", "Ratio", "MiB");
    for (Measured.Row row : measuredRows()) {
      boolean isTunnel = !row.group().equals(Candidate.LIMIT);
      String id = row.id();
      cells(
          row.label(),
          isTunnel ? figure(run -> run.cpuPerGb(Traffic.TCP, id, "tunnelCpuSeconds")) : NONE,
          isTunnel ? figure(run -> run.cpuRatio(Traffic.TCP, id)) : NONE,
          figure(run -> run.cpuPerGb(Traffic.TCP, id, "machineCpuSeconds")),
          isTunnel ? figure(run -> run.cpuPerGb(Traffic.UDP_1372, id, "tunnelCpuSeconds")) : NONE,
          isTunnel ? figure(run -> run.cpuRatio(Traffic.UDP_1372, id)) : NONE,
          isTunnel
              ? text(runs.overall(run -> run.values(Traffic.TCP, id, "residentMib")), 0)
              : NONE);
    }
    line("");
  }

  private void pings() {
    line("## Latency");
    line("");
    line("Round-trip times in µs, 500 echo requests a second, idle and under one stream of TCP.");
    line("");
    table("Row", "p50", "p90", "p99", "p50 loaded", "p90 loaded", "p99 loaded");
    for (Measured.Row row : measuredRows()) {
      List<String> cells = new ArrayList<>(List.of(row.label()));
      for (Traffic traffic : List.of(Traffic.PING_IDLE, Traffic.PING_LOADED)) {
        for (String field : List.of("p50Micros", "p90Micros", "p99Micros")) {
          cells.add(text(runs.overall(run -> run.values(traffic, row.id(), field)), 0));
        }
      }
      cells(cells.toArray(String[]::new));
    }
    line("");
  }

  private void cold(String name) {
    line("## Cold start");
    line("");
    line(
        "Gbit/s of one TCP stream in each half second, from the moment that two fresh processes are"
            + " configured; no other tunnel is up.");
    line("");
    line(
        String.format(
            Locale.ROOT,
            "![Throughput in each half second after a cold start](%s-cold.svg)",
            name));
    line("");
    int points = rows.stream().mapToInt(row -> runs.cold(row.id()).size()).max().orElse(0);
    List<String> head = new ArrayList<>(List.of("Row"));
    for (int i = 1; i <= points; i++) {
      head.add(String.format(Locale.ROOT, "%.1f s", i / 2.0));
    }
    table(head.toArray(String[]::new));
    for (Measured.Row row : measuredRows()) {
      List<Double> values = runs.cold(row.id());
      if (!values.isEmpty()) {
        List<String> cells = new ArrayList<>(List.of(row.label()));
        values.forEach(value -> cells.add(number(value)));
        cells.addAll(Collections.nCopies(points - values.size(), NONE));
        cells(cells.toArray(String[]::new));
      }
    }
    line("");
  }

  private void unmeasured() {
    line("## Not measured");
    line("");
    for (Measured.Row row : rows) {
      if (!row.isMeasured()) {
        line(
            String.format(
                Locale.ROOT,
                "* %s: %s",
                row.label(),
                row.failure().lines().findFirst().orElse("failed")));
      }
    }
    line("* The kernel's WireGuard, which has no user space to compare.");
    line("* Other machines, network cards and real links: the link is a veth pair on one machine.");
    line("* More than one peer, and more than one flow between several machines.");
  }

  private String figure(Function<Measured, Optional<Spread>> figure) {
    return text(runs.overall(figure), 2);
  }

  private String label(String id) {
    return rows.stream()
        .filter(row -> row.id().equals(id))
        .map(Measured.Row::label)
        .findFirst()
        .orElse(id);
  }

  private static String text(Optional<Spread> spread, int decimals) {
    return spread.map(one -> one.format(decimals)).orElse(NONE);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private void table(String... head) {
    cells(head);
    List<String> rules = new ArrayList<>(List.of("---"));
    rules.addAll(Collections.nCopies(head.length - 1, "---:"));
    cells(rules.toArray(String[]::new));
  }

  private void cells(String... cells) {
    line(String.format(Locale.ROOT, "| %s |", String.join(" | ", cells)));
  }

  private void line(String words) {
    text.append(words).append('\n');
  }
}
