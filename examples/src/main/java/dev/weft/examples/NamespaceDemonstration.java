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
  private final MeshStory mesh;
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
    mesh =
        new MeshStory(
            nodes.stream().map(node -> new MeshStory.Node(node.name(), node.root())).toList(),
            new Processes(),
            story);
    mesh.requireEnough();
  }

  /** Runs it to its end. */
  int run() throws IOException, InterruptedException {
    Thread hook = new Thread(this::stop, "weft-close");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      namespaces.make();
      open();
      mesh.tell();
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

  private static Optional<JsonNode> peer(JsonNode status, Node peer) {
    for (JsonNode each : status.path("peers")) {
      if (each.path("peer").asText().equals(peer.name())) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
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

  /** The nodes in their namespaces. */
  private final class Processes implements MeshStory.Nodes {

    private Node node(String name) {
      return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
    }

    @Override
    public boolean hasDirectPath(String node, String peer) throws InterruptedException {
      String address = node(peer).underlay().getHostAddress() + ":";
      return peer(status(node(node)), node(peer))
          .filter(status -> status.path("direct").asBoolean())
          .filter(status -> status.path("endpoint").asText().startsWith(address))
          .isPresent();
    }

    @Override
    public List<InetAddress> addresses(String node) {
      return addresses.getOrDefault(node(node), List.of());
    }

    @Override
    public String pingName() {
      return "kernel ping";
    }

    @Override
    public Echoes ping(String node, InetAddress target, int count) throws InterruptedException {
      return KernelPing.measure(namespaces, node(node).index(), target, count);
    }

    @Override
    public MeshStory.Path path(String node, String peer) throws InterruptedException {
      JsonNode seen = peer(status(node(node)), node(peer)).orElseThrow();
      return new MeshStory.Path(seen.path("endpoint").asText(), seen.path("learned").asText());
    }

    @Override
    public MeshStory.Counters counters(String node, String peer) throws InterruptedException {
      JsonNode status = status(node(node));
      JsonNode with = peer(status, node(peer)).orElseThrow();
      long inAll = 0;
      for (JsonNode each : status.path("peers")) {
        inAll += each.path("sent-packets").asLong() + each.path("received-packets").asLong();
      }
      return new MeshStory.Counters(
          with.path("sent-packets").asLong(), with.path("received-packets").asLong(), inAll);
    }

    /** A message is counted before it is told: what was counted is told before a next answer. */
    @Override
    public void awaitStory() throws InterruptedException {
      for (Node node : nodes) {
        var _ = status(node);
      }
    }

    @Override
    public String close(String name) throws InterruptedException {
      Node node = node(name);
      process(node).close();
      synchronized (NamespaceDemonstration.this) {
        running.remove(node);
      }
      requireNothingLeft(node);
      return ", its interface is gone";
    }
  }
}
