// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Traffic of overlays with a TUN interface, with the kernel's stack and with the SDK's calls. */
@Tag("tun")
@ExtendWith(TunCondition.class)
@Timeout(300)
class TrafficIT {

  private static final String TUN = "wtt" + ProcessHandle.current().pid();
  private static final PrivateKey KEY_A = PrivateKey.generate();
  private static final PrivateKey KEY_B = PrivateKey.generate();
  private static final int PORT_A = 51820;
  private static final int PORT_B = 51821;

  /** Where each is in the underlay, and the other way round only by its default route. */
  private static final String UNDERLAY_A = "198.51.100.1";

  private static final String UNDERLAY_B = "192.0.2.2";

  private Netns left = Netns.make();
  private Netns right = left;

  @BeforeEach
  void makeUnderlay() {
    right = left.makeNeighbour("198.51.100.1/24", "198.51.100.2/24");
    left.sh("ip route add default via 198.51.100.2");
    right.sh("ip addr add " + UNDERLAY_B + "/32 dev lo; ip route add default via 198.51.100.1");
  }

  @AfterEach
  void removeNamespaces() {
    right.close();
    left.close();
  }

  private static String[] overlayA(String verb, String... allowed) {
    List<String> words =
        new ArrayList<>(
            List.of(
                verb,
                "a",
                "private-key=" + KEY_A.exportBase64(),
                "tun=" + TUN + "a",
                "port=" + PORT_A,
                "address=10.99.0.1/24",
                "address=fd99::1/64"));
    if (allowed.length > 0) {
      words.add(
          "peer="
              + KEY_B.publicKey()
              + ";endpoint="
              + UNDERLAY_B
              + ":"
              + PORT_B
              + ";allowed="
              + String.join(",", allowed));
    }
    return words.toArray(String[]::new);
  }

