// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is shown with nodes that run, wherever they do: they connect, every pair pings, counters
 * prove the direct path, and the others go on without the root node.
 */
final class MeshStory {

  private static final int PINGS = 10;
  private static final int PROOF_PINGS = 25;
  private static final int PROOF_ATTEMPTS = 10;
  private static final long CONNECT_SECONDS = 60;
  private static final long POLL_MILLIS = 100;

  /** A node by its name. */
  record Node(String name, boolean root) {}

  /** Where a node has a peer, and how it learned that. */
  record Path(String endpoint, String learned) {}

  /** Inner packets that a node exchanged with one of its peers, and with all. */
  record Counters(long sent, long received, long inAll) {}

  /** The nodes, by their names. Failures to reach one are a {@link Failure}. */
  interface Nodes {

    /** Whether a node has a handshake with a peer at the place where that runs. */
    boolean hasDirectPath(String node, String peer) throws InterruptedException;

    /** Inside the overlay. */
    List<InetAddress> addresses(String node);

    /** What the pings are called. */
    String pingName();

    /** Sends echo requests through the overlay, one after the other. */
    Echoes ping(String node, InetAddress target, int count) throws InterruptedException;

    /** Of a directly connected peer. */
    Path path(String node, String peer) throws InterruptedException;

    Counters counters(String node, String peer) throws InterruptedException;

    /** Returns when the story was told all that the nodes counted until now. */
    void awaitStory() throws InterruptedException;

    /** Closes a node and requires that nothing of it is left; what there is to say of that. */
    String close(String node) throws InterruptedException;
  }

  private final List<Node> members;
  private final Nodes nodes;
  private final Story story;

  /** Of these members, which need not run yet. */
  MeshStory(List<Node> members, Nodes nodes, Story story) {
    this.members = List.copyOf(members);
    this.nodes = nodes;
    this.story = story;
  }

  /** Requires a root node and somebody to ping. */
  void requireEnough() {
    if (members.stream().noneMatch(Node::root)) {
      throw Failure.wrongInput(
          "none of the documents configures the root node, through which the others meet");
    }
    if (members.size() < 2) {
      throw Failure.wrongInput("one node alone has nobody to ping; give more documents");
    }
  }

  /** Tells the story, with nodes that run. */
  void tell() throws InterruptedException {
    awaitDirectPaths();
    pingEveryPair();
    proveDirectPath();
    goOnWithoutRoot();
  }

