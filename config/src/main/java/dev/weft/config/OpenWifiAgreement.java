// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.overlay.ConfigProblem;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares the documents of one network's devices with the first. Source: OpenWiFi §3, §6. */
final class OpenWifiAgreement {

  private static final String SAME = "the same in all documents";

  private final List<ConfigProblem> problems = new ArrayList<>();
  private final OpenWifiDocument first;
  private final OpenWifiDocument other;
  private final String otherLabel;

  private OpenWifiAgreement(OpenWifiDocument first, OpenWifiDocument other, int number) {
    this.first = first;
    this.other = other;
    this.otherLabel = label(other, number);
  }

  static List<ConfigProblem> problems(List<OpenWifiDocument> documents) {
    List<ConfigProblem> problems = new ArrayList<>();
    Map<String, Integer> owners = new HashMap<>();
    for (int i = 0; i < documents.size(); i++) {
      OpenWifiDocument document = documents.get(i);
      if (i > 0) {
        problems.addAll(new OpenWifiAgreement(documents.getFirst(), document, i + 1).compare());
      }
      Integer earlier = owners.putIfAbsent(document.localKey().toString(), i + 1);
      if (earlier != null) {
        problems.add(
            new ConfigProblem(
                "/private-key",
                label(document, i + 1) + ": the same key as document " + earlier,
                "each device once"));
      }
    }
    return problems;
  }

  private static String label(OpenWifiDocument document, int number) {
    return "document " + number + " (" + Describe.printable(document.localName()) + ")";
  }

  private List<ConfigProblem> compare() {
    OpenWifiService left = first.service();
    OpenWifiService right = other.service();
    same("/peer-port", left.peerPort(), right.peerPort());
    same("/peer-exchange-port", left.pexPort(), right.pexPort());
    node("/root-node", left.root(), right.root());
    hosts(left, right);
    if (first.layer() != other.layer()) {
      same("/vxlan", first.layer(), other.layer());
    } else if (first.layer() == Layer.LAYER_2) {
      same("/vxlan/port", left.vxlan().port(), right.vxlan().port());
      same("/vxlan/isolate", left.vxlan().isolate(), right.vxlan().isolate());
    }
    return problems;
  }

  private void hosts(OpenWifiService left, OpenWifiService right) {
    Map<String, OpenWifiService.Node> expected = new LinkedHashMap<>();
    left.hosts().forEach(node -> expected.put(node.name(), node));
    for (int i = 0; i < right.hosts().size(); i++) {
      OpenWifiService.Node node = right.hosts().get(i);
      OpenWifiService.Node match = expected.remove(node.name());
      String at = "/hosts/" + i;
      if (match == null) {
        problems.add(
            new ConfigProblem(
                at,
                otherLabel + ": " + Describe.text(node.name()) + ", which document 1 has not",
                SAME));
      } else {
        node(at, match, node);
      }
    }
    for (String name : expected.keySet()) {
      problems.add(
          new ConfigProblem(
              "/hosts",
              otherLabel + ": no " + Describe.text(name) + ", which document 1 has",
              SAME));
    }
  }

  private void node(String at, OpenWifiService.Node left, OpenWifiService.Node right) {
    same(at + "/key", left.key(), right.key());
    same(
        at + "/endpoint",
        addresses(left.endpoint().stream()),
        addresses(right.endpoint().stream()));
    same(
        at + "/ipaddr",
        addresses(left.addresses().stream()),
        addresses(right.addresses().stream()));
    same(at + "/subnet", subnets(left), subnets(right));
  }

  private static Set<String> addresses(Stream<InetAddress> addresses) {
    return addresses
        .map(InetAddress::getHostAddress)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> subnets(OpenWifiService.Node node) {
    return node.subnets().stream()
        .map(IpPrefix::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void same(String at, Object left, Object right) {
    if (!left.equals(right)) {
      problems.add(
          new ConfigProblem(at, otherLabel + ": " + right + "; document 1: " + left, SAME));
    }
  }
}
