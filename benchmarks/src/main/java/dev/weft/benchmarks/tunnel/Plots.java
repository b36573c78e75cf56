// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The pictures of a report. */
final class Plots {

  private static final double WIDTH = 820;
  private static final double LABELS = 260;
  private static final double BAR = 14;
  private static final double ROW = 20;
  private static final double HEAD = 30;
  private static final double PLOT_HEIGHT = 300;
  private static final double LEFT = 50;
  private static final double LEGEND_ROW = 18;

  private Plots() {}

  /** A bar of a panel; whiskers reach from the least to the greatest. */
  record Bar(String label, int colour, Spread spread) {}

  /** Bars under one title. */
  record Panel(String title, List<Bar> bars) {}

  /** A curve with a point for each half second. */
  record Curve(String label, int colour, List<Double> values) {}

  /** Horizontal bars, with a line at 1. */
  static String bars(List<Panel> panels, String description) {
    double greatest =
        panels.stream()
            .flatMap(panel -> panel.bars().stream())
            .mapToDouble(bar -> bar.spread().greatest())
            .max()
            .orElse(1);
    double scale = (WIDTH - LABELS - 60) / Math.max(1, greatest);
    Svg svg = new Svg();
    double y = 0;
    for (Panel panel : panels) {
      svg.title(8, y + 18, panel.title());
      double top = y + HEAD - 4;
      y += HEAD;
      for (Bar bar : panel.bars()) {
        Spread spread = bar.spread();
        double middle = y + BAR / 2;
        svg.text(LABELS - 8, y + BAR - 3, "end", bar.label());
        svg.bar(LABELS, y, spread.median() * scale, BAR, Svg.colour(bar.colour()));
        svg.line(
            LABELS + spread.least() * scale,
            middle,
            LABELS + spread.greatest() * scale,
            middle,
            "whisker");
        svg.text(
            LABELS + spread.greatest() * scale + 6,
            y + BAR - 3,
            "start",
            String.format(Locale.ROOT, "%.2f", spread.median()));
        y += ROW;
      }
      svg.line(LABELS + scale, top, LABELS + scale, y, "axis");
      y += 6;
    }
    return svg.finish(WIDTH, y + 4, description);
  }

  /** Gbit/s over time. */
  static String curves(List<Curve> curves, String description) {
    double greatest =
        curves.stream()
            .flatMap(curve -> curve.values().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(1);
    int points = curves.stream().mapToInt(curve -> curve.values().size()).max().orElse(1);
    double bottom = PLOT_HEIGHT - 30;
    double xScale = (WIDTH - LEFT - 20) / Math.max(1, points);
    double yScale = (bottom - 20) / Math.max(0.1, greatest);
    Svg svg = new Svg();
    for (int gbit = 0; gbit <= greatest; gbit++) {
      svg.line(LEFT, bottom - gbit * yScale, WIDTH - 20, bottom - gbit * yScale, "axis");
      svg.text(LEFT - 6, bottom - gbit * yScale + 4, "end", Integer.toString(gbit));
    }
    svg.text(LEFT - 6, 12, "end", "Gbit/s");
    for (int i = 1; i * 2 <= points; i++) {
      svg.text(LEFT + 2 * i * xScale, bottom + 18, "middle", i + " s");
    }
    double y = PLOT_HEIGHT + 6;
    for (Curve curve : curves) {
      StringBuilder path = new StringBuilder();
      for (int i = 0; i < curve.values().size(); i++) {
        path.append(
            String.format(
                Locale.ROOT,
                "%.1f,%.1f ",
                LEFT + (i + 1) * xScale,
                bottom - curve.values().get(i) * yScale));
      }
      svg.curve(path.toString(), Svg.colour(curve.colour()));
      svg.bar(LEFT, y, 20, 4, Svg.colour(curve.colour()));
      svg.text(LEFT + 28, y + 7, "start", curve.label());
      y += LEGEND_ROW;
    }
    return svg.finish(WIDTH, y + 4, description);
  }

  /** The ratios of each kind of traffic; the kernel's limit would dwarf them, and is left out. */
  static String ratios(List<Measured.Row> rows, RunSet runs) {
    List<Panel> panels = new ArrayList<>();
    for (Traffic traffic : Traffic.values()) {
      if (!traffic.isBulk()) {
        continue;
      }
      List<Bar> bars = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        Measured.Row row = rows.get(i);
        Optional<Spread> spread = runs.overall(run -> run.ratio(traffic, row.id(), "gbit"));
        if (spread.isPresent() && !row.group().equals(Candidate.LIMIT)) {
          bars.add(new Bar(row.label(), i, spread.get()));
        }
      }
      if (!bars.isEmpty()) {
        panels.add(new Panel(traffic.title(), bars));
      }
    }
    return bars(panels, "Throughput as a multiple of wireguard-go's");
  }

  /** Throughput after a cold start. */
  static String cold(List<Measured.Row> rows, RunSet runs) {
    List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      List<Double> values = runs.cold(rows.get(i).id());
      if (!values.isEmpty()) {
        curves.add(new Curve(rows.get(i).label(), i, values));
      }
    }
    return curves(curves, "Throughput in each half second after a cold start");
  }
}
