// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.OpenWifiDocument;
import dev.weft.config.OpenWifiDocument.Options;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PublicKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Several nodes in one process: they connect, ping each other, and prove the direct path. */
final class OpenWifiDemonstration {

  private static final int PINGS = 10;
  private static final int PROOF_PINGS = 25;
  private static final int PROOF_ATTEMPTS = 10;
  private static final long CONNECT_SECONDS = 60;
  private static final long POLL_MILLIS = 100;

  /** One node of the demonstration. */
  private record Node(String name, boolean root, InetAddress listen, OverlayConfig config) {}

  private final List<OpenWifiDocument> documents;
  private final Story story;
  private final Map<String, Overlay> running = new LinkedHashMap<>();
  private final List<Node> nodes;

  OpenWifiDemonstration(List<OpenWifiDocument> documents, Story story) {
    this.documents = List.copyOf(documents);
    this.story = story;
    nodes = nodes();
  }

  /** Runs it to its end. */
  int run() throws InterruptedException {
    try {
      open();
      requireEnough();
      awaitDirectPaths();
      pingEveryPair();
      proveDirectPath();
      goOnWithoutRoot();
      showStatus();
      return Examples.OK;
    } finally {
      running.values().forEach(Overlay::close);
    }
  }

  private List<Node> nodes() {
    Map<PublicKey, InetAddress> listen = new LinkedHashMap<>();
    for (OpenWifiDocument document : documents) {
      InetAddress address = InetAddress.ofLiteral("127.0.0." + (listen.size() + 1));
      if (listen.putIfAbsent(document.localKey(), address) != null) {
        throw Failure.wrongInput(
            "two of the documents configure the same host, " + document.localName());
      }
    }
    List<Node> result = new ArrayList<>();
    for (OpenWifiDocument document : documents) {
      InetAddress address = listen.get(document.localKey());
      if (address == null) {
        throw new IllegalStateException("no address for " + document.localName());
      }
      OverlayConfig config = document.toOverlayConfig(Options.bindTo(address));
      result.add(
          new Node(document.localName(), document.isRoot(), address, onLoopback(config, listen)));
    }
    return result;
  }

  /** Public endpoints of hosts that run here are replaced by their loopback addresses. */
  private static OverlayConfig onLoopback(
      OverlayConfig config, Map<PublicKey, InetAddress> listen) {
    NetworkRevision revision = config.network().orElseThrow();
    List<Host> hosts =
        revision.hosts().stream()
            .map(
                host -> {
                  InetAddress address = listen.get(host.key());
                  return address == null || host.endpoint().isEmpty()
                      ? host
                      : withEndpoint(host, EndpointName.of(new Endpoint(address, host.port())));
                })
            .toList();
    return config.toBuilder()
        .network(
            new NetworkRevision(
                revision.version(),
                hosts,
                revision.services(),
                revision.port(),
                revision.keepalive()))
        .build();
  }

  private static Host withEndpoint(Host host, EndpointName endpoint) {
    return new Host(
        host.name(),
        host.key(),
        host.overlayAddress(),
        host.addresses(),
        host.subnets(),
        Optional.of(endpoint),
        host.port(),
        host.pexPort(),
        host.groups(),
        host.gateway(),
        host.meta());
  }

  private void open() {
    documents.forEach(
        document ->
            document
                .warnings()
                .forEach(warning -> story.say(document.localName() + ": warning: " + warning)));
    for (Node node : nodes) {
      running.put(node.name(), Overlay.open(node.config(), story));
    }
    running.values().forEach(overlay -> overlay.ready().toCompletableFuture().join());
    for (Node node : nodes) {
      story.say(
          node.name()
              + (node.root() ? " (root node)" : "")
              + " runs at "
              + node.listen().getHostAddress()
              + " with "
              + String.join(
                  ", ",
                  overlay(node).status().addresses().stream()
                      .map(address -> address.address().getHostAddress())
                      .toList()));
    }
  }

  private void requireEnough() {
    if (nodes.stream().noneMatch(Node::root)) {
      throw Failure.wrongInput(
          "none of the documents configures the root node, through which the others meet");
    }
    if (nodes.size() < 2) {
      throw Failure.wrongInput("one node alone has nobody to ping; give more documents");
    }
  }

