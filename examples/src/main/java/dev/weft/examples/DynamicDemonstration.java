// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.config.NetworkData;
import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.InterfaceConfig;
import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.InstallOutcome;
import dev.weft.pex.PexControl;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A root node that signs, and access points that learn from it and from each other. */
final class DynamicDemonstration {

  private static final int WIREGUARD_PORT = 3456;
  private static final int PEX_PORT = 3458;
  private static final int KEEPALIVE_SECONDS = 10;
  private static final int PINGS = 3;
  private static final long LIMIT_SECONDS = 60;
  private static final long POLL_MILLIS = 100;
  private static final int SEED_OCTETS = 32;

  /** A node: its name, its key and where it is on this machine. */
  private record Node(String name, PrivateKey key, InetAddress listen) {}

  private final Story story;
  private final byte[] authSeed = new byte[SEED_OCTETS];
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Overlay> running = new LinkedHashMap<>();

  DynamicDemonstration(Story story) {
    this.story = story;
    new SecureRandom().nextBytes(authSeed);
    for (String name : List.of("root", "ap1", "ap2", "ap3")) {
      InetAddress listen = InetAddress.ofLiteral("127.0.0." + (nodes.size() + 1));
      nodes.add(new Node(name, PrivateKey.generate(), listen));
    }
  }

  /** Runs it to its end. */
  int run() throws InterruptedException {
    try {
      List<Node> first = nodes.subList(0, 3);
      SignedNetworkData version1 = sign(Instant.now().getEpochSecond(), first);
      story.say(
          "version "
              + version1.version()
              + " of the data: root, ap1 and ap2 in "
              + version1.octets().length
              + " octets, signed with the auth key "
              + version1.authKey());
      open(version1);
      install(version1);
      awaitVersion(version1, first);
      awaitPings(first);
      story.say("ap3 is in no data yet: it asks, and root refuses");

      SignedNetworkData version2 = sign(version1.version() + 1, nodes);
      story.say("version " + version2.version() + " of the data adds ap3");
      install(version2);
      awaitVersion(version2, nodes);
      awaitPings(nodes);
      showStatus();
      story.say("done: every node has the data, and every ping was answered");
      return Examples.OK;
    } finally {
      running.values().forEach(Overlay::close);
    }
  }

  /** The data of a network of these nodes; only the root says where it is. */
  private SignedNetworkData sign(long version, List<Node> members) {
    List<NetworkData.Host> hosts =
        members.stream()
            .map(
                node -> {
                  var host = NetworkData.Host.builder(node.name(), node.key().publicKey());
                  return (node.equals(nodes.getFirst())
                          ? host.endpoint(node.listen().getHostAddress())
                          : host)
                      .build();
                })
            .toList();
    NetworkData data =
        new NetworkData(
            NetworkData.Settings.of(WIREGUARD_PORT, PEX_PORT, KEEPALIVE_SECONDS), hosts, List.of());
    return SignedNetworkData.sign(authSeed, version, data.toJson());
  }

  private void open(SignedNetworkData data) {
    Node root = nodes.getFirst();
    for (Node node : nodes) {
      DynamicNetwork network = DynamicNetwork.of(data.authKey());
      if (!node.equals(root)) {
        network =
            network.withConnect(
                List.of(
                    new EndpointName(root.listen().getHostAddress(), DynamicNetwork.DEFAULT_PORT)));
      }
      OverlayConfig config =
          OverlayConfig.builder(node.name(), node.key())
              .interfaceConfig(
                  InterfaceConfig.builder(node.key()).bindAddress(node.listen()).build())
              .pex(PexConfig.of(network))
              .build();
      running.put(node.name(), Overlay.open(config, story));
    }
    running.values().forEach(overlay -> overlay.ready().toCompletableFuture().join());
    story.say("ap1, ap2 and ap3 know the auth key and that root is at " + root.listen());
  }

  private void install(SignedNetworkData data) {
    InstallOutcome outcome =
        control(nodes.getFirst()).install(data.octets()).toCompletableFuture().join();
    if (!(outcome instanceof InstallOutcome.Installed)) {
      throw new Failure(Examples.FAILED, "root did not take the data: " + outcome);
    }
    story.say("root has version " + data.version());
  }

  private Overlay overlay(Node node) {
    Overlay overlay = running.get(node.name());
    if (overlay == null) {
      throw new IllegalStateException(node.name() + " does not run");
    }
    return overlay;
  }

  private PexControl control(Node node) {
    return overlay(node)
        .service(PexControl.class)
        .orElseThrow(() -> new Failure(Examples.FAILED, node.name() + " does not run"));
  }

  private void awaitVersion(SignedNetworkData data, List<Node> members)
      throws InterruptedException {
    await(
        members,
        node -> control(node).status().version() == data.version(),
        "got version " + data.version());
    story.say("version " + data.version() + " is in force at " + names(members));
  }

  private void awaitPings(List<Node> members) throws InterruptedException {
    for (Node from : members) {
      for (Node to : members) {
        if (!from.equals(to)) {
          awaitPing(from, to);
        }
      }
    }
  }

  private void awaitPing(Node from, Node to) throws InterruptedException {
    await(List.of(from), node -> isConnected(node, to), "has a path to " + to.name());
    InetAddress address = overlay(to).status().addresses().getFirst().address();
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
            "from", from.name(),
            "to", to.name(),
            "sent", trips.sent(),
            "answered", trips.times().size()));
    if (!trips.allAnswered()) {
      throw new Failure(
          Examples.FAILED,
          "not every ping from " + from.name() + " to " + to.name() + " came back");
    }
  }

  private boolean isConnected(Node from, Node to) {
    return overlay(from)
        .status()
        .peer(to.name())
        .filter(peer -> peer.connected() && peer.lastHandshake().isPresent())
        .isPresent();
  }

  private void await(List<Node> members, Predicate<Node> condition, String what)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_SECONDS * 1_000_000_000L;
    for (Node node : members) {
      while (!condition.test(node)) {
        if (System.nanoTime() - deadline > 0) {
          throw new Failure(
              Examples.FAILED,
              "not within " + LIMIT_SECONDS + " seconds: " + node.name() + " " + what);
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  private static String names(List<Node> members) {
    return String.join(", ", members.stream().map(Node::name).toList());
  }

  private void showStatus() {
    Instant now = Instant.now();
    StatusTable.of(
            nodes.stream()
                .map(node -> overlay(node).refreshStatus().toCompletableFuture().join())
                .toList(),
            now)
        .lines()
        .forEach(story::say);
  }
}
