// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs iperf3 through a link: a server for each slice, so that none is busy with an earlier one.
 */
final class Iperf {

  private static final String PORT = "5201";
  private static final Duration BEYOND_THE_SLICE = Duration.ofSeconds(20);
  private static final double HALF_SECOND = 0.5;

  private final Testbed testbed;
  private final ObjectMapper json = new ObjectMapper();

  Iperf(Testbed testbed) {
    this.testbed = testbed;
  }

  /**
   * What arrived.
   *
   * @param octets of payload, in both directions together
   * @param lostPercent of datagrams; 0 with TCP
   * @param gbitPerHalfSecond what arrived in each half second, if that was asked for
   */
  record Received(
      double gbit,
      double octets,
      double lostPercent,
      long retransmits,
      List<Double> gbitPerHalfSecond) {}

  /** Sends for some seconds and says what the other side received. */
  Received run(Link link, int seconds, boolean isIpv6, List<String> arguments) {
    try (Running running = start(link, seconds, isIpv6, arguments)) {
      return running.await();
    }
  }

  /** Starts to send, and returns at once. */
  Running start(Link link, int seconds, boolean isIpv6, List<String> arguments) {
    String server = link.address(Testbed.Side.SERVER, isIpv6);
    Process serverProcess =
        testbed
            .children()
            .startAndAwait(
                testbed.inside(
                    Testbed.Side.SERVER,
                    List.of("iperf3", "-s", "-1", "--forceflush", "-B", server, "-p", PORT)),
                "Server listening");
    List<String> command =
        new ArrayList<>(
            List.of(
                "iperf3",
                "-c",
                server,
                "-p",
                PORT,
                "-t",
                Integer.toString(seconds),
                "--connect-timeout",
                "8000",
                "--json"));
    command.addAll(arguments);
    Path out = testbed.file("iperf3.json");
    try {
      Files.deleteIfExists(out);
    } catch (IOException e) {
      throw new BenchmarkException("cannot remove " + out, e);
    }
    Process client =
        testbed
            .children()
            .start(
                testbed.inside(Testbed.Side.CLIENT, command),
                Map.of(),
                out,
                testbed.file("iperf3.warnings"));
    return new Running(serverProcess, client, out, seconds);
  }

  /** iperf3 at work. */
  final class Running implements AutoCloseable {

    private final Process server;
    private final Process client;
    private final Path out;
    private final int seconds;

    private Running(Process server, Process client, Path out, int seconds) {
      this.server = server;
      this.client = client;
      this.out = out;
      this.seconds = seconds;
    }

    /** Waits for the end. */
    Received await() {
      try {
        Duration limit = BEYOND_THE_SLICE.plusSeconds(seconds);
        if (!client.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new BenchmarkException("iperf3 did not end");
        }
        return parse(json.readTree(Files.readString(out)));
      } catch (JsonProcessingException e) {
        throw new BenchmarkException("iperf3 printed no JSON", e);
      } catch (IOException e) {
        throw new BenchmarkException("cannot read " + out, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BenchmarkException("interrupted", e);
      }
    }

    @Override
    public void close() {
      testbed.children().end(client);
      testbed.children().end(server);
    }
  }

  private static Received parse(JsonNode result) {
    if (result.has("error")) {
      throw new BenchmarkException("iperf3: " + result.path("error").asText());
    }
    JsonNode end = result.path("end");
    JsonNode received = end.path("sum_received");
    JsonNode reverse = end.path("sum_received_bidir_reverse");
    if (!received.has("bits_per_second")) {
      throw new BenchmarkException("iperf3 did not say what was received");
    }
    List<Double> halfSeconds = new ArrayList<>();
    for (JsonNode interval : result.path("intervals")) {
      // The last may be a sliver of what was on its way when the time was over.
      if (interval.path("sum").path("seconds").asDouble() > HALF_SECOND / 2) {
        halfSeconds.add(interval.path("sum").path("bits_per_second").asDouble() / 1e9);
      }
    }
    return new Received(
        (received.path("bits_per_second").asDouble() + reverse.path("bits_per_second").asDouble())
            / 1e9,
        received.path("bytes").asDouble() + reverse.path("bytes").asDouble(),
        received.path("lost_percent").asDouble(),
        end.path("sum_sent").path("retransmits").asLong(),
        halfSeconds);
  }
}
