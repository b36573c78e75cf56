// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.config.OpenWifiDocument;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The demonstration of {@link OpenWifiDemonstration}, but each node is a process in a network
 * namespace of its own, with a TUN interface, and the kernel pings. Nothing is left at the end,
 * also after Ctrl-C, SIGTERM and failures.
 */
final class NamespaceDemonstration {

  private static final int PINGS = 10;
  private static final int PROOF_PINGS = 25;
  private static final int PROOF_ATTEMPTS = 10;
  private static final long CONNECT_SECONDS = 60;
  private static final long POLL_MILLIS = 200;
  private static final Duration COMMAND_BOUND = Duration.ofSeconds(20);

  /** The facts of a node's status that are told. */
  private static final List<String> FACTS =
      List.of("interface", "mtu-octets", "aead", "workers", "mark");

  /**
   * A node.
   *
   * @param index of its namespace
   */
  private record Node(int index, String name, boolean root, InetAddress underlay) {}

  private final List<Path> files;
  private final List<OpenWifiDocument> documents;
  private final Story story;
  private final Namespaces namespaces;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, NamespaceNode> running = new LinkedHashMap<>();
  private final Map<Node, List<InetAddress>> addresses = new LinkedHashMap<>();
  private Optional<Path> folder = Optional.empty();
  private volatile boolean stopping;

  /**
   * Of the nodes of these documents.
   *
   * @param files where the documents are
   */
  NamespaceDemonstration(List<Path> files, List<OpenWifiDocument> documents, Story story) {
    this.files = List.copyOf(files);
    this.documents = List.copyOf(documents);
    this.story = story;
    namespaces = Namespaces.plan(documents.size());
    for (int i = 0; i < documents.size(); i++) {
      OpenWifiDocument document = documents.get(i);
      if (nodes.stream().anyMatch(node -> node.name().equals(document.localName()))) {
        throw Failure.wrongInput(
            "two of the documents configure the same host, " + document.localName());
      }
      nodes.add(new Node(i, document.localName(), document.isRoot(), namespaces.underlay(i)));
    }
    if (nodes.stream().noneMatch(Node::root)) {
      throw Failure.wrongInput(
          "none of the documents configures the root node, through which the others meet");
    }
    if (nodes.size() < 2) {
      throw Failure.wrongInput("one node alone has nobody to ping; give more documents");
    }
  }

