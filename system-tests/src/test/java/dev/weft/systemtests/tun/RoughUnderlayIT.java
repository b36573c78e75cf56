// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.systemtests.interop.Await;
import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An underlay that loses, repeats and reorders, moves its hosts and takes smaller packets. */
final class RoughUnderlayIT extends TunScenarios {

  private static final Relay.Faults ROUGH = new Relay.Faults(30, 20, 50);
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Duration ROAMING_BOUND = Duration.ofSeconds(15);

  private static Relay relay(Underlay underlay, boolean ipv6, Relay.Faults faults) {
    return new Relay(
        underlay.middle(),
        new InetSocketAddress(End.LEFT.router(ipv6), 0),
        new InetSocketAddress(End.RIGHT.underlay(ipv6), Tunnel.RIGHT_PORT),
        faults,
        1);
  }

  /** With a relay between both, of which neither knows. */
  private static Tunnel join(
      Underlay underlay, Relay relay, Kind leftKind, Kind rightKind, String... jvm) {
    return Tunnel.join(
        underlay,
        start(underlay, End.LEFT, leftKind, jvm),
        start(underlay, End.RIGHT, rightKind, jvm),
        Tunnel.endpoint(relay.address().getAddress(), relay.address().getPort()));
  }

  @ParameterizedTest
  @CsvSource({"OURS,WIREGUARD_GO,false", "WIREGUARD_GO,OURS,true", "OURS,OURS,false"})
  void contentArrivesThoughDatagramsAreLostRepeatedAndReordered(
      Kind leftKind, Kind rightKind, boolean ipv6) {
    Underlay underlay = Underlay.open(lab());
    try (Relay relay = relay(underlay, ipv6, ROUGH);
        Tunnel tunnel = join(underlay, relay, leftKind, rightKind)) {
      tunnel.assertWorks(ipv6);
      assertEquals(4 << 20, tunnel.assertTcp(End.LEFT, false, 2 << 20).octets());
      assertEquals(4 << 20, tunnel.assertTcp(End.RIGHT, true, 2 << 20).octets());
      assertTrue(relay.lost() > 0 && relay.repeated() > 0 && relay.reordered() > 0);
      WireGuard ours = leftKind == Kind.OURS ? tunnel.left() : tunnel.right();
      assertNotEquals(
          "0", ours.status().getOrDefault("drop-replayed", "0"), ours.status()::toString);
    }
  }

