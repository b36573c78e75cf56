// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.route;

import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which prefix goes into which table.
 *
 * @param main routes of the main table; those of the interface's addresses, which the kernel makes,
 *     included
 * @param own routes of the interface's own table, which marked packets do not see
 */
record RoutePlan(Set<IpPrefix> main, Set<IpPrefix> own) {

  /**
   * Plans the routes.
   *
   * @param allowedIps what the peers have
   * @param addresses of the interface; the kernel makes routes to their networks
   * @param underlayEndpoints what must be reached outside the tunnel
   */
  static RoutePlan of(
      Collection<IpPrefix> allowedIps,
      Collection<InterfaceAddress> addresses,
      Collection<InetAddress> underlayEndpoints) {
    Set<IpPrefix> connected = new LinkedHashSet<>();
    for (InterfaceAddress address : addresses) {
      IpPrefix network = new IpPrefix(address.address(), address.prefixLength());
      if (!network.equals(IpPrefix.host(address.address()))) {
        connected.add(network); // The route to a lone address is the local table's.
      }
    }
    Set<IpPrefix> own = new LinkedHashSet<>();
    Set<IpPrefix> main = new LinkedHashSet<>();
    for (IpPrefix network : connected) {
      (isCapturing(network, underlayEndpoints) ? own : main).add(network);
    }
    Set<IpPrefix> reached = Set.copyOf(main);
    for (IpPrefix prefix : allowedIps) {
      if (isCapturing(prefix, underlayEndpoints)) {
        own.add(prefix);
      } else if (!isCovered(prefix, reached)) {
        main.add(prefix);
      }
    }
    return new RoutePlan(main, own);
  }

  private static boolean isCapturing(IpPrefix prefix, Collection<InetAddress> endpoints) {
    return prefix.length() == 0 || endpoints.stream().anyMatch(prefix::contains);
  }

  private static boolean isCovered(IpPrefix prefix, Set<IpPrefix> networks) {
    return networks.stream()
        .anyMatch(
            network -> network.length() <= prefix.length() && network.contains(prefix.address()));
  }
}