  private Overlay overlay(Node node) {
    Overlay overlay = running.get(node.name());
    if (overlay == null) {
      throw new IllegalStateException(node.name() + " is closed");
    }
    return overlay;
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

  private Optional<String> missingPath() {
    for (Node from : nodes) {
      OverlayStatus status = overlay(from).status();
      for (Node to : nodes) {
        if (!to.equals(from) && !hasDirectPath(status, to)) {
          return Optional.of(from.name() + " has no direct path to " + to.name());
        }
      }
    }
    return Optional.empty();
  }

  private static boolean hasDirectPath(OverlayStatus status, Node to) {
    return status
        .peer(to.name())
        .filter(
            peer ->
                peer.isDirect()
                    && peer.connected()
                    && peer.lastHandshake().isPresent()
                    && peer.endpoint()
                        .map(endpoint -> endpoint.address().equals(to.listen()))
                        .orElse(false))
        .isPresent();
  }

  private void pingEveryPair() {
    for (Node from : nodes) {
      for (Node to : nodes) {
        if (!to.equals(from)) {
          for (InterfaceAddress address : overlay(to).status().addresses()) {
            ping(from, to, address.address());
          }
        }
      }
    }
  }

  private void ping(Node from, Node to, InetAddress address) {
    RoundTrips trips = RoundTrips.measure(overlay(from), address, PINGS);
    story.result(
        "ping",
        "ping "
            + from.name()
            + " to "
            + to.name()
            + " at "
            + address.getHostAddress()
            + ": "
            + trips,
        Map.of(
            "from",
            from.name(),
            "to",
            to.name(),
            "address",
            address.getHostAddress(),
            "sent",
            trips.sent(),
            "answered",
            trips.times().size()));
    if (!trips.allAnswered()) {
      throw new Failure(
          Examples.FAILED,
          "only "
              + trips.times().size()
              + " of "
              + trips.sent()
              + " pings from "
              + from.name()
              + " to "
              + to.name()
              + " were answered");
    }
  }

  private List<Node> accessPoints() {
    return nodes.stream().filter(node -> !node.root()).toList();
  }

  /** Inner packets that a node exchanged with all its peers, and with one of them. */
  private record Counters(long sent, long received, long sentInAll, long receivedInAll) {}

  private Counters counters(Node node, String peerName) {
    OverlayStatus status = overlay(node).refreshStatus().toCompletableFuture().join();
    PeerStatus peer = status.peer(peerName).orElseThrow();
    return new Counters(
        peer.sentPackets(),
        peer.receivedPackets(),
        status.peers().stream().mapToLong(PeerStatus::sentPackets).sum(),
        status.peers().stream().mapToLong(PeerStatus::receivedPackets).sum());
  }

  /** The echoes between two access points are counted by these two, and by the root not at all. */
  private void proveDirectPath() {
    List<Node> accessPoints = accessPoints();
    if (accessPoints.size() < 2) {
      story.say("one access point alone: no path between access points to prove");
      return;
    }
    Node first = accessPoints.get(0);
    Node second = accessPoints.get(1);
    Node root = nodes.stream().filter(Node::root).findFirst().orElseThrow();
    PeerStatus seen = overlay(first).status().peer(second.name()).orElseThrow();
    story.result(
        "proof",
        first.name()
            + " has "
            + second.name()
            + " at "
            + seen.endpoint().map(Endpoint::toString).orElse("nowhere")
            + ", "
            + Story.words(seen.endpointOrigin())
            + ", with a completed handshake",
        Map.of("endpoint", seen.endpoint().map(Endpoint::toString).orElse("")));
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

  private boolean proved(Node first, Node second, Node root) {
    long messages = story.serviceMessages();
    Counters firstBefore = counters(first, second.name());
    Counters secondBefore = counters(second, first.name());
    Counters rootBefore = counters(root, first.name());
    InetAddress target = overlay(second).status().addresses().getFirst().address();
    RoundTrips trips = RoundTrips.measure(overlay(first), target, PROOF_PINGS);
    Counters firstAfter = counters(first, second.name());
    Counters secondAfter = counters(second, first.name());
    Counters rootAfter = counters(root, first.name());
    if (story.serviceMessages() != messages) {
      return false;
    }
    long requests = firstAfter.sent() - firstBefore.sent();
    long replies = firstAfter.received() - firstBefore.received();
    long requestsSeen = secondAfter.received() - secondBefore.received();
    long repliesSent = secondAfter.sent() - secondBefore.sent();
    long throughRoot =
        rootAfter.sentInAll()
            - rootBefore.sentInAll()
            + rootAfter.receivedInAll()
            - rootBefore.receivedInAll();
    story.result(
        "proof",
        "counters over "
            + PROOF_PINGS
            + " echoes: "
            + first.name()
            + " sent "
            + requests
            + " and received "
            + replies
            + ", "
            + second.name()
            + " received "
            + requestsSeen
            + " and sent "
            + repliesSent
            + ", "
            + root.name()
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
        trips.allAnswered()
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

  private void goOnWithoutRoot() {
    List<Node> accessPoints = accessPoints();
    if (accessPoints.size() < 2) {
      return;
    }
    for (Node node : nodes) {
      if (node.root()) {
        overlay(node).close();
        running.remove(node.name());
      }
    }
    story.say("the root node is closed; the others go on:");
    for (Node from : accessPoints) {
      for (Node to : accessPoints) {
        if (!from.equals(to)) {
          ping(from, to, overlay(to).status().addresses().getFirst().address());
        }
      }
    }
  }

  private void showStatus() {
    Instant now = Instant.now();
    List<OverlayStatus> statuses =
        running.values().stream()
            .map(overlay -> overlay.refreshStatus().toCompletableFuture().join())
            .toList();
    if (story.isJson()) {
      for (OverlayStatus status : statuses) {
        for (PeerStatus peer : status.peers()) {
          story.result("status", "status", StatusTable.values(status.name(), peer, now));
        }
      }
    } else {
      StatusTable.of(statuses, now).lines().forEach(story::say);
    }
    story.say("done: every ping was answered and the direct path is proved");
  }
}
