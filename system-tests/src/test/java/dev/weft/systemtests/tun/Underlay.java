// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/**
 * Two hosts and a router between them, each a network namespace.
 *
 * <pre>
 *   left  eth0 10.1.0.2 fd01::2 -- 10.1.0.1 fd01::1 l0  middle  r0 10.2.0.1 fd02::1 -- right eth0
 *                                                                       10.2.0.2 fd02::2
 *   inside: left 192.168.77.1 fd77::1, right 192.168.77.2 fd77::2
 * </pre>
 *
 * @param number unique in the lab
 */
record Underlay(TunLab lab, int number, Namespace left, Namespace middle, Namespace right) {

  /** One of the two hosts. */
  enum End {
    LEFT(1),
    RIGHT(2);

    private final int number;

    End(int number) {
      this.number = number;
    }

    End other() {
      return this == LEFT ? RIGHT : LEFT;
    }

    /** The host's first address of the underlay. */
    InetAddress underlay(boolean ipv6) {
      int net = number;
      return address(ipv6 ? "fd0" + net + "::2" : "10." + net + ".0.2");
    }

    /** The router's address on the host's link. */
    InetAddress router(boolean ipv6) {
      int net = number;
      return address(ipv6 ? "fd0" + net + "::1" : "10." + net + ".0.1");
    }

    /** The host's address in the tunnel. */
    InetAddress inner(boolean ipv6) {
      int host = number;
      return address(ipv6 ? "fd77::" + host : "192.168.77." + host);
    }

    /** What the host may use in the tunnel. */
    String allowedIps() {
      return inner(false).getHostAddress() + "/32," + inner(true).getHostAddress() + "/128";
    }
  }

  /** Makes the namespaces. */
  static Underlay open(TunLab lab) {
    int number = lab.nextNumber();
    Underlay underlay =
        new Underlay(
            lab,
            number,
            new Namespace(lab, "l" + number),
            new Namespace(lab, "m" + number),
            new Namespace(lab, "r" + number));
    lab.shell(
            """
            for n in l%1$d m%1$d r%1$d; do
              ip netns add $n
              ip -n $n link set lo up
              ip netns exec $n bash -c 'echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range'
            done
            ip -n m%1$d link add l0 type veth peer name eth0 netns l%1$d
            ip -n m%1$d link add r0 type veth peer name eth0 netns r%1$d
            ip netns exec m%1$d bash -c 'echo 1 > /proc/sys/net/ipv4/ip_forward
              echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
            net=1
            for side in l r; do
              ip -n m%1$d address add 10.$net.0.1/24 dev ${side}0
              ip -n m%1$d address add fd0$net::1/64 dev ${side}0 nodad
              ip -n m%1$d link set ${side}0 up
              ip -n ${side}%1$d address add 10.$net.0.2/24 dev eth0
              ip -n ${side}%1$d address add fd0$net::2/64 dev eth0 nodad
              ip -n ${side}%1$d link set eth0 up
              ip -n ${side}%1$d route add default via 10.$net.0.1
              ip -n ${side}%1$d route add default via fd0$net::1
              net=2
            done
            """
                .formatted(number))
        .orFail();
    return underlay;
  }

  Namespace of(End end) {
    return end == End.LEFT ? left : right;
  }

  /** A name for an interface of a host. */
  String interfaceName(End end) {
    return "w" + number + end.name().substring(0, 1).toLowerCase(Locale.ROOT);
  }

  static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
