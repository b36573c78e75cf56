// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.systemtests.interop.Await;
import dev.weft.systemtests.tun.Underlay.End;
import dev.weft.systemtests.tun.WireGuard.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** An interface is reconfigured while it carries packets. */
final class LiveConfigurationIT extends TunScenarios {

  private static final int CHANGES = 1000;
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofSeconds(15);

  @Test
  void thousandChangesDoNotDisturbATcpConnection() {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, false)) {
      tunnel.assertWorks(false);
      WireGuard.PeerView before = tunnel.left().peer();
      String peer = Uapi.hex(tunnel.right().key().publicKey().toString());
      SplittableRandom random = new SplittableRandom(7);
      List<String> others = new ArrayList<>();
      TcpFlow.Result result;
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless());
          Uapi uapi = new Uapi(tunnel.left())) {
        Await.until("traffic", SHORT, () -> flow.arrived() > 1 << 20);
        for (int i = 0; i < CHANGES; i++) {
          assertEquals("errno=0", uapi.set(change(random, peer, others)), "change " + i);
        }
        long arrived = flow.arrived();
        Await.until("traffic after it all", SHORT, () -> flow.arrived() > arrived + (1 << 20));
        result = flow.finish(BOUND);
      }
      assertTrue(result.longestGap().compareTo(Duration.ofSeconds(2)) < 0, result::toString);
      Set<String> expected = new HashSet<>(others);
      expected.add(peer);
      Set<String> found = new HashSet<>();
      tunnel.left().peers().keySet().forEach(key -> found.add(Uapi.hex(key)));
      assertEquals(expected, found);
      WireGuard.PeerView after =
          tunnel.left().peers().get(tunnel.right().key().publicKey().toString());
      assertEquals(before.handshakeSeconds(), Objects.requireNonNull(after).handshakeSeconds());
    }
  }

  /** Lines for the socket; the peer that carries the traffic keeps what it needs. */
  private static String change(SplittableRandom random, String peer, List<String> others) {
    return switch (random.nextInt(8)) {
      case 0 ->
          "public_key=%s\npersistent_keepalive_interval=%d\n"
              .formatted(peer, random.nextInt(1, 100));
      case 1 ->
          "public_key=%s\nallowed_ip=10.%d.0.0/16\n".formatted(peer, random.nextInt(100, 200));
      case 2 ->
          "public_key=%s\nreplace_allowed_ips=true\nallowed_ip=192.168.77.2/32\nallowed_ip=fd77::2/128\n"
              .formatted(peer);
      case 3 -> "public_key=%s\nendpoint=10.2.0.2:%d\n".formatted(peer, Tunnel.RIGHT_PORT);
      case 4, 5 -> {
        String other = Uapi.hex(PrivateKey.generate().publicKey().toString());
        others.add(other);
        yield "public_key=%s\nendpoint=10.2.0.9:9\nallowed_ip=10.%d.%d.0/24\n"
            .formatted(other, random.nextInt(200, 250), random.nextInt(256));
      }
      case 6 ->
          others.isEmpty()
              ? "fwmark=0\n"
              : "public_key=%s\nremove=true\n"
                  .formatted(others.remove(random.nextInt(others.size())));
      case 7 ->
          others.isEmpty()
              ? "fwmark=0\n"
              : "public_key=%s\npreshared_key=%064x\n"
                  .formatted(others.get(random.nextInt(others.size())), random.nextInt(1, 1 << 30));
      default -> throw new AssertionError();
    };
  }

  @Test
  void aPeerThatIsRemovedAndAddedAgainWorksAgain() {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, true)) {
      String peer = tunnel.right().key().publicKey().toString();
      for (int i = 0; i < 10; i++) {
        tunnel.awaitPing(End.LEFT, true, SHORT);
        tunnel.left().set("peer " + peer + " remove");
        assertEquals(0, tunnel.left().peers().size());
        tunnel
            .left()
            .set(
                "peer "
                    + peer
                    + " endpoint "
                    + Tunnel.endpoint(End.RIGHT.underlay(true), Tunnel.RIGHT_PORT)
                    + " allowed-ips "
                    + End.RIGHT.allowedIps());
      }
      tunnel.assertWorks(true);
    }
  }

  @ParameterizedTest
  @CsvSource({"OURS,1", "WIREGUARD_GO,1", "WIREGUARD_GO,2"})
  void theListenPortChangesUnderTraffic(Kind peer, int workers) {
    try (Tunnel tunnel = tunnel(Kind.OURS, peer, false, "-Dweft.workers=" + workers)) {
      tunnel.assertWorks(false);
      WireGuard.PeerView before = tunnel.right().peer();
      TcpFlow.Result result;
      try (TcpFlow flow = tunnel.tcp(End.LEFT, false, TcpFlow.Plan.endless())) {
        for (int i = 1; i <= 10; i++) {
          int port = 40_000 + i;
          tunnel.left().set("listen-port " + port);
          assertEquals(
              Integer.toString(port),
              tunnel.left().wg("show " + tunnel.left().name() + " listen-port").strip());
          Await.value(
              "the peer answers to the new port",
              SHORT,
              () -> tunnel.right().peer().endpoint(),
              endpoint -> endpoint.equals("10.1.0.2:" + port));
        }
        result = flow.finish(BOUND);
      }
      assertTrue(result.longestGap().compareTo(Duration.ofSeconds(5)) < 0, result::toString);
      assertEquals(before.handshakeSeconds(), tunnel.right().peer().handshakeSeconds());
    }
  }

  @Test
  void aPortInUseIsRefusedAndNothingChanges() {
    try (Tunnel tunnel = tunnel(Kind.OURS, Kind.WIREGUARD_GO, false);
        UdpEcho other =
            new UdpEcho(
                tunnel.underlay().left(), tunnel.underlay().left(), Underlay.address("0.0.0.0"));
        Uapi uapi = new Uapi(tunnel.left())) {
      tunnel.assertWorks(false);
      assertEquals("errno=-98", uapi.set("listen_port=" + other.port() + "\n"));
      assertEquals(
          Integer.toString(Tunnel.LEFT_PORT),
          tunnel.left().wg("show " + tunnel.left().name() + " listen-port").strip());
      tunnel.assertWorks(false);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherPrivateKeyWorksOnceThePeerKnowsIt(Kind peer) {
    try (Tunnel tunnel = tunnel(Kind.OURS, peer, false)) {
      tunnel.assertWorks(false);
      PrivateKey another = PrivateKey.generate();
      tunnel.left().setKey(another);
      assertEquals(
          another.publicKey().toString(),
          tunnel.left().wg("show " + tunnel.left().name() + " public-key").strip());
      tunnel
          .right()
          .set(
              "peer "
                  + tunnel.left().key().publicKey()
                  + " remove peer "
                  + another.publicKey()
                  + " allowed-ips "
                  + End.LEFT.allowedIps());
      tunnel.assertWorks(false);
      assertEquals(Set.of(another.publicKey().toString()), tunnel.right().peers().keySet());
    }
  }

  @ParameterizedTest
  @EnumSource
  void goingUpAndDownOftenUnderTrafficLeavesItWorking(Kind peer) {
    try (Tunnel tunnel = tunnel(Kind.OURS, peer, false)) {
      tunnel.assertWorks(false);
      String name = tunnel.left().name();
      String batch = ("link set " + name + " down\nlink set " + name + " up\n").repeat(50);
      AtomicBoolean ended = new AtomicBoolean();
      CompletableFuture<Integer> pings = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try (EchoSocket echoes =
                    new EchoSocket(
                        tunnel.underlay().right(), End.LEFT.inner(false), Duration.ofMillis(5))) {
                  int sent = 0;
                  for (; !ended.get(); sent++) {
                    var _ = echoes.ping(sent % 1300);
                  }
                  pings.complete(sent);
                } catch (Throwable e) {
                  pings.completeExceptionally(e);
                }
              });
      try {
        for (int round = 0; round < 10; round++) {
          tunnel
              .underlay()
              .lab()
              .shell(
                  "ip -n %s -batch - <<'END'\n%sEND\n"
                      .formatted(tunnel.underlay().left().name(), batch))
              .orFail();
          tunnel.awaitPing(round % 2 == 0 ? End.LEFT : End.RIGHT, false, SHORT);
        }
      } finally {
        ended.set(true);
      }
      assertTrue(Namespace.await(pings, SHORT) > 0);
      tunnel.assertWorks(false);
      assertEquals(2 << 20, tunnel.assertTcp(End.RIGHT, false, 1 << 20).octets());
      assertTrue(tunnel.left().isAlive());
    }
  }
}
