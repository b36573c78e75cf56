// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the host's programs see of packets that lead nowhere, or are too long. */
@Tag("tun")
@Timeout(120)
@ExtendWith(IfaceCondition.class)
final class UnreachableIT {

  private static final int CONNECT_MILLIS = 10_000;

  @Test
  void anAddressOfNoPeerIsUnreachable() {
    try (Pair pair = Pair.open()) {
      String output = pair.leftHost().attempt("ping -n -c 1 -W 5 192.168.77.99");
      assertTrue(output.contains("Destination Host Unreachable"), output);
      output = pair.leftHost().attempt("ping -n -c 1 -W 5 fd77::99");
      assertTrue(output.contains("Destination unreachable: Address unreachable"), output);
      assertEquals(2, pair.left().device().counts().unreachableAnswers());
    }
  }

  @Test
  void aPeerWithoutEndpointIsUnreachableUntilItIsHeardOf() {
    try (Pair pair = Pair.open()) {
      String output = pair.rightHost().attempt("ping -n -c 1 -W 5 192.168.77.1");
      assertTrue(output.contains("Destination Host Unreachable"), output);
      output = pair.rightHost().attempt("ping -n -c 1 -W 5 fd77::1");
      assertTrue(output.contains("Destination unreachable: Address unreachable"), output);
      pair.awaitPing();
      output = pair.rightHost().attempt("ping -n -c 1 -W 5 192.168.77.1");
      assertTrue(output.contains(" 0% packet loss"), output);
      assertEquals(2, pair.right().device().counts().unreachableAnswers());
    }
  }

  @Test
  void aConnectionToNobodyFailsAtOnce() {
    try (Pair pair = Pair.open()) {
      for (String address : new String[] {"192.168.77.99", "fd77::99"}) {
        assertThrows(
            NoRouteToHostException.class,
            () -> {
              try {
                var _ =
                    pair.leftHost()
                        .call(
                            () -> {
                              try (Socket socket = new Socket()) {
                                socket.connect(new InetSocketAddress(address, 80), CONNECT_MILLIS);
                                return 0;
                              }
                            });
              } catch (AssertionError e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            });
      }
    }
  }

  @Test
  void aFloodToNobodyGetsFewAnswers() {
    try (Pair pair = Pair.open()) {
      Flood.send(pair.leftHost(), "192.168.77.99", 2000, 100);
      Pair.until("the flood is dropped", () -> pair.left().drops("no-route") > 500);
      long answers = pair.left().device().counts().unreachableAnswers();
      assertTrue(answers >= 10 && answers <= 200, answers + " answers");
    }
  }

  @Test
  void theHostItselfRefusesWhatIsLongerThanTheMtu() {
    try (Pair pair = Pair.open().awaitPing()) {
      pair.assertPing("192.168.77.2", "-M do -s " + (Iface.MTU_OCTETS - 28));
      pair.assertPing("fd77::2", "-M do -s " + (Iface.MTU_OCTETS - 48));
      String output =
          pair.leftHost()
              .attempt("ping -n -c 1 -W 2 -M do -s " + (Iface.MTU_OCTETS - 27) + " 192.168.77.2");
      assertTrue(output.toLowerCase(Locale.ROOT).contains("message too long"), output);
      output =
          pair.leftHost()
              .attempt("ping -n -c 1 -W 2 -M do -s " + (Iface.MTU_OCTETS - 47) + " fd77::2");
      assertTrue(output.toLowerCase(Locale.ROOT).contains("message too long"), output);
    }
  }

  @Test
  void tooBigOfARouterBehindTheTunnelArrives() {
    try (Pair pair = Pair.open()) {
      // Behind the right host is a network with a smaller MTU.
      pair.rightHost()
          .shell(
              "ip link add far0 type veth peer name far1; ip link set far0 up mtu 1300;"
                  + "ip link set far1 up; ip address add 172.30.0.1/24 dev far0;"
                  + "ip address add fd30::1/64 dev far0 nodad;"
                  + "echo 1 > /proc/sys/net/ipv4/ip_forward;"
                  + "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding;"
                  + "ip neigh add 172.30.0.9 lladdr 02:00:00:00:00:09 dev far0;"
                  + "ip neigh add fd30::9 lladdr 02:00:00:00:00:09 dev far0");
      pair.left()
          .peer(
              pair.right().publicKey(),
              Pair.RIGHT_ENDPOINT,
              "192.168.77.2/32",
              "fd77::2/128",
              "172.30.0.0/24",
              "fd30::/64");
      pair.leftHost()
          .shell(
              "ip route add 172.30.0.0/24 dev %1$s; ip route add fd30::/64 dev %1$s"
                  .formatted(pair.left().name()));
      pair.awaitPing();
      String output = pair.leftHost().attempt("ping -n -c 1 -W 3 -M do -s 1300 172.30.0.9");
      assertTrue(output.contains("Frag needed and DF set (mtu = 1300)"), output);
      output = pair.leftHost().attempt("ping -n -c 1 -W 3 -M do -s 1300 fd30::9");
      assertTrue(output.contains("Packet too big: mtu=1300"), output);
    }
  }
}
