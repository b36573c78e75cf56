// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.net.InetAddress;
import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the system's {@code ping} found.
 *
 * @param sent echo requests
 * @param answered how many were answered
 * @param times the shortest, mean and longest round trip; empty if there are none
 */
record KernelPing(int sent, int answered, String times) implements Echoes {

  /** How long each echo request waits for its answer. */
  private static final int WAIT_SECONDS = 5;

  /**
   * One process an echo: behind the last of several requests ping waits only twice the longest
   * round trip so far, and on a busy machine a late answer would be told as none.
   */
  private static final String EACH =
      "i=0; while [ $i -lt \"$1\" ]; do ping -n -q -c 1 -W \"$2\" \"$3\"; i=$((i + 1)); done";

  private static final Pattern COUNTS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) (?:packets )?received");
  private static final Pattern TIMES = Pattern.compile("min/avg/max(?:/mdev)? = ([\\d.]+)/");

  /** Pings from a node's namespace. */
  static KernelPing measure(Namespaces namespaces, int from, InetAddress to, int count)
      throws InterruptedException {
    SystemCommand.Result result =
        SystemCommand.run(
            Duration.ofSeconds(10 + (1L + WAIT_SECONDS) * count),
            namespaces.inside(from, command(to, count)));
    KernelPing ping = parse(result.output());
    if (ping.sent() != count) {
      throw new Failure(Examples.FAILED, "ping failed: " + result.output().strip());
    }
    return ping;
  }

  /** The command that sends so many echo requests, one after the other. */
  static List<String> command(InetAddress to, int count) {
    return List.of(
        "sh",
        "-c",
        EACH,
        "ping",
        Integer.toString(count),
        Integer.toString(WAIT_SECONDS),
        to.getHostAddress());
  }

  /** Adds up the last lines of all pings. */
  static KernelPing parse(String output) {
    int sent = 0;
    int answered = 0;
    Matcher counts = COUNTS.matcher(output);
    while (counts.find()) {
      sent += Integer.parseInt(counts.group(1));
      answered += Integer.parseInt(counts.group(2));
    }
    if (sent == 0) {
      throw new Failure(Examples.FAILED, "ping failed: " + output.strip());
    }
    DoubleSummaryStatistics times =
        TIMES
            .matcher(output)
            .results()
            .mapToDouble(time -> Double.parseDouble(time.group(1)))
            .summaryStatistics();
    return new KernelPing(
        sent,
        answered,
        times.getCount() == 0
            ? ""
            : String.format(
                Locale.ROOT, "%.3f/%.3f/%.3f", times.getMin(), times.getAverage(), times.getMax()));
  }

  @Override
  public String toString() {
    return answered
        + " of "
        + sent
        + " answered"
        + (times.isEmpty() ? "" : ", rtt min/avg/max " + times + " ms");
  }
}
