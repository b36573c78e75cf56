// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.config.OpenWifiDraft.Located;
import dev.weft.config.OpenWifiDraft.Node;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalInt;
import java.util.TreeSet;

/** The checks between the fields of a service object. Source: OpenWiFi §6. */
final class OpenWifiChecks {

  /** The port of external PEX. PEX §17. */
  private static final int EXTERNAL_PEX_PORT = 51819;

  private static final String OTHER_PORT =
      "a port of its own, other than " + EXTERNAL_PEX_PORT + ", which is for external PEX";

  private final OpenWifiDraft draft;
  private final Problems problems;

  OpenWifiChecks(OpenWifiDraft draft, Problems problems) {
    this.draft = draft;
    this.problems = problems;
  }

  void run(Layer layer) {
    ports(layer);
    names();
    keys();
    addresses();
    subnets();
  }

  private void ports(Layer layer) {
    List<Located<OptionalInt>> ports = new ArrayList<>(List.of(draft.peerPort(), draft.pexPort()));
    if (layer == Layer.LAYER_2 || draft.vxlan().present()) {
      ports.add(draft.vxlan().port());
    }
    Map<Integer, String> seen = new HashMap<>();
    for (Located<OptionalInt> port : ports) {
      if (port.value().isEmpty()) {
        continue;
      }
      int number = port.value().getAsInt();
      String other = seen.putIfAbsent(number, port.pointer());
      if (other != null) {
        problems.add(port.pointer(), number + ", which is also " + other, OTHER_PORT);
      } else if (number == EXTERNAL_PEX_PORT) {
        problems.add(port.pointer(), Integer.toString(number), OTHER_PORT);
      }
    }
  }

  private void names() {
    Map<String, String> seen = new HashMap<>();
    for (Node host : draft.hosts().orElse(List.of())) {
      Located<String> name = host.name();
      if (name.value().isEmpty()) {
        continue;
      }
      if (name.value().equals(OpenWifiService.GATEWAY)) {
        problems.add(
            name.pointer(), "\"gateway\"", "another name: the root node is called gateway");
        continue;
      }
      String other = seen.putIfAbsent(name.value(), name.pointer());
      if (other != null) {
        problems.add(
            name.pointer(), Describe.text(name.value()) + ", as at " + other, "a name of its own");
      }
    }
  }

  private void keys() {
    Map<PublicKey, String> seen = new LinkedHashMap<>();
    boolean complete = draft.root().isPresent() && draft.hosts().isPresent();
    for (Node node : draft.nodes()) {
      if (node.key().value().isEmpty()) {
        complete = false;
        continue;
      }
      String other = seen.putIfAbsent(node.key().value().get(), node.key().pointer());
      if (other != null) {
        problems.add(node.key().pointer(), "the same key as at " + other, "a key of its own");
      }
    }
    boolean foreign =
        draft.privateKey().value().isPresent()
            && !seen.containsKey(draft.privateKey().value().get().publicKey());
    // If another key cannot be read, this one may well belong to it.
    if (complete && foreign) {
      problems.add(
          draft.privateKey().pointer(),
          "a key that belongs to no host of the document",
          "the private key of the root node or of one of the hosts");
    }
  }

  private void addresses() {
    Map<InetAddress, String> endpoints = new HashMap<>();
    for (Node node : draft.nodes()) {
      node.endpoint()
          .value()
          .ifPresent(address -> endpoints.putIfAbsent(address, node.endpoint().pointer()));
    }
    Map<InetAddress, String> seen = new HashMap<>();
    for (Node node : draft.nodes()) {
      for (Located<InetAddress> address : node.addresses()) {
        String text = address.value().getHostAddress();
        String other = seen.putIfAbsent(address.value(), address.pointer());
        if (other != null) {
          problems.add(address.pointer(), text + ", as at " + other, "an address of its own");
        }
        if (endpoints.containsKey(address.value())) {
          problems.warn(
              address.pointer(),
              text
                  + " is also the endpoint at "
                  + endpoints.get(address.value())
                  + ", which cannot be reached through the tunnel");
        }
      }
    }
  }

  private void subnets() {
    Map<IpPrefix, Owned> seen = new HashMap<>();
    List<Owned> all = new ArrayList<>();
    List<Node> nodes = draft.nodes();
    for (int owner = 0; owner < nodes.size(); owner++) {
      for (Located<IpPrefix> subnet : nodes.get(owner).subnets()) {
        Owned next = new Owned(subnet, owner, all.size());
        Owned first = seen.putIfAbsent(subnet.value(), next);
        all.add(next);
        if (first != null) {
          overlap(first, next);
        }
      }
    }
    // By the lengths that occur, not by pairs: a document can hold tens of thousands of subnets.
    NavigableSet<Integer> lengths = new TreeSet<>();
    seen.keySet().forEach(prefix -> lengths.add(prefix.length()));
    for (Owned subnet : all) {
      IpPrefix prefix = subnet.subnet.value();
      for (int length : lengths.headSet(prefix.length(), false)) {
        Owned around = seen.get(new IpPrefix(prefix.address(), length));
        if (around != null) {
          boolean before = around.order < subnet.order;
          overlap(before ? around : subnet, before ? subnet : around);
        }
      }
    }
    for (Node node : nodes) {
      node.endpoint().value().ifPresent(address -> covered(address, node, lengths, seen));
    }
  }

  private void overlap(Owned first, Owned second) {
    String found = second.subnet.value() + ", which overlaps " + first.subnet.value();
    String where = " at " + first.subnet.pointer();
    if (first.owner == second.owner) {
      problems.warn(second.subnet.pointer(), "is " + found + where);
    } else {
      problems.addOnce(second.subnet.pointer(), found + where, "networks that no other host has");
    }
  }

  private void covered(
      InetAddress endpoint, Node node, NavigableSet<Integer> lengths, Map<IpPrefix, Owned> seen) {
    int bits = endpoint.getAddress().length * 8;
    for (int length : lengths.headSet(bits, true)) {
      Owned around = seen.get(new IpPrefix(endpoint, length));
      if (around != null) {
        problems.addOnce(
            around.subnet.pointer(),
            around.subnet.value()
                + ", which covers "
                + endpoint.getHostAddress()
                + " at "
                + node.endpoint().pointer(),
            "networks without any host's endpoint");
      }
    }
  }

  /**
   * A subnet.
   *
   * @param owner the index of its node
   * @param order its place in the document
   */
  private record Owned(Located<IpPrefix> subnet, int owner, int order) {}
}
