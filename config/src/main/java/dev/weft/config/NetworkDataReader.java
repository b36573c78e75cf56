// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads network data as leniently as its other readers do. Source: PEX §3.2. */
final class NetworkDataReader {

  private static final String WHAT = "the network data";
  private static final String INTEGER = "a whole number of 32 bits";

  private static final Set<String> SECTIONS = Set.of("config", "hosts", "services");
  private static final Set<String> SETTINGS =
      Set.of("id", "port", "peer-exchange-port", "keepalive", "stun-servers", "rounds", "salt");
  private static final Set<String> HOST =
      Set.of(
          "name",
          "key",
          "ipaddr",
          "subnet",
          "port",
          "peer-exchange-port",
          "endpoint",
          "groups",
          "gateway",
          "meta");
  private static final Set<String> SERVICE = Set.of("type", "config", "members");

  private static final String LOCAL_PEERS = "the local peers";

  private final Problems problems = new Problems(WHAT);

  private NetworkDataReader() {}

  static NetworkData.Reading read(String text) {
    JsonText json = JsonText.parse(WHAT, text);
    if (!(json.root() instanceof Json.Obj root)) {
      throw Problems.single(WHAT, "", Describe.type(json.root()), "an object");
    }
    NetworkDataReader reader = new NetworkDataReader();
    for (String duplicate : json.duplicates()) {
      reader.problems.warn(duplicate, "occurs more than once; the last one counts");
    }
    NetworkData data = reader.data(new Members(root, "", reader.problems, true));
    return new NetworkData.Reading(data, reader.problems.warnings());
  }

  /** Reads data that are a part of another document. */
  static NetworkData read(Json.Obj object, String pointer, Problems problems) {
    NetworkDataReader reader = new NetworkDataReader();
    NetworkData data = reader.data(new Members(object, pointer, reader.problems, true));
    reader.problems.warnings().forEach(w -> problems.warn(w.location(), w.message()));
    return data;
  }

  /** Reads a document of local peers: an object from names to hosts. PEX §3.2. */
  static List<NetworkData.Host> localPeers(String text) {
    JsonText json = JsonText.parse(LOCAL_PEERS, text);
    if (!(json.root() instanceof Json.Obj root)) {
      throw Problems.single(LOCAL_PEERS, "", Describe.type(json.root()), "an object");
    }
    NetworkDataReader reader = new NetworkDataReader();
    List<NetworkData.Host> peers = new ArrayList<>();
    new Members(root, "", reader.problems, true)
        .objects()
        .forEach((name, members) -> reader.host(name, members).ifPresent(peers::add));
    return peers;
  }

  private NetworkData data(Members root) {
    root.warnOfOthers(SECTIONS);
    NetworkData.Settings settings =
        root.object("config").map(this::settings).orElseGet(NetworkDataReader::noSettings);
    List<NetworkData.Host> hosts = new ArrayList<>();
    root.object("hosts")
        .ifPresent(
            section ->
                section
                    .objects()
                    .forEach((name, members) -> host(name, members).ifPresent(hosts::add)));
    warnOfSharedKeys(hosts);
    List<NetworkData.Service> services = new ArrayList<>();
    root.object("services")
        .ifPresent(
            section ->
                section
                    .objects()
                    .forEach((name, members) -> service(name, members).ifPresent(services::add)));
    return new NetworkData(settings, hosts, services);
  }

  private NetworkData.Settings settings(Members members) {
    members.warnOfOthers(SETTINGS);
    return new NetworkData.Settings(
        members.text("id"),
        members.int32("port", INTEGER),
        members.int32("peer-exchange-port", INTEGER),
        members.int32("keepalive", INTEGER),
        members.texts("stun-servers").orElse(List.of()),
        members.int32("rounds", INTEGER),
        members.text("salt"));
  }

  private static NetworkData.Settings noSettings() {
    Json.Obj none = new Json.Obj(Map.of());
    return new NetworkDataReader().settings(new Members(none, "", new Problems(WHAT), true));
  }

