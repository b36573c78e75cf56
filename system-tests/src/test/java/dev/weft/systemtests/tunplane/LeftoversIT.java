// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tunplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nothing of an overlay with a TUN interface stays behind, however it ends. */
@Tag("tun")
@ExtendWith(TunCondition.class)
@Timeout(300)
class LeftoversIT {

  private static final String TUN = "wtl" + ProcessHandle.current().pid();
  private static final String KEY = PrivateKey.generate().exportBase64();
  private static final String OTHER_KEY = PrivateKey.generate().exportBase64();

  private Netns here = Netns.make();
  private Netns there = here;
  private List<String> before = List.of();

  @BeforeEach
  void makeUnderlay() {
    there = here.makeNeighbour("198.51.100.1/24", "198.51.100.2/24");
    here.sh("ip route add default via 198.51.100.2");
    before = here.state();
  }

  @AfterEach
  void removeNamespaces() throws IOException {
    there.close();
    here.close();
    // Of a program that was killed: the next of that name would replace it, or wg remove it.
    Files.deleteIfExists(Path.of("/var/run/wireguard", TUN + ".sock"));
  }

  /** An overlay with all that leaves traces: addresses, routes, rules of both versions of IP. */
  private static String[] open(String verb, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                verb,
                "a",
                "private-key=" + KEY,
                "tun=" + TUN,
                "mtu=1380",
                "address=10.99.0.1/24",
                "address=fd99::1/64",
                "peer="
                    + PrivateKey.parse(OTHER_KEY).publicKey()
                    + ";endpoint=198.51.100.2:51820;allowed=0.0.0.0/0,::/0",
                "peer="
                    + PrivateKey.generate().publicKey()
                    + ";endpoint=203.0.113.7:51820;allowed=10.99.0.3/32,203.0.113.0/24"));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  private void assertThere() {
    String links = here.sh("ip -d link show " + TUN);
    assertTrue(links.contains("mtu 1380"), links);
    String addresses = here.sh("ip addr show " + TUN);
    assertTrue(addresses.contains("10.99.0.1/24"), addresses);
    assertTrue(addresses.contains("fd99::1/64"), addresses);
    // Plain packets go into the tunnel, what the tunnel sends does not.
    assertTrue(here.sh("ip route get 192.0.2.1").contains(TUN));
    assertTrue(here.sh("ip route get 203.0.113.7").contains(TUN));
    assertTrue(here.sh("ip -6 route get 2001:db8::1").contains(TUN));
    String mark =
        here.sh("ip rule")
            .lines()
            .filter(line -> line.contains("not from all fwmark"))
            .findFirst()
            .orElseThrow()
            .replaceFirst(".*fwmark (0x[0-9a-f]+).*", "$1");
    assertTrue(here.sh("ip route get 203.0.113.7 mark " + mark).contains("eth0"));
    assertEquals(1, Netns.configurationSockets(TUN).size());
  }

  private void assertNothingLeft() {
    assertSame(before);
    assertEquals(List.of(), Netns.configurationSockets(TUN));
  }

  /** Tells only what differs. */
  private void assertSame(List<String> expected) {
    List<String> more = new ArrayList<>(here.state());
    List<String> less = new ArrayList<>(expected);
    expected.forEach(more::remove);
    here.state().forEach(less::remove);
    assertEquals("gone [], new []", "gone " + less + ", new " + more);
  }

  @Test
  void afterAnOrdinaryEnd() {
    try (NodeProcess node = NodeProcess.start(here)) {
      node.ask(open("open"));
      assertThere();
      node.ask("close", "a");
      assertNothingLeft();
      // And once more, in the same process.
      node.ask(open("open"));
      assertThere();
      node.ask("close", "a");
      assertNothingLeft();
    }
  }

  @Test
  void afterSigterm() {
    endBy("TERM", 128 + 15);
  }

  @Test
  void afterSigint() {
    endBy("INT", 128 + 2);
  }

  private void endBy(String signal, int status) {
    try (NodeProcess node = NodeProcess.start(here)) {
      node.ask(open("open"));
      assertThere();
      assertEquals(status, node.signal(signal));
      assertNothingLeft();
    }
  }

  @Test
  void afterSigkillAndTheNextStart() {
    try (NodeProcess node = NodeProcess.start(here)) {
      node.ask(open("open"));
      assertThere();
      node.signal("KILL");
    }
    // Otherwise the rest would prove nothing.
    assertNotEquals(before, here.state());
    try (NodeProcess next = NodeProcess.start(here)) {
      next.ask(open("open"));
      assertThere();
      next.ask("close", "a");
    }
    assertNothingLeft();
  }

  @Test
  void afterSigkillAndTheStartOfAnotherInterface() {
    try (NodeProcess node = NodeProcess.start(here)) {
      node.ask(open("open"));
      node.signal("KILL");
    }
    try (NodeProcess next = NodeProcess.start(here)) {
      next.ask("open", "b", "private-key=" + OTHER_KEY, "tun=" + TUN + "b", "address=10.98.0.1/24");
      next.ask("close", "b");
    }
    assertSame(before);
  }

  @Test
  void afterClosingOnTheWayUp() {
    try (NodeProcess node = NodeProcess.start(here)) {
      List<String> words = new ArrayList<>(List.of(open("open")));
      words.set(0, "churn");
      words.set(1, "100");
      words.add(2, "7");
      int ready = Integer.parseInt(node.ask(words.toArray(String[]::new)));
      assertTrue(ready > 10 && ready < 100, ready + " of 100 were ready before they were closed");
      assertNothingLeft();
    }
  }

  @Test
  void afterAnInterfaceWhoseNameIsTaken() {
    here.sh("ip link add " + TUN + " type veth peer name other");
    List<String> taken = here.state();
    try (NodeProcess node = NodeProcess.start(here)) {
      String refusal = node.refusal(open("open"));
      assertTrue(refusal.startsWith("dev.weft.overlay.OverlayException: "), refusal);
      assertTrue(refusal.contains(TUN), refusal);
      assertTrue(refusal.contains("another name"), refusal);
    }
    assertSame(taken);
    assertEquals(List.of(), Netns.configurationSockets(TUN));
  }

  @Test
  void afterAnInterfaceThatAnotherProcessHas() {
    try (NodeProcess first = NodeProcess.start(here);
        NodeProcess second = NodeProcess.start(here)) {
      first.ask(open("open"));
      List<String> running = here.state();
      String refusal = second.refusal(open("open"));
      assertTrue(refusal.startsWith("dev.weft.overlay.OverlayException: "), refusal);
      assertTrue(refusal.contains(TUN), refusal);
      assertTrue(refusal.contains("another process"), refusal);
      assertSame(running);
      assertThere();
      first.ask("close", "a");
    }
    assertNothingLeft();
  }

  @Test
  void withoutThePrivilegeThereIsNoPlane() {
    try (NodeProcess node =
        NodeProcess.start(
            here,
            List.of("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"),
            List.of("--enable-native-access=ALL-UNNAMED"))) {
      String refusal = node.refusal(open("open"));
      assertTrue(refusal.startsWith("dev.weft.overlay.DataPlaneUnavailableException: "), refusal);
      assertTrue(refusal.contains("CAP_NET_ADMIN"), refusal);
      assertTrue(refusal.contains("remedy: run on Linux as root"), refusal);
    }
    assertNothingLeft();
  }

  @Test
  void withoutNativeAccessThereIsNoPlane() {
    try (NodeProcess node =
        NodeProcess.start(here, List.of(), List.of("--illegal-native-access=deny"))) {
      for (int i = 0; i < 2; i++) {
        String refusal = node.refusal(open("open"));
        assertTrue(refusal.startsWith("dev.weft.overlay.DataPlaneUnavailableException: "), refusal);
        assertTrue(refusal.contains("native access"), refusal);
      }
    }
    assertNothingLeft();
  }
}
