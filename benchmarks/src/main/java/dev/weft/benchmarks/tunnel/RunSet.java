// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Some files of results of the same comparison; a figure of them all is the median of each's. */
record RunSet(List<Measured> runs) {

  RunSet {
    runs = List.copyOf(runs);
  }

  /** The median of the runs' medians, and the least and the greatest of all rounds. */
  Optional<Spread> overall(Function<Measured, Optional<Spread>> figure) {
    List<Spread> spreads = runs.stream().flatMap(run -> figure.apply(run).stream()).toList();
    return Spread.of(spreads.stream().map(Spread::median).toList())
        .map(
            medians ->
                new Spread(
                    medians.median(),
                    spreads.stream().mapToDouble(Spread::least).min().orElse(0),
                    spreads.stream().mapToDouble(Spread::greatest).max().orElse(0)));
  }

  /** Each run's figure; a run without it has none. */
  List<Optional<Double>> each(Function<Measured, Optional<Double>> figure) {
    return runs.stream().map(figure).toList();
  }

  /** Gbit/s of each half second after a cold start. */
  List<Double> cold(String candidate) {
    List<List<Double>> all =
        runs.stream().map(run -> run.cold(candidate)).filter(one -> !one.isEmpty()).toList();
    int count = all.stream().mapToInt(List::size).min().orElse(0);
    List<Double> medians = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int halfSecond = i;
      Spread.of(all.stream().map(run -> run.get(halfSecond)).toList())
          .ifPresent(spread -> medians.add(spread.median()));
    }
    return medians;
  }
}
