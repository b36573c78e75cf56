// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Two processes of one program, one in each namespace, configured as each other's peer by wg. */
final class Tunnel implements Link {

  private static final int MTU = 1420;
  private static final int FIRST_PORT = 51_820;
  private static final int LOG_LINES = 8;
  private static final Duration TO_START = Duration.ofSeconds(20);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long PAUSE_MILLIS = 20;
  private static final Pattern AEAD = Pattern.compile("\\baead[\":= ]+([a-z][a-z0-9-]*)");

  private final Testbed testbed;
  private final Candidate candidate;
  private final int number;
  private final Map<Testbed.Side, End> ends = new EnumMap<>(Testbed.Side.class);

  private Tunnel(Testbed testbed, Candidate candidate, int number) {
    this.testbed = testbed;
    this.candidate = candidate;
    this.number = number;
  }

  private record End(Process process, String name, Path log, String publicKey) {}

  /**
   * Starts the processes and configures them. No packet has gone through yet.
   *
   * @param number tells the tunnel's names, addresses and port from those of others
   */
  static Tunnel open(
      Testbed testbed, Candidate candidate, int number, Map<String, List<String>> placeholders) {
    Tunnel tunnel = new Tunnel(testbed, candidate, number);
    try {
      for (Testbed.Side side : Testbed.Side.values()) {
        tunnel.ends.put(side, tunnel.start(side, placeholders));
      }
      for (Testbed.Side side : Testbed.Side.values()) {
        tunnel.awaitReady(tunnel.end(side));
        tunnel.configure(side);
      }
      return tunnel;
    } catch (BenchmarkException e) {
      String logs = tunnel.logs();
      tunnel.close();
      throw new BenchmarkException(e.getMessage() + logs, e);
    }
  }

  private End start(Testbed.Side side, Map<String, List<String>> placeholders) {
    String name = testbed.newInterface(number, side);
    Map<String, List<String>> values = new HashMap<>(placeholders);
    values.put("{interface}", List.of(name));
    List<String> command =
        Candidate.fill(candidate.command(), values)
            .orElseThrow(() -> new BenchmarkException("is not on this machine"));
    Path log = testbed.file(name + ".log");
    Process process =
        testbed.children().start(testbed.inside(side, command), candidate.environment(), log, log);
    return new End(process, name, log, makeKey(name));
  }

  private String makeKey(String name) {
    return testbed
        .children()
        .run(
            LIMIT,
            List.of(
                "sh",
                "-c",
                "umask 077 && wg genkey > \"$0\" && wg pubkey < \"$0\"",
                keyFile(name).toString()))
        .strip();
  }

  private Path keyFile(String name) {
    return testbed.file(name + ".key");
  }

  private void awaitReady(End end) {
    long deadline = System.nanoTime() + TO_START.toNanos();
    while (!Testbed.isReady(end.name())) {
      if (!end.process().isAlive()) {
        throw new BenchmarkException("ended with exit code " + end.process().exitValue());
      }
      if (System.nanoTime() > deadline) {
        throw new BenchmarkException("made no interface in " + TO_START.toSeconds() + " s");
      }
      pause();
    }
  }

  private void configure(Testbed.Side side) {
    Testbed.Side other = side.other();
    End end = end(side);
    testbed
        .children()
        .run(
            LIMIT,
            testbed.inside(
                side,
                List.of(
                    "wg",
                    "set",
                    end.name(),
                    "listen-port",
                    Integer.toString(FIRST_PORT + number),
                    "private-key",
                    keyFile(end.name()).toString(),
                    "peer",
                    end(other).publicKey(),
                    "endpoint",
                    endpoint(other, false),
                    "allowed-ips",
                    address(other, false) + "/32," + address(other, true) + "/128")));
    testbed.address(side, end.name(), address(side, false) + "/24");
    testbed.address(side, end.name(), address(side, true) + "/64");
    testbed.up(side, end.name(), MTU);
  }

  @Override
  public Candidate candidate() {
    return candidate;
  }

  @Override
  public String address(Testbed.Side side, boolean isIpv6) {
    return isIpv6
        ? "fd00:88:" + number + "::" + side.number()
        : "10.88." + number + "." + side.number();
  }

  private String endpoint(Testbed.Side side, boolean isIpv6) {
    String host =
        isIpv6
            ? "[" + Testbed.UNDERLAY_IPV6 + side.number() + "]"
            : Testbed.UNDERLAY_IPV4 + side.number();
    return host + ":" + (FIRST_PORT + number);
  }

  @Override
  public boolean hasOutside() {
    return true;
  }

  @Override
  public void outside(boolean isIpv6) {
    for (Testbed.Side side : Testbed.Side.values()) {
      testbed
          .children()
          .run(
              LIMIT,
              testbed.inside(
                  side,
                  List.of(
                      "wg",
                      "set",
                      end(side).name(),
                      "peer",
                      end(side.other()).publicKey(),
                      "endpoint",
                      endpoint(side.other(), isIpv6))));
    }
  }

  @Override
  public double cpuSeconds() {
    return ends.values().stream().mapToDouble(end -> Machine.cpuSeconds(pid(end))).sum();
  }

  @Override
  public double residentMib() {
    return ends.values().stream().mapToDouble(end -> Machine.residentMib(pid(end))).sum();
  }

  /** What the logs name, in the order of the client's; several if the program changed over. */
  @Override
  public Optional<String> aead() {
    String log = log(end(Testbed.Side.CLIENT));
    Matcher matcher = AEAD.matcher(log);
    StringBuilder names = new StringBuilder();
    String last = "";
    while (matcher.find()) {
      String name = matcher.group(1);
      if (!name.equals(last)) {
        names.append(names.isEmpty() ? "" : ", then ").append(name);
        last = name;
      }
    }
    return names.isEmpty() ? Optional.empty() : Optional.of(names.toString());
  }

  @Override
  public Optional<String> failure() {
    return ends.values().stream().allMatch(end -> end.process().isAlive())
        ? Optional.empty()
        : Optional.of("a process ended" + logs());
  }

  private String logs() {
    StringBuilder logs = new StringBuilder();
    for (End end : ends.values()) {
      List<String> lines = log(end).lines().toList();
      lines
          .subList(Math.max(0, lines.size() - LOG_LINES), lines.size())
          .forEach(line -> logs.append("\n    ").append(line));
    }
    return logs.toString();
  }

  private static String log(End end) {
    try {
      return Files.exists(end.log()) ? Files.readString(end.log()) : "";
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + end.log(), e);
    }
  }

  private End end(Testbed.Side side) {
    End end = ends.get(side);
    if (end == null) {
      throw new IllegalStateException("not started");
    }
    return end;
  }

  private static long pid(End end) {
    if (!end.process().isAlive()) {
      throw new BenchmarkException("a process ended");
    }
    return end.process().pid();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted", e);
    }
  }

  @Override
  public void close() {
    ends.values().forEach(end -> end.process().destroy());
    ends.values().forEach(end -> testbed.children().end(end.process()));
  }
}
