// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of a test, with its loopback interface up. Thread-safe. */
final class Netns implements AutoCloseable {

  static final String MORE_FOLDERS = "/usr/sbin:/sbin";

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration BOUND = Duration.ofSeconds(30);

  /** Everything that a plane may put on a host; what differs from run to run is left out. */
  private static final String STATE =
      """
      echo links; ip -j link show | tr '{' '\\n'
      for v in -4 -6; do
        echo "addresses $v"; ip -j $v addr show | tr '{' '\\n'
        echo "routes $v"; ip -j $v route show table all | tr '{' '\\n'
        echo "rules $v"; ip -j $v rule show | tr '{' '\\n'
      done
      echo src_valid_mark $(cat /proc/sys/net/ipv4/conf/all/src_valid_mark)
      """;

  /** Without IPv6: its addresses come and change with time. */
  private static final String UP =
      "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip link set eth0 up; ";

  /** The kernel notices a carrier a while later, and the state tells that. */
  private static final String AWAIT_UP =
      "i=0; until ip link show eth0 | grep -q 'state UP'; do"
          + " i=$((i + 1)); [ $i -lt 200 ]; sleep 0.05; done";

  private final String name;

  private Netns(String name) {
    this.name = name;
  }

  /** Makes a namespace with a name of its own. */
  static Netns make() {
    Netns made = new Netns("wt" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet());
    host("ip netns add " + made.name + " && ip -n " + made.name + " link set lo up");
    return made;
  }

  /** Another namespace, with a cable to {@code eth0} of this one. */
  Netns makeNeighbour(String ownAddress, String neighboursAddress) {
    Netns other = make();
    try {
      host("ip -n " + name + " link add eth0 type veth peer name eth0 netns " + other.name);
      sh(UP + "ip addr add " + ownAddress + " dev eth0");
      other.sh(UP + "ip addr add " + neighboursAddress + " dev eth0");
      sh(AWAIT_UP);
      other.sh(AWAIT_UP);
      return other;
    } catch (AssertionError e) {
      other.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  /** Runs a script here; it must succeed. */
  String sh(String script) {
    return complete(List.of("ip", "netns", "exec", name, "sh", "-ec", script));
  }

  private static void host(String script) {
    complete(List.of("sh", "-ec", script));
  }

  /** What is in this namespace now, line by line. */
  List<String> state() {
    return sh(STATE).lines().toList();
  }

  /** Sockets for wg, and what is left of making them, of interfaces of such names. */
  static List<String> configurationSockets(String interfaceName) {
    List<String> names = new ArrayList<>();
    Path directory = Path.of("/var/run/wireguard");
    if (!Files.isDirectory(directory)) {
      return names;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (file.getFileName().toString().contains(interfaceName)) {
          names.add(file.toString());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }

  /**
   * Pings with the kernel's stack; how many of the echo requests were answered. Waits longer than
   * WireGuard for its second attempt at a handshake, REKEY_TIMEOUT: the first may have come before
   * the other end was there.
   */
  int ping(String target, int count) {
    return ping(target, count, 10);
  }

  /** The same, where no answer is expected. */
  int pingInVain(String target, int count) {
    return ping(target, count, 1);
  }

  private int ping(String target, int count, int seconds) {
    // One process an echo: behind the last of several, ping waits only for two round trips.
    String output =
        sh(("ping -n -q -c 1 -W " + seconds + " " + target + " || true\n").repeat(count));
    int sent = 0;
    int answered = 0;
    for (String part : output.split("[,\n]", -1)) {
      if (part.endsWith(" packets transmitted")) {
        sent++;
      } else if (part.endsWith(" 1 received")) {
        answered++;
      }
    }
    assertEquals(count, sent, output);
    return answered;
  }

  private static String complete(List<String> command) {
    try {
      ProcessBuilder builder = builder(command).redirectErrorStream(true);
      Process process = builder.redirectInput(new File("/dev/null")).start();
      CompletableFuture<String> output = new CompletableFuture<>();
      Thread.ofPlatform().daemon().name("output").start(() -> output.complete(read(process)));
      try {
        if (!process.waitFor(BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError("took longer than " + BOUND + ": " + command);
        }
        String text = output.join();
        if (process.exitValue() != 0) {
          throw new AssertionError(command + ": exit status " + process.exitValue() + ": " + text);
        }
        return text;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new AssertionError("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static String read(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(no output: " + e + ")";
    }
  }

  static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().merge("PATH", MORE_FOLDERS, (path, more) -> path + ":" + more);
    builder.environment().put("LC_ALL", "C");
    return builder;
  }

  /** Removes the namespace. Idempotent. */
  @Override
  public void close() {
    host("ip netns del " + name + " 2>/dev/null || true");
  }
}
