// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Two network namespaces with a veth pair between them, a directory for keys and logs, and the
 * child processes: all that must be gone in the end. {@link #close} may be called by the shutdown
 * hook while the main thread still measures.
 */
final class Testbed implements AutoCloseable {

  /** On either side of the veth pair; the last octet is the side's number, 1 or 2. */
  static final String UNDERLAY_IPV4 = "192.0.2.";

  static final String UNDERLAY_IPV6 = "2001:db8::";

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Path SOCKETS = Path.of("/var/run/wireguard");

  private final Path directory;
  private final Children children;
  private final String tag =
      String.format(Locale.ROOT, "%04x", ProcessHandle.current().pid() & 0xffff);
  private final List<String> interfaces = new ArrayList<>();
  private boolean closed;

  Testbed() {
    try {
      directory = Files.createTempDirectory("weft-tunnel-benchmark");
    } catch (IOException e) {
      throw new BenchmarkException("cannot make a directory for keys and logs", e);
    }
    children = new Children(directory);
  }

  /** One end of the tunnels. */
  enum Side {
    CLIENT(1),
    SERVER(2);

    private final int number;

    Side(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }

    Side other() {
      return this == CLIENT ? SERVER : CLIENT;
    }
  }

  /** Makes the namespaces and the link between them. */
  void open() {
    ip("netns", "add", namespace(Side.CLIENT));
    ip("netns", "add", namespace(Side.SERVER));
    ip(
        "-n",
        namespace(Side.CLIENT),
        "link",
        "add",
        "veth0",
        "type",
        "veth",
        "peer",
        "name",
        "veth0",
        "netns",
        namespace(Side.SERVER));
    for (Side side : Side.values()) {
      address(side, "veth0", UNDERLAY_IPV4 + side.number() + "/30");
      address(side, "veth0", UNDERLAY_IPV6 + side.number() + "/64");
      ip("-n", namespace(side), "link", "set", "lo", "up");
      ip("-n", namespace(side), "link", "set", "veth0", "up");
    }
  }

  Children children() {
    return children;
  }

  /** Where a file of this run is. */
  Path file(String name) {
    return directory.resolve(name);
  }

  String namespace(Side side) {
    return "weft-bench-" + tag + "-" + side.number();
  }

  /** A name that no other interface has, in any namespace: their sockets share a directory. */
  synchronized String newInterface(int tunnel, Side side) {
    String name = "wb" + tag + "t" + tunnel + (side == Side.CLIENT ? "a" : "b");
    interfaces.add(name);
    return name;
  }

  /** Whether an interface of a userspace program can be configured. */
  static boolean isReady(String name) {
    return Files.exists(SOCKETS.resolve(name + ".sock"));
  }

  /** A command that runs in a namespace, in the process that is started for it. */
  List<String> inside(Side side, List<String> command) {
    List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace(side)));
    whole.addAll(command);
    return whole;
  }

  void address(Side side, String name, String prefix) {
    if (prefix.contains(":")) {
      ip("-n", namespace(side), "address", "add", prefix, "dev", name, "nodad");
    } else {
      ip("-n", namespace(side), "address", "add", prefix, "dev", name);
    }
  }

  void up(Side side, String name, int mtu) {
    ip("-n", namespace(side), "link", "set", name, "mtu", Integer.toString(mtu), "up");
  }

  private void ip(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    children.run(LIMIT, command);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    children.close();
    try (Children last = new Children(directory)) {
      for (Side side : Side.values()) {
        // Its failure means that the namespace was never made.
        var _ = last.attempt(LIMIT, List.of("ip", "netns", "delete", namespace(side)));
      }
    }
    try {
      for (String name : interfaces) {
        Files.deleteIfExists(SOCKETS.resolve(name + ".sock"));
      }
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new BenchmarkException("cannot remove this run's files", e);
    }
  }
}
