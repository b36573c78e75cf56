// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The measurement: all candidates' links at once, and traffic through them in turn. */
final class Comparison {

  private static final double QUIET_IDLE_SHARE = 0.9;
  private static final Duration QUIET_CHECK = Duration.ofSeconds(1);
  private static final Duration BEFORE_PING = Duration.ofMillis(600);
  private static final int COLD_SECONDS = 6;
  private static final int FIRST_COLD_NUMBER = 100;

  private final Options options;
  private final Testbed testbed;
  private final Programs programs;
  private final Results results;
  private final Iperf iperf;
  private final Map<Candidate, String> failures = new LinkedHashMap<>();
  private final Map<Candidate, String> aeads = new LinkedHashMap<>();
  private final List<Link> links = new ArrayList<>();
  private Progress progress = new Progress(1);

  Comparison(Options options, Testbed testbed, Programs programs, Results results) {
    this.options = options;
    this.testbed = testbed;
    this.programs = programs;
    this.results = results;
    this.iperf = new Iperf(testbed);
  }

  /** Measures everything that was asked for, and leaves out candidates that fail. */
  void run(List<Candidate> candidates) {
    List<Traffic> kinds =
        options.traffic().stream().filter(traffic -> traffic != Traffic.COLD).toList();
    if (!kinds.isEmpty()) {
      for (int i = 0; i < candidates.size(); i++) {
        open(candidates.get(i), i);
      }
      progress = new Progress(options.rounds() * kinds.size() * links.size());
      List.copyOf(links).forEach(this::warmUp);
      for (int round = 1; round <= options.rounds(); round++) {
        round(round, kinds);
        results.write(options.json());
      }
      links.forEach(Link::close);
      links.clear();
    }
    if (options.traffic().contains(Traffic.COLD)) {
      cold(candidates);
    }
    for (Candidate candidate : candidates) {
      results.candidate(
          candidate,
          programs.version(candidate),
          aeads.getOrDefault(candidate, ""),
          failures.getOrDefault(candidate, ""));
    }
    results.write(options.json());
  }

  private void open(Candidate candidate, int number) {
    Progress.say("starting " + candidate.label());
    try {
      Link link =
          candidate.isTunnel()
              ? Tunnel.open(testbed, candidate, number, programs.placeholders())
              : new PlainLink(candidate);
      links.add(link);
      try {
        PingTimes.check(testbed, link, false);
        PingTimes.check(testbed, link, true);
      } catch (BenchmarkException e) {
        drop(link, e);
      }
    } catch (BenchmarkException e) {
      fail(candidate, e);
    }
  }

  private void drop(Link link, BenchmarkException why) {
    fail(
        link.candidate(),
        new BenchmarkException(
            link.failure().orElseGet(() -> String.valueOf(why.getMessage())), why));
    links.remove(link);
    link.close();
  }

  private void fail(Candidate candidate, BenchmarkException why) {
    Progress.say(candidate.label() + ": " + why.getMessage());
    failures.putIfAbsent(candidate, String.valueOf(why.getMessage()));
  }

  /** Both directions, since what an end does while it sends and while it receives differs. */
  private void warmUp(Link link) {
    int seconds = link.candidate().group().equals(Candidate.WEFT) ? options.warmUpSeconds() : 2;
    if (options.warmUpSeconds() == 0) {
      return;
    }
    Progress.say("warming up " + link.candidate().label());
    try {
      int half = Math.max(1, seconds * 2 / 5);
      var _ = iperf.run(link, half, false, List.of());
      var _ = iperf.run(link, half, false, List.of("-R"));
      var _ = iperf.run(link, Math.max(1, seconds - 2 * half), false, Traffic.UDP_1372.arguments());
    } catch (BenchmarkException e) {
      drop(link, e);
    }
  }

  private void round(int round, List<Traffic> kinds) {
    checkQuiet(round);
    for (Traffic traffic : kinds) {
      List<Link> order = new ArrayList<>(links);
      Collections.rotate(order, -(round - 1 + kinds.indexOf(traffic)));
      for (Link link : order) {
        progress.begin();
        String outcome;
        try {
          outcome = measure(round, traffic, link);
        } catch (BenchmarkException e) {
          results.sample(round, traffic, link.candidate()).put("failure", e.getMessage());
          outcome = "failed: " + e.getMessage();
          if (link.failure().isPresent()) {
            drop(link, e);
          }
        }
        link.aead().ifPresent(name -> aeads.put(link.candidate(), name));
        progress.end(
            "round " + round + ", " + traffic.id() + ", " + link.candidate().id() + ": " + outcome);
      }
    }
  }

