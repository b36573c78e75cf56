// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.PingException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.concurrent.CompletionException;

/**
 * The outcome of a series of echo requests.
 *
 * @param sent requests
 * @param times round-trip times of those that were answered
 */
record RoundTrips(int sent, List<Duration> times) implements Echoes {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  RoundTrips {
    times = List.copyOf(times);
  }

  /** Sends echo requests one after the other. */
  static RoundTrips measure(Overlay from, InetAddress to, int count) {
    List<Duration> times = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try {
        times.add(from.ping(to, TIMEOUT).toCompletableFuture().join());
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof PingException)) {
          throw e;
        }
      }
    }
    return new RoundTrips(count, times);
  }

  @Override
  public int answered() {
    return times.size();
  }

  @Override
  public String toString() {
    LongSummaryStatistics micros =
        times.stream().mapToLong(time -> time.toNanos() / 1_000).summaryStatistics();
    return times.isEmpty()
        ? "0 of " + sent + " answered"
        : String.format(
            Locale.ROOT,
            "%d of %d answered, rtt min/avg/max %d/%.0f/%d µs",
            times.size(),
            sent,
            micros.getMin(),
            micros.getAverage(),
            micros.getMax());
  }
}
