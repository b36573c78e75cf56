// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets of every size arrive unchanged, whatever is on and whoever is at the other end. */
final class EverySizeIT extends TunScenarios {

  private static final String OFFLOADS_OFF = "-Dweft.offloads.off=true";
  private static final String TWO_WORKERS = "-Dweft.workers=2";
  private static final long TCP_OCTETS = 4 << 20;

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void fromUsToWireguardGo(boolean ipv6Underlay, boolean offloads) {
    assertEverySizePasses(Kind.OURS, Kind.WIREGUARD_GO, ipv6Underlay, offloads);
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void fromWireguardGoToUs(boolean ipv6Underlay, boolean offloads) {
    assertEverySizePasses(Kind.WIREGUARD_GO, Kind.OURS, ipv6Underlay, offloads);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void betweenTwoOfOurs(boolean ipv6Underlay) {
    assertEverySizePasses(Kind.OURS, Kind.OURS, ipv6Underlay, true);
  }

  @Test
  void betweenTwoOfOursOfWhichOneHasNoOffloads() {
    Underlay underlay = Underlay.open(lab());
    WireGuard left = start(underlay, End.LEFT, Kind.OURS, OFFLOADS_OFF);
    WireGuard right = start(underlay, End.RIGHT, Kind.OURS);
    try (Tunnel tunnel = Tunnel.join(underlay, left, right, false)) {
      assertEverySizePasses(tunnel);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withTwoWorkersAndSeveralConnections(boolean ipv6Underlay) {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, ipv6Underlay, TWO_WORKERS)) {
      assertEverySizePasses(tunnel);
      assertEquals("2", tunnel.left().status().get("workers"));
      List<TcpFlow> flows =
          IntStream.range(0, 8)
              .mapToObj(
                  i ->
                      tunnel.tcp(
                          i % 2 == 0 ? End.LEFT : End.RIGHT, i % 4 < 2, TcpFlow.Plan.of(1 << 20)))
              .toList();
      for (TcpFlow flow : flows) {
        try (flow) {
          assertEquals(2 << 20, flow.await(Duration.ofSeconds(60)).octets());
        }
      }
    }
  }

  private void assertEverySizePasses(
      Kind leftKind, Kind rightKind, boolean ipv6Underlay, boolean offloads) {
    String[] options = offloads ? new String[0] : new String[] {OFFLOADS_OFF};
    try (Tunnel tunnel = tunnel(leftKind, rightKind, ipv6Underlay, options)) {
      assertEverySizePasses(tunnel);
      Map<String, String> status =
          (leftKind == Kind.OURS ? tunnel.left() : tunnel.right()).status();
      String expected = offloads ? "on" : "off";
      for (String offload : List.of("tso", "coalescing", "udp-segment", "udp-gro")) {
        assertEquals(expected, status.get("offload-" + offload), status::toString);
      }
      if (offloads) {
        assertTrue(Long.parseLong(status.get("interface-merged-packets")) > 0, status::toString);
      }
    }
  }

  /** The first packet, from the left, waits for the handshake. */
  private static void assertEverySizePasses(Tunnel tunnel) {
    for (boolean ipv6 : List.of(false, true)) {
      for (End from : End.values()) {
        int mostPing = Tunnel.MTU_OCTETS - (ipv6 ? 48 : 28);
        tunnel.assertPings(from, ipv6, IntStream.rangeClosed(0, mostPing));
        tunnel.assertUdp(from, ipv6, IntStream.rangeClosed(0, mostPing));
        // Fragments.
        IntStream larger = IntStream.of(mostPing + 1, 2000, 2800, 2801, 9000, 30_000, 60_000);
        tunnel.assertPings(from, ipv6, larger);
        larger = IntStream.of(mostPing + 1, 2000, 2800, 2801, 9000, 30_000, 60_000);
        tunnel.assertUdp(from, ipv6, larger);
      }
      assertEquals(
          2 * TCP_OCTETS, tunnel.assertTcp(End.LEFT, ipv6, TCP_OCTETS).octets(), tunnel::report);
      assertEquals(
          2 * TCP_OCTETS, tunnel.assertTcp(End.RIGHT, ipv6, TCP_OCTETS).octets(), tunnel::report);
    }
  }
}
