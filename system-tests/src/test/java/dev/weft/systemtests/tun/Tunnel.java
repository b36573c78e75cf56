// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.systemtests.interop.Await;
import dev.weft.systemtests.tun.Underlay.End;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Two WireGuard interfaces on one underlay that are each other's peers. */
final class Tunnel implements AutoCloseable {

  static final int MTU_OCTETS = 1420;
  static final int LEFT_PORT = 51_820;
  static final int RIGHT_PORT = 51_821;

  private static final Duration PING_TIMEOUT = Duration.ofSeconds(3);

  private final Underlay underlay;
  private final WireGuard left;
  private final WireGuard right;

  private Tunnel(Underlay underlay, WireGuard left, WireGuard right) {
    this.underlay = underlay;
    this.left = left;
    this.right = right;
  }

  /**
   * Joins two running interfaces. The left one knows where the other is, and so begins.
   *
   * @param ipv6Underlay the version of IP between them
   */
  static Tunnel join(Underlay underlay, WireGuard left, WireGuard right, boolean ipv6Underlay) {
    return join(underlay, left, right, endpoint(End.RIGHT.underlay(ipv6Underlay), RIGHT_PORT));
  }

  /** The same by way of another endpoint. */
  static Tunnel join(Underlay underlay, WireGuard left, WireGuard right, String rightEndpoint) {
    left.configure(left.key(), LEFT_PORT, End.LEFT);
    right.configure(right.key(), RIGHT_PORT, End.RIGHT);
    right.set("peer " + left.key().publicKey() + " allowed-ips " + End.LEFT.allowedIps());
    left.set(
        "peer "
            + right.key().publicKey()
            + " endpoint "
            + rightEndpoint
            + " allowed-ips "
            + End.RIGHT.allowedIps());
    return new Tunnel(underlay, left, right);
  }

  static String endpoint(InetAddress address, int port) {
    return address.getAddress().length == 16
        ? "[" + address.getHostAddress() + "]:" + port
        : address.getHostAddress() + ":" + port;
  }

  Underlay underlay() {
    return underlay;
  }

  WireGuard left() {
    return left;
  }

  WireGuard right() {
    return right;
  }

  /** Echo requests from one end to the other's inner address. */
  EchoSocket echoes(End from, boolean ipv6) {
    return new EchoSocket(underlay.of(from), from.other().inner(ipv6), PING_TIMEOUT);
  }

  /** One echo request each way, with a first one that may wait for a handshake. */
  void assertWorks(boolean ipv6) {
    awaitPing(End.LEFT, ipv6, Duration.ofSeconds(15));
    try (EchoSocket back = echoes(End.RIGHT, ipv6)) {
      assertEquals("", back.ping(100), this::report);
    }
  }

  /** Sends echo requests until one is answered. */
  void awaitPing(End from, boolean ipv6, Duration bound) {
    try (EchoSocket echoes =
        new EchoSocket(underlay.of(from), from.other().inner(ipv6), Duration.ofMillis(500))) {
      Await.value("a ping from " + from, bound, () -> echoes.ping(100), String::isEmpty);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + report(), e);
    }
  }

  /** Echo requests of these sizes, each of which must be answered with the same octets. */
  void assertPings(End from, boolean ipv6, IntStream sizes) {
    try (EchoSocket echoes = echoes(from, ipv6)) {
      List<String> failures =
          sizes.mapToObj(echoes::ping).filter(failure -> !failure.isEmpty()).limit(5).toList();
      assertEquals(List.of(), failures, this::report);
    }
  }

  /** The same with UDP. */
  void assertUdp(End from, boolean ipv6, IntStream sizes) {
    try (UdpEcho echo =
        new UdpEcho(underlay.of(from), underlay.of(from.other()), from.other().inner(ipv6))) {
      List<String> failures =
          sizes.mapToObj(echo::echo).filter(failure -> !failure.isEmpty()).limit(5).toList();
      assertEquals(List.of(), failures, this::report);
    }
  }

  /** A TCP connection to the other end. */
  TcpFlow tcp(End from, boolean ipv6, TcpFlow.Plan plan) {
    return new TcpFlow(
        underlay.of(from), underlay.of(from.other()), from.other().inner(ipv6), plan);
  }

  /** TCP content both ways at once. */
  TcpFlow.Result assertTcp(End from, boolean ipv6, long octets) {
    try (TcpFlow flow = tcp(from, ipv6, TcpFlow.Plan.of(octets))) {
      return flow.await(Duration.ofSeconds(60));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + report(), e);
    }
  }

  /** Both ends' states and logs. */
  String report() {
    return "\n"
        + left.report()
        + "\n"
        + right.report()
        + "\n"
        + underlay
            .lab()
            .shell(
                """
                for a in 10.2.0.2 fd02::2; do ip -n %s route get $a; done
                for a in 10.1.0.2 fd01::2; do ip -n %s route get $a; done
                """
                    .formatted(underlay.left().name(), underlay.right().name()))
            .output();
  }

  @Override
  public void close() {
    try (left;
        right) {
      // Closes both.
    }
  }
}
