// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.IpPrefix;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code wireguard-overlay} service of one device, checked, with defaults filled in. Source:
 * OpenWiFi §1.
 *
 * @param privateKey the key of this device
 * @param peerPort the WireGuard port of all nodes
 * @param pexPort the PEX port inside the tunnel
 * @param root the public node
 * @param hosts all other nodes
 * @param vxlan the parameters for Layer 2
 */
record OpenWifiService(
    PrivateKey privateKey, int peerPort, int pexPort, Node root, List<Node> hosts, Vxlan vxlan) {

  static final String GATEWAY = "gateway";
  static final String L2_SERVICE = "l2-tunnel";

  private static final String AP_GROUP = "ap";
  private static final int KEEPALIVE_SECONDS = 10;
  private static final IpPrefix DEFAULT_ROUTE = IpPrefix.parse("0.0.0.0/0");

  /**
   * A node.
   *
   * @param name its name; {@link #GATEWAY} for the root node
   * @param key its public key
   * @param endpoint its public address
   * @param addresses its overlay addresses
   * @param subnets networks routed to it
   */
  record Node(
      String name,
      PublicKey key,
      Optional<InetAddress> endpoint,
      List<InetAddress> addresses,
      List<IpPrefix> subnets) {}

  /**
   * The parameters for Layer 2.
   *
   * @param port the VXLAN UDP port
   * @param isolate whether frames are flooded to the root node only
   */
  record Vxlan(int port, boolean isolate) {}

  /** The root node, then the others. */
  List<Node> nodes() {
    List<Node> nodes = new ArrayList<>();
    nodes.add(root);
    nodes.addAll(hosts);
    return nodes;
  }

  /** The node whose key this device has. */
  Node local() {
    PublicKey key = privateKey.publicKey();
    return nodes().stream().filter(node -> node.key().equals(key)).findFirst().orElseThrow();
  }

  /** The network data that every device gets. Source: OpenWiFi §3. */
  NetworkData networkData(Layer layer) {
    List<NetworkData.Host> all = new ArrayList<>();
    NetworkData.Host.Builder gateway = host(root).groups(List.of(GATEWAY));
    if (layer == Layer.LAYER_3) {
      gateway.subnet(DEFAULT_ROUTE);
    }
    all.add(gateway.build());
    for (Node node : hosts) {
      all.add(host(node).groups(List.of(AP_GROUP)).build());
    }
    return new NetworkData(
        NetworkData.Settings.of(peerPort, pexPort, KEEPALIVE_SECONDS),
        all,
        layer == Layer.LAYER_2 ? List.of(l2Service()) : List.of());
  }

  private static NetworkData.Host.Builder host(Node node) {
    NetworkData.Host.Builder host = NetworkData.Host.builder(node.name(), node.key());
    node.endpoint().ifPresent(address -> host.endpoint(endpointText(address)));
    node.addresses().forEach(host::address);
    node.subnets().forEach(host::subnet);
    return host;
  }

  private static String endpointText(InetAddress address) {
    return address instanceof Inet6Address
        ? "[" + address.getHostAddress() + "]"
        : address.getHostAddress();
  }

  private NetworkData.Service l2Service() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("port", (long) vxlan.port());
    if (vxlan.isolate()) {
      config.put("forward_ports", List.of(GATEWAY));
    }
    return new NetworkData.Service(L2_SERVICE, "vxlan", config, List.of(GATEWAY, "@" + AP_GROUP));
  }
}
