// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.DynamicNetwork;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads local network configurations. Unlike network data they are one person's document, so wrong
 * values are reported instead of ignored. Source: PEX §3.1.
 */
final class LocalNetworkReader {

  static final String WHAT = "the local network configuration";

  private static final int MAX_NAME = 15;
  private static final int MAX_KEEPALIVE = 65535;

  private static final Set<String> KNOWN =
      Set.of(
          "name",
          "type",
          "key",
          "auth_key",
          "file",
          "data",
          "keepalive",
          "interface",
          "update-cmd",
          "domain",
          "tunnels",
          "local_network",
          "auth_connect",
          "peer_data");
  private static final List<String> NOT_USED = List.of("interface", "update-cmd", "domain");

  private final Members root;
  private final Problems problems;

  private LocalNetworkReader(Members root, Problems problems) {
    this.root = root;
    this.problems = problems;
  }

  static LocalNetwork read(String text) {
    JsonText json = JsonText.parse(WHAT, text);
    if (!(json.root() instanceof Json.Obj object)) {
      throw Problems.single(WHAT, "", Describe.type(json.root()), "an object");
    }
    Problems problems = new Problems(WHAT);
    for (String duplicate : json.duplicates()) {
      if (duplicate.startsWith("/data/")) {
        problems.warn(duplicate, "occurs more than once; the last one counts");
      } else {
        problems.add(duplicate, "a name that occurs more than once", "each name once");
      }
    }
    Members root = new Members(object, "", problems, false);
    LocalNetworkReader reader = new LocalNetworkReader(root, problems);
    Optional<LocalNetwork> network = reader.network();
    problems.throwIfAny(json.order(problems.locations()));
    return network.orElseThrow();
  }

  /** The network; absent only after a problem. */
  private Optional<LocalNetwork> network() {
    root.warnOfOthers(KNOWN);
    for (String name : NOT_USED) {
      if (root.has(name)) {
        problems.warn(root.at(name), "is not used here");
      }
    }
    Optional<String> name = name();
    Optional<LocalNetwork.Type> type = type();
    Optional<PrivateKey> key =
        required("key", KeyText.ALLOWED)
            .flatMap(text -> key("key", text, KeyText.privateKey(text)));
    Optional<AuthKey> authKey =
        root.text("auth_key").flatMap(text -> key("auth_key", text, KeyText.authKey(text)));
    Optional<String> file = root.text("file");
    Optional<NetworkData> data =
        root.object("data")
            .flatMap(members -> root.get("data"))
            .map(value -> NetworkDataReader.read((Json.Obj) value, "/data", problems));
    type.ifPresent(this::requireSource);
    OptionalInt keepalive = root.integer("keepalive", Integer.MIN_VALUE, MAX_KEEPALIVE);
    Optional<String> interfaceName = root.text("interface");
    Optional<String> updateCommand = root.text("update-cmd");
    Optional<String> domain = root.text("domain");
    Map<String, String> tunnels = root.textMap("tunnels").orElse(Map.of());
    List<String> localNetworks = root.texts("local_network").orElse(List.of());
    List<String> authConnect = root.texts("auth_connect").orElse(List.of());
    for (int i = 0; i < authConnect.size(); i++) {
      if (IpText.endpoint(authConnect.get(i), DynamicNetwork.DEFAULT_PORT).isEmpty()) {
        problems.add(
            Pointer.child(root.at("auth_connect"), i),
            Describe.text(authConnect.get(i)),
            "host, host:port, [v6] or [v6]:port");
      }
    }
    List<String> peerData = root.texts("peer_data").orElse(List.of());
    if (!problems.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new LocalNetwork(
            name.orElseThrow(),
            type.orElseThrow(),
            key.orElseThrow(),
            authKey,
            file,
            data,
            keepalive,
            interfaceName,
            updateCommand,
            domain,
            tunnels,
            localNetworks,
            authConnect,
            peerData,
            problems.warnings()));
  }

  private Optional<String> name() {
    String allowed =
        "the interface's name: 1 to " + MAX_NAME + " characters without slash or space";
    Optional<String> name = required("name", allowed);
    boolean usable =
        name.isEmpty()
            || (!name.get().isEmpty()
                && name.get().length() <= MAX_NAME
                && name.get().chars().allMatch(c -> c > ' ' && c != '/'));
    if (!usable) {
      problems.add("/name", Describe.text(name.get()), allowed);
    }
    return name;
  }

  private Optional<LocalNetwork.Type> type() {
    if (!root.has("type")) {
      return Optional.of(LocalNetwork.Type.DYNAMIC);
    }
    Optional<String> text = root.text("type");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    return switch (text.get()) {
      case "", "dynamic" -> Optional.of(LocalNetwork.Type.DYNAMIC);
      case "file" -> Optional.of(LocalNetwork.Type.FILE);
      case "inline" -> Optional.of(LocalNetwork.Type.INLINE);
      default -> {
        problems.add("/type", Describe.text(text.get()), "dynamic, file or inline");
        yield Optional.empty();
      }
    };
  }

  private void requireSource(LocalNetwork.Type type) {
    switch (type) {
      case DYNAMIC -> requirePresence("auth_key", "the key that signs a dynamic network's data");
      case FILE -> requirePresence("file", "the name of the JSON file with the network data");
      case INLINE -> requirePresence("data", "an object with the network data");
    }
  }

  private void requirePresence(String name, String allowed) {
    if (!root.has(name)) {
      problems.add(root.at(name), Problems.ABSENT, allowed);
    }
  }

  private Optional<String> required(String name, String allowed) {
    requirePresence(name, allowed);
    return root.text(name);
  }

  private <K> Optional<K> key(String name, String text, Optional<K> key) {
    if (key.isEmpty()) {
      problems.add(root.at(name), KeyText.found(text), KeyText.ALLOWED);
    }
    return key;
  }
}
