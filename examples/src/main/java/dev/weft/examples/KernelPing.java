// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the system's {@code ping} found.
 *
 * @param sent echo requests
 * @param answered how many were answered
 * @param times its summary of round-trip times; empty if there are none
 */
record KernelPing(int sent, int answered, String times) {

  private static final Pattern COUNTS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) (?:packets )?received");
  private static final Pattern TIMES =
      Pattern.compile("min/avg/max(?:/mdev)? = ([\\d.]+)/([\\d.]+)/([\\d.]+)");

  /** Pings from a node's namespace. */
  static KernelPing measure(Namespaces namespaces, int from, InetAddress to, int count)
      throws InterruptedException {
    SystemCommand.Result result =
        SystemCommand.run(
            Duration.ofSeconds(10 + 2L * count),
            namespaces.inside(
                from,
                List.of(
                    "ping",
                    "-n",
                    "-q",
                    "-c",
                    Integer.toString(count),
                    "-i",
                    "0.02",
                    "-W",
                    "2",
                    to.getHostAddress())));
    return parse(result.output());
  }

  /** Reads the last lines of ping. */
  static KernelPing parse(String output) {
    Matcher counts = COUNTS.matcher(output);
    if (!counts.find()) {
      throw new Failure(Examples.FAILED, "ping failed: " + output.strip());
    }
    Matcher times = TIMES.matcher(output);
    return new KernelPing(
        Integer.parseInt(counts.group(1)),
        Integer.parseInt(counts.group(2)),
        times.find() ? String.join("/", times.group(1), times.group(2), times.group(3)) : "");
  }

  boolean allAnswered() {
    return answered == sent;
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