  /** Runs it to its end. */
  int run() throws IOException, InterruptedException {
    Thread hook = new Thread(this::stop, "weft-close");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      namespaces.make();
      open();
      awaitDirectPaths();
      pingEveryPair();
      proveDirectPath();
      goOnWithoutRoot();
      showStatus();
      close();
      story.say("done: every ping was answered and the direct path is proved");
      return Examples.OK;
    } catch (Failure e) {
      if (stopping) {
        return Examples.FAILED; // Of no interest: somebody ended the program.
      }
      throw e;
    } finally {
      close();
      if (!stopping) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    }
  }

  private void stop() {
    stopping = true;
    close();
  }

  private synchronized void close() {
    running.values().parallelStream().forEach(NamespaceNode::close);
    running.clear();
    namespaces.close();
    folder.ifPresent(NamespaceDemonstration::remove);
    folder = Optional.empty();
  }

  private static void remove(Path folder) {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      System.err.println("warning: " + folder + " cannot be removed: " + e.getMessage());
    }
  }

  private void open() throws IOException, InterruptedException {
    for (Node node : nodes) {
      start(node);
    }
    for (Node node : nodes) {
      List<InetAddress> own = new ArrayList<>();
      status(node).path("addresses").forEach(text -> own.add(InetAddress.ofLiteral(text.asText())));
      addresses.put(node, own);
      story.say(
          node.name()
              + (node.root() ? " (root node)" : "")
              + " runs in namespace "
              + namespaces.name(node.index())
              + " at "
              + node.underlay().getHostAddress()
              + " with "
              + String.join(", ", own.stream().map(InetAddress::getHostAddress).toList())
              + " on "
              + namespaces.interfaceName(node.index()));
    }
  }

  private synchronized void start(Node node) throws IOException {
    if (stopping) {
      throw new Failure(Examples.FAILED, "stopped");
    }
    if (folder.isEmpty()) {
      // Only this user can enter it: the documents hold private keys.
      folder = Optional.of(Files.createTempDirectory("weft-netns"));
    }
    Path file = folder.get().resolve(node.index() + ".json");
    Files.writeString(file, document(node));
    running.put(
        node,
        NamespaceNode.start(
            node.name(),
            namespaces.inside(node.index(), List.of()),
            List.of(
                "openwifi",
                "--node",
                file.toString(),
                "--listen",
                node.underlay().getHostAddress(),
                "--tun",
                namespaces.interfaceName(node.index()),
                "--json",
                "--controlled"),
            story));
  }

  /** The node's document, with the endpoints of nodes that run here where they are here. */
  private String document(Node node) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode document = mapper.readTree(Files.readString(files.get(node.index())));
    for (JsonNode parent : document.findParents("endpoint")) {
      for (Node other : nodes) {
        String key = documents.get(other.index()).localKey().toString();
        if (parent instanceof ObjectNode host && host.path("key").asText().equals(key)) {
          host.put("endpoint", other.underlay().getHostAddress());
        }
      }
    }
    return mapper.writeValueAsString(document);
  }

  private NamespaceNode process(Node node) {
    synchronized (this) {
      NamespaceNode process = running.get(node);
      if (process == null) {
        throw new Failure(Examples.FAILED, node.name() + " is closed");
      }
      return process;
    }
  }

  private JsonNode status(Node node) throws InterruptedException {
    return process(node).status();
  }

  private List<InetAddress> addresses(Node node) {
    return addresses.getOrDefault(node, List.of());
  }

  private static Optional<JsonNode> peer(JsonNode status, Node peer) {
    for (JsonNode each : status.path("peers")) {
      if (each.path("peer").asText().equals(peer.name())) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
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
    for (Node from : nodes) {
      JsonNode status = status(from);
      for (Node to : nodes) {
        String address = to.underlay().getHostAddress() + ":";
        if (!to.equals(from)
            && peer(status, to)
                .filter(peer -> peer.path("direct").asBoolean())
                .filter(peer -> peer.path("endpoint").asText().startsWith(address))
                .isEmpty()) {
          return Optional.of(from.name() + " has no direct path to " + to.name());
        }
      }
    }
    return Optional.empty();
  }

  private void pingEveryPair() throws InterruptedException {
    for (Node from : nodes) {
      for (Node to : nodes) {
        if (!to.equals(from)) {
          for (InetAddress address : addresses(to)) {
            ping(from, to, address);
          }
        }
      }
    }
  }

  private void ping(Node from, Node to, InetAddress address) throws InterruptedException {
    KernelPing ping = KernelPing.measure(namespaces, from.index(), address, PINGS);
    story.result(
        "ping",
        "kernel ping "
            + from.name()
            + " to "
            + to.name()
            + " at "
            + address.getHostAddress()
            + ": "
            + ping,
        Map.of(
            "from",
            from.name(),
            "to",
            to.name(),
            "address",
            address.getHostAddress(),
            "sent",
            ping.sent(),
            "answered",
            ping.answered()));
    if (!ping.allAnswered()) {
      throw new Failure(
          Examples.FAILED,
          "only "
              + ping.answered()
              + " of "
              + ping.sent()
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
  private record Counters(long sent, long received, long inAll) {}

  private Counters counters(Node node, Node peer) throws InterruptedException {
    JsonNode status = status(node);
    JsonNode with = peer(status, peer).orElseThrow();
    long inAll = 0;
    for (JsonNode each : status.path("peers")) {
      inAll += each.path("sent-packets").asLong() + each.path("received-packets").asLong();
    }
    return new Counters(
        with.path("sent-packets").asLong(), with.path("received-packets").asLong(), inAll);
  }

  /** The echoes between two access points are counted by these two, and by the root not at all. */
  private void proveDirectPath() throws InterruptedException {
    List<Node> accessPoints = accessPoints();
    if (accessPoints.size() < 2) {
      story.say("one access point alone: no path between access points to prove");
      return;
    }
    Node first = accessPoints.get(0);
    Node second = accessPoints.get(1);
    Node root = nodes.stream().filter(Node::root).findFirst().orElseThrow();
    JsonNode seen = peer(status(first), second).orElseThrow();
    String endpoint = seen.path("endpoint").asText();
    story.result(
        "proof",
        first.name()
            + " has "
            + second.name()
            + " at "
            + endpoint
            + ", "
            + seen.path("learned").asText()
            + ", with a completed handshake",
        Map.of("endpoint", endpoint));
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

  private boolean proved(Node first, Node second, Node root) throws InterruptedException {
    long messages = story.serviceMessages();
    Counters firstBefore = counters(first, second);
    Counters secondBefore = counters(second, first);
    Counters rootBefore = counters(root, first);
    KernelPing ping =
        KernelPing.measure(namespaces, first.index(), addresses(second).getFirst(), PROOF_PINGS);
    Counters firstAfter = counters(first, second);
    Counters secondAfter = counters(second, first);
    Counters rootAfter = counters(root, first);
    // A message is counted before it is told: what came before the counters is told before these.
    for (Node node : List.of(first, second, root)) {
      var _ = status(node);
    }
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
        ping.allAnswered()
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
    for (Node node : nodes) {
      if (node.root()) {
        process(node).close();
        synchronized (this) {
          running.remove(node);
        }
        requireNothingLeft(node);
      }
    }
    story.say("the root node is closed, its interface is gone; the others go on:");
    for (Node from : accessPoints) {
      for (Node to : accessPoints) {
        if (!from.equals(to)) {
          ping(from, to, addresses(to).getFirst());
        }
      }
    }
  }

  private void requireNothingLeft(Node node) throws InterruptedException {
    String links = output(node, List.of("ip", "link"));
    if (links.contains(namespaces.interfaceName(node.index()))) {
      throw new Failure(Examples.FAILED, node.name() + " left its interface behind: " + links);
    }
  }

  private String output(Node node, List<String> command) throws InterruptedException {
    return SystemCommand.run(COMMAND_BOUND, namespaces.inside(node.index(), command))
        .output()
        .strip();
  }

  private void showStatus() throws InterruptedException {
    List<Node> left;
    synchronized (this) {
      left = List.copyOf(running.keySet());
    }
    List<String> table = new ArrayList<>();
    table.add(StatusTable.header().stripTrailing());
    for (Node node : left) {
      JsonNode status = status(node);
      Map<String, String> facts = new TreeMap<>();
      for (String fact : FACTS) {
        if (status.path("details").has(fact)) {
          facts.put(fact, status.path("details").path(fact).asText());
        }
      }
      story.result("interface", node.name() + ": " + words(facts), facts);
      story.say(
          node.name()
              + ": routes of the kernel: "
              + String.join(
                  ", ",
                  output(node, List.of("ip", "route", "show", "dev", interfaceName(node)))
                      .lines()
                      .map(line -> line.split(" ", 2)[0])
                      .toList()));
      for (JsonNode peer : status.path("peers")) {
        if (story.isJson()) {
          Map<String, Object> values = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> field : peer.properties()) {
            if (!field.getKey().equals("row")) {
              values.put(field.getKey(), field.getValue());
            }
          }
          story.result("status", "status", values);
        }
        table.add(peer.path("row").asText().stripTrailing());
      }
    }
    if (!story.isJson()) {
      table.forEach(story::say);
    }
  }

  private String interfaceName(Node node) {
    return namespaces.interfaceName(node.index());
  }

  private static String words(Map<String, String> facts) {
    return String.join(
        ", ",
        facts.entrySet().stream().map(fact -> fact.getKey() + " " + fact.getValue()).toList());
  }
}
