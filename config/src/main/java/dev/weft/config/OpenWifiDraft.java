// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The service object as far as it could be read. What is absent although it is needed has been
 * noted as a problem.
 *
 * @param hosts absent if they are no array
 */
record OpenWifiDraft(
    Located<Optional<PrivateKey>> privateKey,
    Located<OptionalInt> peerPort,
    Located<OptionalInt> pexPort,
    Optional<Node> root,
    Optional<List<Node>> hosts,
    Vxlan vxlan) {

  /** A value and the pointer to it. */
  record Located<T>(String pointer, T value) {}

  /** A node; the name is empty if it could not be read. */
  record Node(
      Located<String> name,
      Located<Optional<PublicKey>> key,
      Located<Optional<InetAddress>> endpoint,
      List<Located<InetAddress>> addresses,
      List<Located<IpPrefix>> subnets) {

    OpenWifiService.Node finish() {
      return new OpenWifiService.Node(
          name.value(),
          key.value().orElseThrow(),
          endpoint.value(),
          addresses.stream().map(Located::value).toList(),
          subnets.stream().map(Located::value).toList());
    }
  }

  /**
   * The parameters for Layer 2.
   *
   * @param present whether the document has any
   */
  record Vxlan(boolean present, Located<OptionalInt> port, boolean isolate) {}

  /** The root node if there is one, then the others. */
  List<Node> nodes() {
    List<Node> nodes = new ArrayList<>(root.stream().toList());
    hosts.ifPresent(nodes::addAll);
    return nodes;
  }

  /** The service; to be called only if no problem was found. */
  OpenWifiService finish() {
    return new OpenWifiService(
        privateKey.value().orElseThrow(),
        peerPort.value().orElseThrow(),
        pexPort.value().orElseThrow(),
        root.orElseThrow().finish(),
        hosts.orElseThrow().stream().map(Node::finish).toList(),
        new OpenWifiService.Vxlan(vxlan.port().value().orElseThrow(), vxlan.isolate()));
  }
}
