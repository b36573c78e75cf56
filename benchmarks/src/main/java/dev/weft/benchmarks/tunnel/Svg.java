// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Locale;

/** A picture being written: a few shapes, legible on a light page and on a dark one. */
final class Svg {

  private static final String STYLE =
      """
      <style>
        text { font: 12px system-ui, sans-serif; fill: #24292f; }
        .title { font-weight: 600; }
        .axis { stroke: #8c959f; stroke-width: 1; fill: none; }
        .whisker { stroke: #24292f; stroke-width: 1.5; }
        .s0 { fill: #0969da; stroke: #0969da; } .s1 { fill: #8c959f; stroke: #8c959f; }
        .s2 { fill: #bf8700; stroke: #bf8700; } .s3 { fill: #1a7f37; stroke: #1a7f37; }
        .s4 { fill: #8250df; stroke: #8250df; } .s5 { fill: #cf222e; stroke: #cf222e; }
        .s6 { fill: #1b7c83; stroke: #1b7c83; } .s7 { fill: #bc4c00; stroke: #bc4c00; }
        .line { fill: none; stroke-width: 2; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3; }
          .whisker { stroke: #e6edf3; }
          .s0 { fill: #4493f8; stroke: #4493f8; } .s3 { fill: #3fb950; stroke: #3fb950; }
          .s4 { fill: #ab7df8; stroke: #ab7df8; } .s5 { fill: #f85149; stroke: #f85149; }
          .s6 { fill: #39c5cf; stroke: #39c5cf; } .s7 { fill: #f0883e; stroke: #f0883e; }
        }
      </style>
      """;

  private static final int COLOURS = 8;

  private final StringBuilder shapes = new StringBuilder();

  /** The class of a series' colour. */
  static String colour(int series) {
    return "s" + Math.floorMod(series, COLOURS);
  }

  void text(double x, double y, String anchor, String words) {
    add(
        String.format(
            Locale.ROOT,
            "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>",
            x,
            y,
            anchor,
            escape(words)));
  }

  void title(double x, double y, String words) {
    add(
        String.format(
            Locale.ROOT, "<text class='title' x='%.1f' y='%.1f'>%s</text>", x, y, escape(words)));
  }

  void bar(double x, double y, double width, double height, String colour) {
    add(
        String.format(
            Locale.ROOT,
            "<rect class='%s' x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>",
            colour,
            x,
            y,
            Math.max(0, width),
            height));
  }

  void line(double x1, double y1, double x2, double y2, String style) {
    add(
        String.format(
            Locale.ROOT,
            "<line class='%s' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>",
            style,
            x1,
            y1,
            x2,
            y2));
  }

  /**
   * @param points pairs of coordinates, as SVG writes them
   */
  void curve(String points, String colour) {
    // As an element's own style, since the colour's class fills.
    add(
        String.format(
            Locale.ROOT,
            "<polyline class='%s line' style='fill:none' points='%s'/>",
            colour,
            points.strip()));
  }

  String finish(double width, double height, String description) {
    return String.format(
            Locale.ROOT,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f'"
                + " height='%.0f' role='img' aria-label='%s'>\n",
            width,
            height,
            width,
            height,
            escape(description))
        + STYLE
        + shapes
        + "</svg>\n";
  }

  private void add(String shape) {
    shapes.append(shape).append('\n');
  }

  private static String escape(String words) {
    return words
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;");
  }
}
