// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Round-trip times in microseconds.
 *
 * @param lost echo requests without a reply
 */
record PingTimes(double p50, double p90, double p99, int count, int lost) {

  private static final Pattern TIME = Pattern.compile("time=([0-9.]+) ms");
  private static final String INTERVAL = "0.002";
  private static final int PER_SECOND = 500;

  /** A thousand echo requests, 500 a second, take so long. */
  static final int SECONDS = 2;

  static PingTimes measure(Testbed testbed, Link link) {
    int count = SECONDS * PER_SECOND;
    Children.Output output =
        testbed
            .children()
            .attempt(
                Duration.ofSeconds(SECONDS * 5L),
                testbed.inside(
                    Testbed.Side.CLIENT,
                    List.of(
                        "ping",
                        "-n",
                        "-i",
                        INTERVAL,
                        "-c",
                        Integer.toString(count),
                        "-w",
                        Integer.toString(SECONDS * 2),
                        link.address(Testbed.Side.SERVER, false))));
    double[] micros =
        TIME.matcher(output.text())
            .results()
            .mapToDouble(match -> Double.parseDouble(match.group(1)) * 1000)
            .sorted()
            .toArray();
    if (micros.length == 0) {
      throw new BenchmarkException("no reply to ping: " + output.errors().strip());
    }
    return new PingTimes(
        at(micros, 0.50),
        at(micros, 0.90),
        at(micros, 0.99),
        micros.length,
        Math.max(0, count - micros.length));
  }

  /** Whether a packet goes through and back within some seconds; it may need a handshake. */
  static void check(Testbed testbed, Link link, boolean isIpv6) {
    Children.Output output =
        testbed
            .children()
            .attempt(
                Duration.ofSeconds(15),
                testbed.inside(
                    Testbed.Side.CLIENT,
                    List.of(
                        "ping",
                        "-n",
                        "-c",
                        "1",
                        "-w",
                        "10",
                        link.address(Testbed.Side.SERVER, isIpv6))));
    if (output.exit() != 0) {
      throw new BenchmarkException("no packet goes through" + (isIpv6 ? " (IPv6)" : ""));
    }
  }

  private static double at(double[] sorted, double share) {
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
