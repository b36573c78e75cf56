// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.config.OpenWifiDraft.Located;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** Reads the members of the service object. Source: OpenWiFi §1. */
final class OpenWifiReader {

  private static final Set<String> SERVICE =
      Set.of(
          "proto", "private-key", "peer-port", "peer-exchange-port", "root-node", "hosts", "vxlan");
  private static final Set<String> ROOT = Set.of("key", "endpoint", "ipaddr");
  private static final Set<String> HOST = Set.of("name", "key", "endpoint", "subnet", "ipaddr");
  private static final Set<String> VXLAN = Set.of("port", "mtu", "isolate");

  private static final int MAX_PORT = 65535;
  private static final int DEFAULT_PEER_PORT = 3456;
  private static final int DEFAULT_PEX_PORT = 3458;
  private static final int DEFAULT_VXLAN_PORT = 4789;
  private static final int MIN_MTU = 256;

  private final Members service;
  private final Problems problems;

  OpenWifiReader(Members service, Problems problems) {
    this.service = service;
    this.problems = problems;
  }

  OpenWifiDraft read() {
    service.warnOfOthers(SERVICE);
    service
        .text("proto")
        .filter(proto -> !proto.equals("wireguard-overlay"))
        .ifPresent(
            proto ->
                problems.add(service.at("proto"), Describe.text(proto), "\"wireguard-overlay\""));
    Located<Optional<PrivateKey>> privateKey =
        new Located<>(service.at("private-key"), key(service, "private-key", KeyText::privateKey));
    Located<OptionalInt> peerPort = port(service, "peer-port", DEFAULT_PEER_PORT);
    Located<OptionalInt> pexPort = port(service, "peer-exchange-port", DEFAULT_PEX_PORT);
    Optional<OpenWifiDraft.Node> root = root();
    Optional<List<OpenWifiDraft.Node>> hosts = hosts();
    OpenWifiDraft.Vxlan vxlan = vxlan();
    return new OpenWifiDraft(privateKey, peerPort, pexPort, root, hosts, vxlan);
  }

  private Optional<OpenWifiDraft.Node> root() {
    if (!service.has("root-node")) {
      problems.add(
          service.at("root-node"), Problems.ABSENT, "an object with key, endpoint, ipaddr");
      return Optional.empty();
    }
    return service
        .object("root-node")
        .map(
            members -> {
              members.warnOfOthers(ROOT);
              if (!members.has("endpoint")) {
                problems.add(members.at("endpoint"), Problems.ABSENT, "the public IPv4 address");
              }
              if (!members.has("ipaddr")) {
                problems.add(members.at("ipaddr"), Problems.ABSENT, "an array of IP addresses");
              }
              OpenWifiDraft.Node node =
                  node(
                      members,
                      new Located<>(members.at("name"), OpenWifiService.GATEWAY),
                      List.of());
              if (members.get("ipaddr").orElse(null) instanceof Json.Arr(List<Json> elements)
                  && elements.isEmpty()) {
                problems.add(members.at("ipaddr"), "an empty array", "at least one IP address");
              }
              return node;
            });
  }

  private Optional<List<OpenWifiDraft.Node>> hosts() {
    if (!service.has("hosts")) {
      return Optional.of(List.of());
    }
    return service
        .array("hosts")
        .map(
            elements -> {
              List<OpenWifiDraft.Node> nodes = new ArrayList<>();
              for (int i = 0; i < elements.size(); i++) {
                service
                    .asObject(elements.get(i), Pointer.child(service.at("hosts"), i))
                    .flatMap(this::host)
                    .ifPresent(nodes::add);
              }
              return nodes;
            });
  }

  private Optional<OpenWifiDraft.Node> host(Members members) {
    boolean unnamed =
        !members.has("name")
            || (members.get("name").orElse(null) instanceof Json.Text(String text)
                && text.isEmpty());
    if (unnamed) {
      // As the renderer of the access point does. OpenWiFi §1.
      problems.warn(members.at("name"), "is missing; the host is skipped");
      return Optional.empty();
    }
    members.warnOfOthers(HOST);
    String name = members.text("name").orElse("");
    List<Located<IpPrefix>> subnets = list(members, "subnet", IpText::prefix, "address/bits");
    return Optional.of(node(members, new Located<>(members.at("name"), name), subnets));
  }

  private OpenWifiDraft.Node node(
      Members members, Located<String> name, List<Located<IpPrefix>> subnets) {
    return new OpenWifiDraft.Node(
        name,
        new Located<>(members.at("key"), key(members, "key", KeyText::publicKey)),
        new Located<>(members.at("endpoint"), endpoint(members)),
        list(members, "ipaddr", IpText::address, "an IP address"),
        subnets);
  }

  private <K> Optional<K> key(Members members, String name, Function<String, Optional<K>> decode) {
    if (!members.has(name)) {
      problems.add(members.at(name), Problems.ABSENT, KeyText.ALLOWED);
      return Optional.empty();
    }
    Optional<String> text = members.text(name);
    Optional<K> key = text.flatMap(decode);
    if (text.isPresent() && key.isEmpty()) {
      problems.add(members.at(name), KeyText.found(text.get()), KeyText.ALLOWED);
    }
    return key;
  }

  private Optional<InetAddress> endpoint(Members members) {
    Optional<String> text = members.text("endpoint");
    Optional<InetAddress> address =
        text.flatMap(IpText::address)
            .filter(a -> !a.isAnyLocalAddress() && !a.isMulticastAddress());
    if (text.isPresent() && address.isEmpty()) {
      problems.add(
          members.at("endpoint"),
          Describe.text(text.get()),
          "the IPv4 address of one host, without port");
    }
    if (address.isPresent() && address.get() instanceof Inet6Address) {
      problems.warn(
          members.at("endpoint"),
          "is an IPv6 address: it works here, but unetd cannot read it without brackets");
    }
    return address;
  }

  private <T> List<Located<T>> list(
      Members members, String name, Function<String, Optional<T>> read, String allowed) {
    List<Located<T>> values = new ArrayList<>();
    List<Json> elements = members.array(name).orElse(List.of());
    for (int i = 0; i < elements.size(); i++) {
      String pointer = Pointer.child(members.at(name), i);
      Optional<T> value =
          elements.get(i) instanceof Json.Text(String text) ? read.apply(text) : Optional.empty();
      if (value.isPresent()) {
        values.add(new Located<>(pointer, value.get()));
      } else {
        problems.add(pointer, Describe.value(elements.get(i)), allowed);
      }
    }
    return values;
  }

  private OpenWifiDraft.Vxlan vxlan() {
    Optional<Members> members = service.object("vxlan");
    if (members.isEmpty()) {
      return new OpenWifiDraft.Vxlan(
          service.has("vxlan"),
          new Located<>(
              Pointer.child(service.at("vxlan"), "port"), OptionalInt.of(DEFAULT_VXLAN_PORT)),
          true);
    }
    members.get().warnOfOthers(VXLAN);
    Located<OptionalInt> port = port(members.get(), "port", DEFAULT_VXLAN_PORT);
    // Accepted, and never used by the renderer either. OpenWiFi §1.
    members.get().integer("mtu", MIN_MTU, MAX_PORT);
    return new OpenWifiDraft.Vxlan(true, port, members.get().bool("isolate").orElse(true));
  }

  /** The port; absent only after a problem. */
  private static Located<OptionalInt> port(Members members, String name, int defaultPort) {
    OptionalInt port =
        members.has(name) ? members.integer(name, 1, MAX_PORT) : OptionalInt.of(defaultPort);
    return new Located<>(members.at(name), port);
  }
}
