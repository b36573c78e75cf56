// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** The median of some numbers, and the least and the greatest. */
record Spread(double median, double least, double greatest) {

  /** Of no numbers there is none. */
  static Optional<Spread> of(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      return Optional.empty();
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return Optional.of(new Spread(median, sorted[0], sorted[sorted.length - 1]));
  }

  String format(int decimals) {
    String one = "%." + decimals + "f";
    return String.format(Locale.ROOT, one + " (" + one + "–" + one + ")", median, least, greatest);
  }
}