  private Optional<NetworkData.Host> host(String name, Members members) {
    members.warnOfOthers(HOST);
    Optional<String> text = members.text("key");
    Optional<PublicKey> key = text.flatMap(KeyText::publicKey);
    if (key.isEmpty()) {
      problems.warn(
          members.at("key"),
          "has "
              + text.map(KeyText::found).orElse("no text")
              + ", not "
              + KeyText.ALLOWED
              + "; the host is ignored");
      return Optional.empty();
    }
    NetworkData.Host.Builder host = NetworkData.Host.builder(name, key.get());
    addresses(members).forEach(host::address);
    subnets(members).forEach(host::subnet);
    members.text("endpoint").ifPresent(value -> endpoint(members, value, host));
    members.int32("port", INTEGER).ifPresent(host::port);
    members.int32("peer-exchange-port", INTEGER).ifPresent(host::pexPort);
    host.groups(groups(members));
    members.text("gateway").ifPresent(host::gateway);
    members.textMap("meta").ifPresent(host::meta);
    return Optional.of(host.build());
  }

  private List<InetAddress> addresses(Members members) {
    List<InetAddress> addresses = new ArrayList<>();
    List<String> texts = members.texts("ipaddr").orElse(List.of());
    for (int i = 0; i < texts.size(); i++) {
      Optional<InetAddress> address = IpText.address(texts.get(i));
      address.ifPresent(addresses::add);
      if (address.isEmpty()) {
        ignored(Pointer.child(members.at("ipaddr"), i), texts.get(i), "an IP address");
      }
    }
    return addresses;
  }

  private List<IpPrefix> subnets(Members members) {
    List<IpPrefix> subnets = new ArrayList<>();
    List<String> texts = members.texts("subnet").orElse(List.of());
    for (int i = 0; i < texts.size(); i++) {
      Optional<IpPrefix> subnet = IpText.looseSubnet(texts.get(i));
      subnet.ifPresent(subnets::add);
      if (subnet.isEmpty()) {
        ignored(Pointer.child(members.at("subnet"), i), texts.get(i), "address/bits");
      }
    }
    return subnets;
  }

  private void endpoint(Members members, String text, NetworkData.Host.Builder host) {
    host.endpoint(text);
    if (IpText.endpoint(text, 1).isEmpty()) {
      ignored(members.at("endpoint"), text, "host, host:port, [v6] or [v6]:port");
    } else if (!text.startsWith("[") && text.indexOf(':') != text.lastIndexOf(':')) {
      problems.warn(
          members.at("endpoint"),
          "is an IPv6 address without brackets: read as one here, but not by unetd");
    }
  }

  /** Unlike in the other lists, an element that is no string does not spoil the rest. */
  private List<String> groups(Members members) {
    List<String> groups = new ArrayList<>();
    List<Json> elements = members.array("groups").orElse(List.of());
    for (int i = 0; i < elements.size(); i++) {
      if (elements.get(i) instanceof Json.Text(String text)) {
        groups.add(text);
      } else {
        members.wrongType(Pointer.child(members.at("groups"), i), elements.get(i), "a string");
      }
    }
    return groups;
  }

  private Optional<NetworkData.Service> service(String name, Members members) {
    members.warnOfOthers(SERVICE);
    Optional<List<String>> hosts = members.texts("members");
    if (hosts.isEmpty()) {
      problems.warn(members.at("members"), "is not a list of names; the service is ignored");
      return Optional.empty();
    }
    Map<String, Object> config = Map.of();
    if (members.object("config").isPresent()
        && members.get("config").orElseThrow() instanceof Json.Obj object) {
      config = ServiceValues.of(object);
    }
    return Optional.of(
        new NetworkData.Service(name, members.text("type").orElse(""), config, hosts.get()));
  }

  private void warnOfSharedKeys(List<NetworkData.Host> hosts) {
    Map<PublicKey, String> names = new HashMap<>();
    for (NetworkData.Host host : hosts) {
      String other = names.putIfAbsent(host.key(), host.name());
      if (other != null) {
        problems.warn("/hosts", "two hosts have the key " + host.key() + "; only one is used");
      }
    }
  }

  private void ignored(String location, String text, String allowed) {
    problems.warn(location, "is " + Describe.text(text) + ", not " + allowed + "; ignored");
  }
}