  private void awaitDirectPaths() throws InterruptedException {
    long deadline = System.nanoTime() + CONNECT_SECONDS * 1_000_000_000L;
    while (true) {
      Optional<String> missing = missingPath();
      if (missing.isEmpty()) {
        story.say("every pair has a direct path");
        return;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new Failure(
            Examples.FAILED, missing.get() + " after " + CONNECT_SECONDS + " seconds");
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private Optional<String> missingPath() throws InterruptedException {
    for (Node from : members) {
      for (Node to : members) {
        if (!to.equals(from) && !nodes.hasDirectPath(from.name(), to.name())) {
          return Optional.of(from.name() + " has no direct path to " + to.name());
        }
      }
    }
    return Optional.empty();
  }

  private void pingEveryPair() throws InterruptedException {
    for (Node from : members) {
      for (Node to : members) {
        if (!to.equals(from)) {
          for (InetAddress address : nodes.addresses(to.name())) {
            ping(from, to, address);
          }
        }
      }
    }
  }

  private void ping(Node from, Node to, InetAddress address) throws InterruptedException {
    Echoes echoes = nodes.ping(from.name(), address, PINGS);
    String pair = from.name() + " to " + to.name();
    story.result(
        "ping",
        nodes.pingName() + " " + pair + " at " + address.getHostAddress() + ": " + echoes,
        Map.of(
            "from",
            from.name(),
            "to",
            to.name(),
            "address",
            address.getHostAddress(),
            "sent",
            echoes.sent(),
            "answered",
            echoes.answered()));
    if (!echoes.allAnswered()) {
      throw new Failure(
          Examples.FAILED,
          "only "
              + echoes.answered()
              + " of "
              + echoes.sent()
              + " pings from "
              + pair
              + " were answered");
    }
  }

  private List<Node> accessPoints() {
    return members.stream().filter(node -> !node.root()).toList();
  }

  /** The echoes between two access points are counted by these two, and by the root not at all. */
  private void proveDirectPath() throws InterruptedException {
    List<Node> accessPoints = accessPoints();
    if (accessPoints.size() < 2) {
      story.say("one access point alone: no path between access points to prove");
      return;
    }
    String first = accessPoints.get(0).name();
    String second = accessPoints.get(1).name();
    String root = members.stream().filter(Node::root).findFirst().orElseThrow().name();
    Path path = nodes.path(first, second);
    story.result(
        "proof",
        first
            + " has "
            + second
            + " at "
            + path.endpoint()
            + ", "
            + path.learned()
            + ", with a completed handshake",
        Map.of("endpoint", path.endpoint()));
    for (int attempt = 0; attempt < PROOF_ATTEMPTS; attempt++) {
      if (proved(first, second, root)) {
        return;
      }
      // A PEX message fell into the measurement and would be counted too.
    }
    throw new Failure(
        Examples.FAILED,
        "the packet counters could not be read without PEX messages between them in "
            + PROOF_ATTEMPTS
            + " attempts");
  }

  private boolean proved(String first, String second, String root) throws InterruptedException {
    long messages = story.serviceMessages();
    Counters firstBefore = nodes.counters(first, second);
    Counters secondBefore = nodes.counters(second, first);
    Counters rootBefore = nodes.counters(root, first);
    Echoes echoes = nodes.ping(first, nodes.addresses(second).getFirst(), PROOF_PINGS);
    Counters firstAfter = nodes.counters(first, second);
    Counters secondAfter = nodes.counters(second, first);
    Counters rootAfter = nodes.counters(root, first);
    nodes.awaitStory();
    if (story.serviceMessages() != messages) {
      return false;
    }
    long requests = firstAfter.sent() - firstBefore.sent();
    long replies = firstAfter.received() - firstBefore.received();
    long requestsSeen = secondAfter.received() - secondBefore.received();
    long repliesSent = secondAfter.sent() - secondBefore.sent();
    long throughRoot = rootAfter.inAll() - rootBefore.inAll();
    story.result(
        "proof",
        "counters over "
            + PROOF_PINGS
            + " echoes: "
            + first
            + " sent "
            + requests
            + " and received "
            + replies
            + ", "
            + second
            + " received "
            + requestsSeen
            + " and sent "
            + repliesSent
            + ", "
            + root
            + " carried "
            + throughRoot,
        Map.of(
            "echoes",
            PROOF_PINGS,
            "requests",
            requests,
            "replies",
            replies,
            "through-root",
            throughRoot));
    boolean exact =
        echoes.allAnswered()
            && requests == PROOF_PINGS
            && replies == PROOF_PINGS
            && requestsSeen == PROOF_PINGS
            && repliesSent == PROOF_PINGS
            && throughRoot == 0;
    if (!exact) {
      throw new Failure(
          Examples.FAILED, "the echoes were not exactly those counted on the direct path");
    }
    return true;
  }

  private void goOnWithoutRoot() throws InterruptedException {
    List<Node> accessPoints = accessPoints();
    if (accessPoints.size() < 2) {
      return;
    }
    String how = "";
    for (Node node : members) {
      if (node.root()) {
        how = nodes.close(node.name());
      }
    }
    story.say("the root node is closed" + how + "; the others go on:");
    for (Node from : accessPoints) {
      for (Node to : accessPoints) {
        if (!from.equals(to)) {
          ping(from, to, nodes.addresses(to.name()).getFirst());
        }
      }
    }
  }
}
