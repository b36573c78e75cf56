// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.util.List;

/**
 * The underlay and the inner addresses of one tunnel. Two veth pairs, {@code aN} and {@code bN} at
 * both ends, join the namespaces; each end reaches the other's address on {@code a} by way of
 * {@code b} too, with a worse metric. An end that loses its {@code a} therefore goes on from
 * another address, as a host does that leaves one network for another.
 *
 * <pre>
 *   ours                                   peer
 *   aN 10.N.1.1 fd00:N:1::1 -------------- aN 10.N.1.2 fd00:N:1::2
 *   bN 10.N.2.1 fd00:N:2::1 -------------- bN 10.N.2.2 fd00:N:2::2
 *   inside: 192.168.N.1 fd77:N::1          192.168.N.2 fd77:N::2
 * </pre>
 *
 * @param number N, 1 to 99
 */
record Link(int number) {

  Link {
    if (number < 1 || number > 99) {
      throw new IllegalArgumentException("link " + number + " is not in 1 to 99");
    }
  }

  /** Our underlay address on link {@code a} or {@code b}. */
  InetAddress ourUnderlay(char link, boolean ipv6) {
    return underlay(link, ipv6, 1);
  }

  /** The peer's underlay address on link {@code a} or {@code b}. */
  InetAddress peerUnderlay(char link, boolean ipv6) {
    return underlay(link, ipv6, 2);
  }

  /** Our address inside the tunnel. */
  InetAddress ourInner(boolean ipv6) {
    return inner(ipv6, 1);
  }

  /** The peer's address inside the tunnel. */
  InetAddress peerInner(boolean ipv6) {
    return inner(ipv6, 2);
  }

  /** Our interface's addresses. */
  List<InterfaceAddress> ourAddresses() {
    return List.of(
        new InterfaceAddress(ourInner(false), 24), new InterfaceAddress(ourInner(true), 64));
  }

  /** The peer's interface's addresses. */
  List<InterfaceAddress> peerAddresses() {
    return List.of(
        new InterfaceAddress(peerInner(false), 24), new InterfaceAddress(peerInner(true), 64));
  }

  /** What we allow the peer to use. */
  List<IpPrefix> peerPrefixes() {
    return List.of(IpPrefix.host(peerInner(false)), IpPrefix.host(peerInner(true)));
  }

  /** What the peer allows us to use. */
  List<IpPrefix> ourPrefixes() {
    return List.of(IpPrefix.host(ourInner(false)), IpPrefix.host(ourInner(true)));
  }

  /**
   * A script after which an end comes from its address on {@code b}. wireguard-go 0.0.20220316
   * keeps to the interface it last used. With IPv4 only a new route makes it let go at once, with
   * IPv6 only the loss of the address; otherwise it is silent until its next handshake.
   */
  String moveToB(String namespace, boolean ipv6) {
    if (ipv6) {
      return loseA(namespace);
    }
    int other = namespace.equals(Lab.OURS) ? 2 : 1;
    return "ip -n %s route add %s/32 via %s"
        .formatted(namespace, text(underlay('a', false, other)), text(underlay('b', false, other)));
  }

  /** A script after which an end has neither link {@code a} nor an address on it. */
  String loseA(String namespace) {
    return """
        ip -n %1$s address flush dev a%2$d
        ip -n %1$s link set a%2$d down
        """
        .formatted(namespace, number);
  }

  /** A script that makes the veth pairs. */
  String setUp() {
    StringBuilder script = new StringBuilder();
    for (char link : new char[] {'a', 'b'}) {
      String device = link + Integer.toString(number);
      script.append(
          "ip link add %s netns ours type veth peer name %s netns peer%n"
              .formatted(device, device));
      for (int host = 1; host <= 2; host++) {
        script.append(
            """
            ip -n %1$s address add %2$s/24 dev %4$s
            ip -n %1$s address add %3$s/64 dev %4$s nodad
            ip -n %1$s link set %4$s up
            """
                .formatted(
                    namespace(host),
                    text(underlay(link, false, host)),
                    text(underlay(link, true, host)),
                    device));
      }
    }
    for (int host = 1; host <= 2; host++) {
      int other = 3 - host;
      script.append(
          """
          ip -n %1$s route add 10.%2$d.1.0/24 via %3$s metric 2000
          ip -n %1$s route add fd00:%2$d:1::/64 via %4$s metric 2000
          """
              .formatted(
                  namespace(host),
                  number,
                  text(underlay('b', false, other)),
                  text(underlay('b', true, other))));
    }
    return script.toString();
  }

  private static String namespace(int host) {
    return host == 1 ? Lab.OURS : Lab.PEER;
  }

  private InetAddress underlay(char link, boolean ipv6, int host) {
    int network = link - 'a' + 1;
    return InetAddress.ofLiteral(
        ipv6
            ? "fd00:%d:%d::%d".formatted(number, network, host)
            : "10.%d.%d.%d".formatted(number, network, host));
  }

  private InetAddress inner(boolean ipv6, int host) {
    return InetAddress.ofLiteral(
        ipv6 ? "fd77:%d::%d".formatted(number, host) : "192.168.%d.%d".formatted(number, host));
  }

  private static String text(InetAddress address) {
    return address.getHostAddress();
  }
}
