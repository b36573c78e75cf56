// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.systemtests.interop.CommandResult;
import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.nio.file.Files;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is there while the program runs, and that nothing is left of it afterwards. */
final class LifecycleIT extends TunScenarios {

  private static final int IFF_TUN_NO_PI = 0x1001;
  private static final int IFF_VNET_HDR = 0x4000;

  private static boolean hasInterface(WireGuard wireGuard) {
    CommandResult result = wireGuard.namespace().run("ip", "link", "show", "dev", wireGuard.name());
    return result.exitStatus() == 0;
  }

  private static void assertNothingIsLeft(WireGuard ended) {
    assertFalse(hasInterface(ended), "the interface is left");
    assertFalse(Files.exists(ended.socket()), "the socket is left");
  }

  private Tunnel workingTunnel() {
    Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, false);
    tunnel.assertWorks(false);
    return tunnel;
  }

  @Test
  void nothingIsLeftWhenTheInputEnds() {
    try (Tunnel tunnel = workingTunnel()) {
      tunnel.left().endInput();
      assertEquals(OptionalInt.of(0), tunnel.left().awaitEnd());
      assertNothingIsLeft(tunnel.left());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void nothingIsLeftAfterASignal(String signal) {
    try (Tunnel tunnel = workingTunnel();
        TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
      tunnel.left().signal(signal);
      OptionalInt status = tunnel.left().awaitEnd();
      assertEquals(OptionalInt.of(signal.equals("TERM") ? 143 : 130), status, tunnel.left()::log);
      assertNothingIsLeft(tunnel.left());
      assertTrue(flow.arrived() >= 0);
      assertFalse(tunnel.left().log().contains("Exception"), tunnel.left()::log);
    }
  }

  @Test
  void aNewProgramTakesTheNameOfOneThatWasKilled() {
    Underlay underlay = Underlay.open(lab());
    WireGuard right = start(underlay, End.RIGHT, Kind.WIREGUARD_GO);
    String name = underlay.interfaceName(End.LEFT);
    try (WireGuard killed = WireGuard.ours(underlay.left(), name)) {
      killed.signal("KILL");
      assertTrue(killed.awaitEnd().isPresent());
      assertFalse(hasInterface(killed), "the kernel removes the interface");
      assertTrue(Files.exists(killed.socket()), "nobody removes the socket");
    }
    try (Tunnel tunnel =
        Tunnel.join(underlay, WireGuard.ours(underlay.left(), name), right, false)) {
      tunnel.assertWorks(false);
    }
  }

  @Test
  void aSecondProgramWithTheSameNameIsRefusedAndTheFirstGoesOn() {
    try (Tunnel tunnel = workingTunnel()) {
      String name = tunnel.left().name();
      // In another namespace the interface's name is free, but not the socket's.
      for (Namespace namespace : List.of(tunnel.underlay().left(), tunnel.underlay().middle())) {
        AssertionError refused =
            assertThrows(AssertionError.class, () -> WireGuard.ours(namespace, name));
        assertTrue(
            String.valueOf(refused.getMessage()).contains("making interface " + name + " failed"),
            refused::getMessage);
      }
      assertTrue(Files.exists(tunnel.left().socket()));
      tunnel.assertWorks(true);
    }
  }

  @Test
  void theProgramEndsAndSaysWhyWhenItsInterfaceIsDeleted() {
    try (Tunnel tunnel = workingTunnel()) {
      tunnel.underlay().left().ip("link del " + tunnel.left().name());
      assertEquals(OptionalInt.of(0), tunnel.left().awaitEnd(), tunnel.left()::log);
      assertTrue(
          tunnel.left().log().contains("interface " + tunnel.left().name() + " was removed"),
          tunnel.left()::log);
      assertNothingIsLeft(tunnel.left());
    }
  }

  @Test
  void theProgramOfTwoWorkersEndsToo() {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, true, "-Dweft.workers=2")) {
      tunnel.assertWorks(true);
      tunnel.underlay().left().ip("link del " + tunnel.left().name());
      assertEquals(OptionalInt.of(0), tunnel.left().awaitEnd(), tunnel.left()::log);
      assertNothingIsLeft(tunnel.left());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterfaceThatExistsIsAdopted(boolean vnetHeader) {
    Underlay underlay = Underlay.open(lab());
    WireGuard left =
        WireGuard.adopting(
            underlay.left(),
            underlay.interfaceName(End.LEFT),
            IFF_TUN_NO_PI | (vnetHeader ? IFF_VNET_HDR : 0));
    WireGuard right = start(underlay, End.RIGHT, Kind.WIREGUARD_GO);
    try (Tunnel tunnel = Tunnel.join(underlay, left, right, false)) {
      tunnel.assertWorks(false);
      tunnel.assertPings(End.LEFT, true, IntStream.rangeClosed(1, 100));
      assertEquals(8 << 20, tunnel.assertTcp(End.LEFT, false, 4 << 20).octets());
      String expected = vnetHeader ? "on" : "off";
      assertEquals(expected, left.status().get("offload-vnet-header"));
      assertEquals(expected, left.status().get("offload-tso"));
      // Of the underlay's offloads the interface says nothing.
      assertEquals("on", left.status().get("offload-udp-segment"));
    }
    assertNothingIsLeft(left);
  }

  @Test
  void iperf3RunsThroughTheTunnel() {
    try (Tunnel tunnel = workingTunnel()) {
      String server =
          "ip netns exec %s iperf3 -s -1 -D -B 192.168.77.2 --pidfile /run/iperf3.pid; sleep 0.5;"
              .formatted(tunnel.underlay().right().name());
      for (String options : List.of("", "-R", "-u -b 50M", "-P 4", "-6")) {
        String address = options.equals("-6") ? "fd77::2" : "192.168.77.2";
        CommandResult result =
            tunnel
                .underlay()
                .lab()
                .shell(
                    server.replace("192.168.77.2", address)
                        + " ip netns exec %s iperf3 -c %s -t 1 %s"
                            .formatted(tunnel.underlay().left().name(), address, options));
        assertEquals(0, result.exitStatus(), result::toString);
        assertNotEquals("", result.output());
      }
    }
  }
}