  /** Notes how busy the machine is without us, and waits for quiet if that was asked for. */
  private void checkQuiet(int round) {
    long deadline = System.nanoTime() + options.waitQuietSeconds() * 1_000_000_000L;
    while (true) {
      Machine.CpuTimes before = Machine.cpuTimes();
      pause(QUIET_CHECK);
      double idle = Machine.cpuTimes().since(before).idleShare();
      boolean isQuiet = idle >= QUIET_IDLE_SHARE;
      if (isQuiet || System.nanoTime() >= deadline) {
        results.round(round, Machine.load(), idle, isQuiet);
        Progress.say(
            String.format(
                Locale.ROOT,
                "round %d: machine %.0f %% idle, load %.1f%s",
                round,
                idle * 100,
                Machine.load(),
                isQuiet ? "" : "; not quiet"));
        return;
      }
    }
  }

  private String measure(int round, Traffic traffic, Link link) {
    return switch (traffic) {
      case TCP, TCP_REVERSE, TCP_8, TCP_BOTH, UDP_1372, UDP_200 ->
          bulk(round, traffic, link, false);
      case IPV6_INSIDE -> bulk(round, traffic, link, true);
      case IPV6_OUTSIDE -> outside(round, link);
      case PING_IDLE -> ping(round, traffic, link);
      case PING_LOADED -> {
        try (Iperf.Running load =
            iperf.start(link, PingTimes.SECONDS + 2, false, Traffic.TCP.arguments())) {
          pause(BEFORE_PING);
          String outcome = ping(round, traffic, link);
          var _ = load.await();
          yield outcome;
        }
      }
      case COLD -> throw new IllegalStateException("has no rounds");
    };
  }

  private String outside(int round, Link link) {
    if (!link.hasOutside()) {
      return "has no outside";
    }
    link.outside(true);
    try {
      PingTimes.check(testbed, link, false);
      return bulk(round, Traffic.IPV6_OUTSIDE, link, false);
    } finally {
      link.outside(false);
      PingTimes.check(testbed, link, false);
    }
  }

  private String bulk(int round, Traffic traffic, Link link, boolean isIpv6) {
    Machine.CpuTimes machineBefore = Machine.cpuTimes();
    double before = link.cpuSeconds();
    Iperf.Received received = iperf.run(link, options.seconds(), isIpv6, traffic.arguments());
    double cpuSeconds = link.cpuSeconds() - before;
    Machine.CpuTimes machine = Machine.cpuTimes().since(machineBefore);
    results
        .sample(round, traffic, link.candidate())
        .put("gbit", received.gbit())
        .put("octets", received.octets())
        .put("tunnelCpuSeconds", cpuSeconds)
        .put("machineCpuSeconds", machine.busy())
        .put("lostPercent", received.lostPercent())
        .put("retransmits", received.retransmits())
        .put("residentMib", link.residentMib());
    return String.format(
        Locale.ROOT,
        "%.2f Gbit/s, %.2f CPU s/GB, %.0f MiB",
        received.gbit(),
        cpuSeconds / (received.octets() / 1e9),
        link.residentMib());
  }

  private String ping(int round, Traffic traffic, Link link) {
    PingTimes times = PingTimes.measure(testbed, link);
    results
        .sample(round, traffic, link.candidate())
        .put("p50Micros", times.p50())
        .put("p90Micros", times.p90())
        .put("p99Micros", times.p99())
        .put("count", times.count())
        .put("lost", times.lost());
    return String.format(
        Locale.ROOT, "p50 %.0f, p90 %.0f, p99 %.0f µs", times.p50(), times.p90(), times.p99());
  }

  /** Fresh processes, and traffic at once; what the client receives is what arrived when. */
  private void cold(List<Candidate> candidates) {
    List<Candidate> tunnels =
        candidates.stream()
            .filter(candidate -> candidate.isTunnel() && !failures.containsKey(candidate))
            .toList();
    progress = new Progress(options.coldRuns() * tunnels.size());
    for (int run = 1; run <= options.coldRuns(); run++) {
      List<Candidate> order = new ArrayList<>(tunnels);
      Collections.rotate(order, 1 - run);
      for (Candidate candidate : order) {
        progress.begin();
        String outcome;
        try (Link link =
            Tunnel.open(
                testbed,
                candidate,
                FIRST_COLD_NUMBER + tunnels.indexOf(candidate),
                programs.placeholders())) {
          Iperf.Received received =
              iperf.run(link, COLD_SECONDS, false, List.of("-R", "-i", "0.5"));
          ObjectNode sample = results.sample(run, Traffic.COLD, candidate);
          ArrayNode halfSeconds = sample.putArray("gbitPerHalfSecond");
          received.gbitPerHalfSecond().forEach(halfSeconds::add);
          outcome = received.gbitPerHalfSecond().toString();
          link.aead().ifPresent(name -> aeads.putIfAbsent(candidate, name));
        } catch (BenchmarkException e) {
          fail(candidate, e);
          outcome = "failed";
        }
        progress.end("cold start " + run + ", " + candidate.id() + ": " + outcome);
      }
      results.write(options.json());
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted", e);
    }
  }
}