  private static String[] overlayB(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "open",
                "b",
                "private-key=" + KEY_B.exportBase64(),
                "port=" + PORT_B,
                "bind=" + UNDERLAY_B,
                "address=10.99.0.2/24",
                "address=fd99::2/64",
                "peer="
                    + KEY_A.publicKey()
                    + ";endpoint="
                    + UNDERLAY_A
                    + ":"
                    + PORT_A
                    + ";allowed=10.99.0.1/32,fd99::1/128"));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  /** From kernel to kernel, and from overlay to overlay, both ways and in both versions of IP. */
  @Test
  void theKernelAndTheOverlayShareAnInterface() {
    try (NodeProcess a = NodeProcess.start(left);
        NodeProcess b = NodeProcess.start(right)) {
      a.ask(overlayA("open", "10.99.0.2/32", "fd99::2/128"));
      b.ask(overlayB("tun=" + TUN + "b"));
      for (String target : List.of("10.99.0.2", "fd99::2")) {
        assertEquals(5, left.ping(target, 5), target);
        assertTrue(Long.parseLong(a.ask("ping", "a", target)) > 0);
        assertTrue(b.ask("echo", "b", target, "7777").contains("7777"));
        assertEquals("hello", a.ask("datagram", "a", target, "7777", "hello"));
      }
      for (String target : List.of("10.99.0.1", "fd99::1")) {
        assertEquals(5, right.ping(target, 5), target);
        assertTrue(Long.parseLong(b.ask("ping", "b", target)) > 0);
        a.ask("echo", "a", target, "7777");
        assertEquals("hello", b.ask("datagram", "b", target, "7777", "hello"));
      }
      String status = a.ask("status", "a");
      for (String fact :
          List.of(
              "aead=",
              "aead-order=",
              "offload-",
              "interface=" + TUN + "a",
              "port-kind=tun",
              "mtu-octets=1420",
              "mark=")) {
        assertTrue(status.contains(fact), fact + " is not in " + status);
      }
      assertFalse(status.contains("problems="), status);
    }
  }

  /** The other end needs no privilege: its stack is in its process. */
  @Test
  void anInterfaceTalksToANodeInAProcess() {
    try (NodeProcess a = NodeProcess.start(left);
        NodeProcess b = NodeProcess.startUnprivileged(right)) {
      a.ask(overlayA("open", "10.99.0.2/32", "fd99::2/128"));
      b.ask(overlayB());
      for (String target : List.of("10.99.0.2", "fd99::2")) {
        assertEquals(5, left.ping(target, 5), target);
        b.ask("echo", "b", target, "7777");
        assertEquals("hello", a.ask("datagram", "a", target, "7777", "hello"));
      }
      for (String target : List.of("10.99.0.1", "fd99::1")) {
        assertTrue(Long.parseLong(b.ask("ping", "b", target)) > 0);
        a.ask("echo", "a", target, "7777");
        assertEquals("hello", b.ask("datagram", "b", target, "7777", "hello"));
      }
    }
  }

  /** The peer's endpoint is reached over the default route too, and not through the tunnel. */
  @Test
  void aDefaultRouteThroughTheTunnelSparesTheUnderlay() {
    right.sh("ip addr add 203.0.113.1/32 dev lo; ip addr add 2001:db8:f::1/128 dev lo");
    try (NodeProcess a = NodeProcess.start(left);
        NodeProcess b = NodeProcess.start(right)) {
      a.ask(overlayA("open", "0.0.0.0/0", "::/0"));
      b.ask(overlayB("tun=" + TUN + "b"));
      assertTrue(left.sh("ip route get " + UNDERLAY_B).contains(TUN + "a"));
      assertEquals(5, left.ping("203.0.113.1", 5));
      assertEquals(5, left.ping("2001:db8:f::1", 5));
      assertEquals(5, left.ping("10.99.0.2", 5));
      assertEquals(5, right.ping("10.99.0.1", 5));
      // New sockets carry the mark as well.
      a.ask("rebind", "a");
      assertEquals(5, left.ping("203.0.113.1", 5));
    }
  }

  /** Linux then drops the datagrams of peers, since the way back to them is the tunnel. */
  @Test
  void aStrictReversePathFilterIsReported() {
    left.sh("cd /proc/sys/net/ipv4/conf; echo 0 > all/rp_filter; echo 1 > eth0/rp_filter");
    try (NodeProcess a = NodeProcess.start(left);
        NodeProcess b = NodeProcess.start(right)) {
      a.ask(overlayA("open", "0.0.0.0/0"));
      b.ask(overlayB("tun=" + TUN + "b"));
      assertEquals(0, left.pingInVain("10.99.0.2", 1));
      String status = a.ask("status", "a");
      assertTrue(status.contains("net.ipv4.conf.eth0.rp_filter to 2"), status);
      left.sh("echo 2 > /proc/sys/net/ipv4/conf/eth0/rp_filter");
      assertTrue(Long.parseLong(a.ask("ping", "a", "10.99.0.2")) > 0);
      assertEquals(5, left.ping("10.99.0.2", 5));
    }
  }

  @Test
  void aChangeOfPeersAndAddressesChangesTheKernelsTables() {
    try (NodeProcess a = NodeProcess.start(left)) {
      a.ask(overlayA("open"));
      assertFalse(left.sh("ip route show table all").contains("10.55.0.0/16"));
      a.ask(overlayA("update", "10.55.0.0/16", "fd55::/48"));
      assertTrue(left.sh("ip route get 10.55.7.7").contains(TUN + "a"));
      assertTrue(left.sh("ip -6 route get fd55::7").contains(TUN + "a"));
      a.ask(overlayA("update", "10.66.0.0/16", "0.0.0.0/0"));
      assertTrue(left.sh("ip route show table all").contains("10.66.0.0/16"));
      assertFalse(left.sh("ip route show table all").contains("10.55.0.0/16"));
      assertFalse(left.sh("ip -6 route show table all").contains("fd55::/48"));
      assertTrue(left.sh("ip rule").contains("fwmark"));
      List<String> words = new ArrayList<>(List.of(overlayA("update")));
      words.removeIf(word -> word.startsWith("address=10."));
      words.add("address=10.98.0.1/24");
      a.ask(words.toArray(String[]::new));
      assertFalse(left.sh("ip rule").contains("fwmark"));
      String addresses = left.sh("ip addr show " + TUN + "a");
      assertTrue(addresses.contains("10.98.0.1/24"), addresses);
      assertFalse(addresses.contains("10.99.0.1/24"), addresses);
    }
  }

  @Test
  void aNetworkWithAnotherPortMovesTheSockets() {
    try (NodeProcess a = NodeProcess.start(left)) {
      List<String> words = new ArrayList<>(List.of(overlayA("open")));
      words.removeIf(word -> word.startsWith("port="));
      words.add("network-port=51999");
      a.ask(words.toArray(String[]::new));
      assertTrue(a.ask("status", "a").contains(":51999"));
      assertTrue(udpPorts().contains(51_999));
      words.set(0, "update");
      words.set(words.size() - 1, "network-port=52001");
      a.ask(words.toArray(String[]::new));
      assertTrue(a.ask("status", "a").contains(":52001"));
      assertTrue(udpPorts().contains(52_001));
      assertFalse(udpPorts().contains(51_999));
    }
  }

  /** The ports of UDP sockets of the left namespace; its second column has address and port. */
  private List<Integer> udpPorts() {
    return left.sh("tail -q -n +2 /proc/net/udp /proc/net/udp6")
        .lines()
        .map(line -> line.strip().split("\\s+", 3)[1])
        .map(place -> Integer.parseInt(place.substring(place.indexOf(':') + 1), 16))
        .toList();
  }

  @Test
  void aSuspendedOverlayIsSilentAndGoesOnAfterwards() {
    try (NodeProcess a = NodeProcess.start(left);
        NodeProcess b = NodeProcess.start(right)) {
      a.ask(overlayA("open", "10.99.0.2/32", "fd99::2/128"));
      b.ask(overlayB("tun=" + TUN + "b"));
      assertEquals(3, left.ping("10.99.0.2", 3));
      a.ask("suspend", "a");
      assertEquals(0, left.pingInVain("10.99.0.2", 3));
      assertTrue(a.refusal("ping", "a", "10.99.0.2").contains("PingException"));
      a.ask("resume", "a");
      assertEquals(3, left.ping("10.99.0.2", 3));
      assertEquals(3, right.ping("10.99.0.1", 3));
    }
  }
}