  @ParameterizedTest
  @CsvSource({"OURS,WIREGUARD_GO", "WIREGUARD_GO,OURS", "OURS,OURS"})
  void theSessionGoesOnWhenANatChangesThePort(Kind leftKind, Kind rightKind) {
    Underlay underlay = Underlay.open(lab());
    try (Relay relay = relay(underlay, false, Relay.Faults.NONE);
        Tunnel tunnel = join(underlay, relay, leftKind, rightKind)) {
      tunnel.assertWorks(false);
      WireGuard.PeerView before = tunnel.right().peer();
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
        for (int i = 0; i < 5; i++) {
          String endpoint = tunnel.right().peer().endpoint();
          relay.changePort();
          Await.until(
              "the right one answers to the new port",
              ROAMING_BOUND,
              () -> !tunnel.right().peer().endpoint().equals(endpoint));
        }
        assertTrue(flow.finish(BOUND).octets() > 0);
      }
      assertEquals(before.handshakeSeconds(), tunnel.right().peer().handshakeSeconds());
    }
  }

  /** Without wireguard-go on IPv4, which keeps to the address that is gone. */
  @ParameterizedTest
  @CsvSource({
    "OURS,WIREGUARD_GO,false",
    "OURS,WIREGUARD_GO,true",
    "OURS,OURS,false",
    "WIREGUARD_GO,OURS,true"
  })
  void theSessionGoesOnFromAnotherAddress(Kind leftKind, Kind rightKind, boolean ipv6) {
    try (Tunnel tunnel = tunnel(leftKind, rightKind, ipv6)) {
      tunnel.assertWorks(false);
      WireGuard.PeerView before = tunnel.right().peer();
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
        Await.until("traffic", ROAMING_BOUND, () -> flow.arrived() > 1 << 20);
        if (ipv6) {
          tunnel.underlay().left().ip("address add fd01::3/64 dev eth0 nodad");
          tunnel.underlay().left().ip("address del fd01::2/64 dev eth0");
        } else {
          var _ =
              tunnel
                  .underlay()
                  .left()
                  .run("bash", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries")
                  .orFail();
          tunnel.underlay().left().ip("address add 10.1.0.3/24 dev eth0");
          tunnel.underlay().left().ip("address del 10.1.0.2/24 dev eth0");
        }
        long arrived = flow.arrived();
        Await.until(
            "traffic from the new address",
            ROAMING_BOUND,
            () -> flow.arrived() > arrived + (4 << 20));
        assertTrue(flow.finish(BOUND).octets() > 0);
      }
      assertEquals(ipv6 ? "[fd01::3]:51820" : "10.1.0.3:51820", tunnel.right().peer().endpoint());
      assertEquals(before.handshakeSeconds(), tunnel.right().peer().handshakeSeconds());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "OURS,WIREGUARD_GO,false,true",
    "OURS,WIREGUARD_GO,true,true",
    "OURS,WIREGUARD_GO,false,false",
    "OURS,WIREGUARD_GO,true,false",
    "OURS,OURS,false,false"
  })
  void theTunnelSurvivesASmallerMtu(
      Kind leftKind, Kind rightKind, boolean ipv6, boolean onOwnLink) {
    try (Tunnel tunnel = tunnel(leftKind, rightKind, ipv6)) {
      tunnel.assertWorks(false);
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
        Await.until("traffic", ROAMING_BOUND, () -> flow.arrived() > 1 << 20);
        if (onOwnLink) {
          tunnel.underlay().left().ip("link set eth0 mtu 1300");
          tunnel.underlay().middle().ip("link set l0 mtu 1300");
        } else {
          tunnel.underlay().middle().ip("link set r0 mtu 1300");
          tunnel.underlay().right().ip("link set eth0 mtu 1300");
        }
        long arrived = flow.arrived();
        Await.until(
            "traffic through the smaller MTU",
            ROAMING_BOUND,
            () -> flow.arrived() > arrived + (4 << 20));
        assertTrue(flow.finish(BOUND).octets() > 0);
      }
      for (End end : End.values()) {
        try (EchoSocket echoes = tunnel.echoes(end, false)) {
          // Finding the path's MTU, once more where it was forgotten, costs a packet.
          var _ = echoes.ping(1392);
        }
      }
      tunnel.assertPings(End.LEFT, false, IntStream.of(0, 1000, 1200, 1300, 1392, 5000));
      tunnel.assertPings(End.RIGHT, false, IntStream.of(0, 1000, 1200, 1300, 1392, 5000));
      String destinations = tunnel.left().status().get("offload-udp-segment-given-up");
      assertEquals("1", destinations, tunnel::report);
    }
  }

  @ParameterizedTest
  @CsvSource({"false,2", "false,3", "true,2", "true,3"})
  void answersComeFromTheAddressThatWasAsked(boolean ipv6, int host) {
    Underlay underlay = Underlay.open(lab());
    String address = (ipv6 ? "fd02::" : "10.2.0.") + host;
    underlay.right().ip("address add 10.2.0.3/24 dev eth0");
    underlay.right().ip("address add fd02::3/64 dev eth0 nodad");
    String asked = Tunnel.endpoint(Underlay.address(address), Tunnel.RIGHT_PORT);
    WireGuard left = start(underlay, End.LEFT, Kind.WIREGUARD_GO);
    WireGuard right = start(underlay, End.RIGHT, Kind.OURS);
    try (Tunnel tunnel = Tunnel.join(underlay, left, right, asked)) {
      tunnel.awaitPing(End.LEFT, false, ROAMING_BOUND);
      assertEquals(asked, shortest(left.peer().endpoint()), tunnel::report);
      tunnel.assertPings(End.RIGHT, true, IntStream.rangeClosed(1, 20));
      assertEquals(asked, shortest(left.peer().endpoint()), tunnel::report);
      // With the address gone the route decides.
      var _ =
          underlay
              .right()
              .run("bash", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries")
              .orFail();
      underlay.right().ip("address del " + address + (ipv6 ? "/64" : "/24") + " dev eth0");
      tunnel.awaitPing(End.RIGHT, false, ROAMING_BOUND);
      String other = (ipv6 ? "fd02::" : "10.2.0.") + (5 - host);
      assertEquals(
          Tunnel.endpoint(Underlay.address(other), Tunnel.RIGHT_PORT),
          shortest(left.peer().endpoint()),
          tunnel::report);
    }
  }

  /** Java writes out the zeros of an IPv6 address, wg does not. */
  private static String shortest(String endpoint) {
    int colon = endpoint.lastIndexOf(':');
    String address = endpoint.substring(0, colon).replaceAll("[\\[\\]]", "");
    return Tunnel.endpoint(
        Underlay.address(address), Integer.parseInt(endpoint.substring(colon + 1)));
  }

  @ParameterizedTest
  @CsvSource({"false,1", "true,1", "false,2"})
  void markedDatagramsFollowTheRulesForTheirMark(boolean ipv6, int workers) {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, ipv6, "-Dweft.workers=" + workers)) {
      tunnel.assertWorks(false);
      Namespace left = tunnel.underlay().left();
      String ip = ipv6 ? "-6 " : "-4 ";
      left.ip(ip + "rule add fwmark 77 table 7777 priority 10");
      left.ip(ip + "route add blackhole default table 7777");
      tunnel.assertPings(End.LEFT, false, IntStream.of(100));
      tunnel.left().set("fwmark 77");
      try (EchoSocket echoes =
          new EchoSocket(left, End.RIGHT.inner(false), Duration.ofMillis(500))) {
        assertNotEquals("", echoes.ping(100), "a ping that was routed to a black hole");
      }
      left.ip(ip + "route del blackhole default table 7777");
      left.ip(
          ip + "route add default via " + End.LEFT.router(ipv6).getHostAddress() + " table 7777");
      left.ip(ip + "route del default");
      tunnel.awaitPing(End.LEFT, false, ROAMING_BOUND);
      tunnel.left().set("fwmark 0");
      try (EchoSocket echoes =
          new EchoSocket(left, End.RIGHT.inner(false), Duration.ofMillis(500))) {
        assertNotEquals("", echoes.ping(100), "a ping that has no route without a mark");
      }
      assertEquals("off", tunnel.left().wg("show " + tunnel.left().name() + " fwmark").strip());
    }
  }
}
