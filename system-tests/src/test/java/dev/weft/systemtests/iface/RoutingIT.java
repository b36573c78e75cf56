// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.bind.UnderlaySockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices on hosts whose routes lead into the tunnel, and on hosts that lack something. */
@Tag("tun")
@Timeout(120)
@ExtendWith(IfaceCondition.class)
final class RoutingIT {

  private static final int PACKETS = 5000;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTunnelRoutedIntoItselfEnds(boolean hasSession) {
    try (Pair pair = Pair.open()) {
      if (hasSession) {
        pair.awaitPing();
      }
      pair.left().peer(pair.right().publicKey(), Pair.RIGHT_ENDPOINT, "0.0.0.0/0", "fd77::2/128");
      if (hasSession) {
        pair.awaitPing();
      }
      pair.leftHost().shell("ip route add 10.1.0.2/32 dev " + pair.left().name());
      Flood.send(pair.leftHost(), "192.168.77.2", 200, 1300);
      Flood.send(pair.leftHost(), "10.9.9.9", 200, 1300);
      Pair.until("nothing goes round any more", () -> isIdle(pair.left()));
      if (hasSession) {
        assertTrue(pair.left().device().counts().looped() > 0, "nothing went round");
      }
      Duration before = pair.left().workerTime();
      long reads = pair.left().device().counts().interfaceReads();
      LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
      Duration spent = pair.left().workerTime().minus(before);
      assertTrue(spent.toMillis() < 400, "2 s took " + spent + " of the worker");
      long more = pair.left().device().counts().interfaceReads() - reads;
      assertTrue(more < 50, more + " reads of an idle interface");
      // With the right route it works again.
      pair.leftHost().shell("ip route del 10.1.0.2/32 dev " + pair.left().name());
      pair.awaitPing();
    }
  }

  @Test
  void policyRoutingWithAMarkHoldsUnderAFlood() {
    try (Pair pair = Pair.open()) {
      pair.left().peer(pair.right().publicKey(), Pair.RIGHT_ENDPOINT, "0.0.0.0/0", "::/0");
      pair.leftHost().call(() -> setMark(pair));
      // A default route through the tunnel for all but what is marked, as wg-quick(8) describes.
      pair.leftHost()
          .shell(
              "ip route add default via 10.1.0.2; ip route add default dev %s table 51820;"
                      .formatted(pair.left().name())
                  + "ip rule add not fwmark 51820 table 51820;"
                  + "ip rule add table main suppress_prefixlength 0");
      pair.awaitPing();
      long sent = pair.left().device().counts().sentDatagrams();
      Flood.send(pair.leftHost(), "10.9.9.9", PACKETS, 1000);
      Pair.until("the flood is over", () -> isIdle(pair.left()));
      long more = pair.left().device().counts().sentDatagrams() - sent;
      assertTrue(more > 0 && more <= PACKETS + 100, more + " datagrams for " + PACKETS);
      pair.awaitPing();
    }
  }

  private static int setMark(Pair pair) {
    pair.left().device().setMark(51_820);
    return 0;
  }

  private static boolean isIdle(Iface iface) {
    long reads = iface.device().counts().interfaceReads();
    LockSupport.parkNanos(200_000_000);
    return reads == iface.device().counts().interfaceReads();
  }

  @Test
  void aHostWithoutIpv6Works() {
    Host left = Host.open();
    Host right = Host.open();
    for (Host host : new Host[] {left, right}) {
      host.shell("for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done");
    }
    left.connectIpv4(right);
    try (Pair pair = Pair.open(left, right)) {
      pair.awaitPing();
      assertTrue(pair.left().device().listenPort() > 0);
    }
  }

  @Test
  void aPortThatIsTakenInOneVersionIsTriedAgainInTheOther() {
    try (Host host = Host.open()) {
      host.shell("echo '40000 40001' > /proc/sys/net/ipv4/ip_local_port_range");
      var _ =
          host.call(
              () -> {
                try (DatagramChannel taken = DatagramChannel.open(StandardProtocolFamily.INET6)) {
                  // Of IPv6 alone, since the address is no wildcard.
                  var _ = taken.bind(new InetSocketAddress(InetAddress.ofLiteral("::1"), 40_000));
                  for (int i = 0; i < 24; i++) {
                    try (UnderlaySockets sockets =
                        UnderlaySockets.open(
                            new UnderlaySockets.Spec(Optional.empty(), 0, 0, 1 << 16, 1, false))) {
                      assertEquals(40_001, sockets.port());
                    }
                  }
                }
                return 0;
              });
    }
  }
}
