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

  /** One node of the demonstration. */
  private record Node(String name, boolean root, InetAddress listen, OverlayConfig config) {}

  private final List<OpenWifiDocument> documents;
  private final Story story;
  private final Map<String, Overlay> running = new LinkedHashMap<>();
  private final List<Node> nodes;
  private final MeshStory mesh;

  OpenWifiDemonstration(List<OpenWifiDocument> documents, Story story) {
    this.documents = List.copyOf(documents);
    this.story = story;
    nodes = nodes();
    mesh =
        new MeshStory(
            nodes.stream().map(node -> new MeshStory.Node(node.name(), node.root())).toList(),
            new Overlays(),
            story);
  }

  /** Runs it to its end. */
  int run() throws InterruptedException {
    try {
      open();
      mesh.requireEnough();
      mesh.tell();
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
                  overlay(node.name()).status().addresses().stream()
                      .map(address -> address.address().getHostAddress())
                      .toList()));
    }
  }

  private Overlay overlay(String name) {
    Overlay overlay = running.get(name);
    if (overlay == null) {
      throw new IllegalStateException(name + " is closed");
    }
    return overlay;
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

  /** The overlays of this process. */
  private final class Overlays implements MeshStory.Nodes {

    @Override
    public boolean hasDirectPath(String node, String peer) {
      InetAddress place =
          nodes.stream()
              .filter(each -> each.name().equals(peer))
              .findFirst()
              .orElseThrow()
              .listen();
      return overlay(node)
          .status()
          .peer(peer)
          .filter(
              status ->
                  status.isDirect()
                      && status.connected()
                      && status.lastHandshake().isPresent()
                      && status
                          .endpoint()
                          .map(endpoint -> endpoint.address().equals(place))
                          .orElse(false))
          .isPresent();
    }

    @Override
    public List<InetAddress> addresses(String node) {
      return overlay(node).status().addresses().stream().map(InterfaceAddress::address).toList();
    }

    @Override
    public String pingName() {
      return "ping";
    }

    @Override
    public Echoes ping(String node, InetAddress target, int count) {
      return RoundTrips.measure(overlay(node), target, count);
    }

    @Override
    public MeshStory.Path path(String node, String peer) {
      PeerStatus seen = overlay(node).status().peer(peer).orElseThrow();
      return new MeshStory.Path(
          seen.endpoint().map(Endpoint::toString).orElse("nowhere"),
          Story.words(seen.endpointOrigin()));
    }

    @Override
    public MeshStory.Counters counters(String node, String peerName) {
      OverlayStatus status = overlay(node).refreshStatus().toCompletableFuture().join();
      PeerStatus peer = status.peer(peerName).orElseThrow();
      return new MeshStory.Counters(
          peer.sentPackets(),
          peer.receivedPackets(),
          status.peers().stream()
              .mapToLong(each -> each.sentPackets() + each.receivedPackets())
              .sum());
    }

    /** It is told before the counters come back. */
    @Override
    public void awaitStory() {}

    @Override
    public String close(String node) {
      overlay(node).close();
      running.remove(node);
      return "";
    }
  }
}
