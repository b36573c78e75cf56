// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Network namespaces for a few nodes, and one more as the Internet between them: a router, with a
 * network of its own for each node. Each node is in another network, so that everything to the
 * others takes its default route. Names are unique on the machine. Thread-safe.
 */
final class Namespaces implements AutoCloseable {

  private static final int MAX_NODES = 250;
  private static final int NAMES = 36 * 36;
  private static final Duration REMOVAL = Duration.ofSeconds(10);

  private final String id;
  private final int nodes;
  private final List<String> made = new ArrayList<>();
  private boolean closed;

  private Namespaces(String id, int nodes) {
    this.id = id;
    this.nodes = nodes;
  }

  /**
   * Chooses names for that many nodes; {@link #make} must follow.
   *
   * @throws Failure if a program is missing
   */
  static Namespaces plan(int nodes) {
    if (nodes > MAX_NODES) {
      throw Failure.wrongInput(nodes + " nodes are more than the " + MAX_NODES + " of --netns");
    }
    SystemCommand.require("ip", "iproute2");
    SystemCommand.require("ping", "iputils-ping");
    String id =
        Long.toString(ProcessHandle.current().pid(), 36)
            + Integer.toString(ThreadLocalRandom.current().nextInt(NAMES), 36);
    return new Namespaces(id, nodes);
  }

  /**
   * Makes them.
   *
   * @throws Failure if the privilege is missing; {@link #close} then removes what was made
   */
  void make() throws InterruptedException {
    add(router());
    // Both do nothing but to this namespace.
    shell(router(), "echo 1 > /proc/sys/net/ipv4/ip_forward");
    for (int i = 0; i < nodes; i++) {
      String node = name(i);
      add(node);
      ip(
          "-n", router(), "link", "add", "to" + i, "type", "veth", "peer", "name", "eth0", "netns",
          node);
      ip("-n", router(), "addr", "add", address(i, 254) + "/24", "dev", "to" + i);
      ip("-n", router(), "link", "set", "to" + i, "up");
      ip("-n", node, "addr", "add", address(i, 1) + "/24", "dev", "eth0");
      ip("-n", node, "link", "set", "lo", "up");
      ip("-n", node, "link", "set", "eth0", "up");
      ip("-n", node, "route", "add", "default", "via", address(i, 254));
    }
  }

  private synchronized void add(String namespace) throws InterruptedException {
    if (closed) {
      throw new Failure(Examples.FAILED, "the namespaces are being removed");
    }
    SystemCommand.Result result =
        SystemCommand.run(REMOVAL, List.of("ip", "netns", "add", namespace));
    if (result.exitStatus() != 0) {
      throw Failure.wrongInput(
          "network namespaces cannot be made here: "
              + result.output().strip()
              + "; run this as root");
    }
    made.add(namespace);
  }

  private static void ip(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    SystemCommand.run(command);
  }

  private static void shell(String namespace, String script) throws InterruptedException {
    ip("netns", "exec", namespace, "sh", "-c", script);
  }

  private String router() {
    return "weft-" + id + "-router";
  }

  /** The namespace of a node. */
  String name(int node) {
    return "weft-" + id + "-" + node;
  }

  /** A name for the node's interface, of at most 15 characters. */
  String interfaceName(int node) {
    return "weft" + node + "-" + id;
  }

  /** The node's underlay address. */
  InetAddress underlay(int node) {
    return InetAddress.ofLiteral(address(node, 1));
  }

  /** Of the networks for tests of devices. RFC 2544 §C.2.2. */
  private static String address(int node, int host) {
    return "198.18." + (node + 1) + "." + host;
  }

  /** A command line that runs a program in the namespace of a node. */
  List<String> inside(int node, List<String> command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name(node)));
    all.addAll(command);
    return all;
  }

  /** Removes the namespaces, and what is in them. Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    boolean interrupted = Thread.interrupted();
    for (String namespace : made.reversed()) {
      try {
        SystemCommand.run(REMOVAL, List.of("ip", "netns", "del", namespace));
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (Failure e) {
        System.err.println("warning: " + e.getMessage());
      }
    }
    made.clear();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
