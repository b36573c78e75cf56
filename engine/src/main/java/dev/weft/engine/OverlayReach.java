// SPDX-License-Identifier: Apache-2.0

package dev.weft.engine;

import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The addresses that lie inside an overlay. Single addresses, of which there are as many as hosts,
 * are looked up; blocks, of which there are few, are tried. Immutable.
 *
 * @param hosts single addresses
 * @param blocks shorter prefixes
 */
record OverlayReach(Set<InetAddress> hosts, List<IpPrefix> blocks) {

  OverlayReach {
    hosts = Set.copyOf(hosts);
    blocks = List.copyOf(blocks);
  }

  /**
   * The reach of an overlay: the networks of its own addresses and what its peers may use. A
   * default route does not count, since nobody routes the underlay through it.
   */
  static OverlayReach of(List<InterfaceAddress> own, Collection<DesiredState.DesiredPeer> peers) {
    Set<InetAddress> hosts = new HashSet<>();
    Set<IpPrefix> blocks = new LinkedHashSet<>();
    for (InterfaceAddress address : own) {
      add(new IpPrefix(address.address(), address.prefixLength()), hosts, blocks);
    }
    for (DesiredState.DesiredPeer peer : peers) {
      for (IpPrefix prefix : peer.allowedIps()) {
        add(prefix, hosts, blocks);
      }
    }
    return new OverlayReach(hosts, List.copyOf(blocks));
  }

  private static void add(IpPrefix prefix, Set<InetAddress> hosts, Set<IpPrefix> blocks) {
    if (prefix.length() == prefix.address().getAddress().length * 8) {
      hosts.add(prefix.address());
    } else if (prefix.length() > 0) {
      blocks.add(prefix);
    }
  }

  /** Whether an underlay packet to the address would enter the overlay itself. */
  boolean contains(InetAddress address) {
    if (hosts.contains(address)) {
      return true;
    }
    for (IpPrefix block : blocks) {
      if (block.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
