// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interfaces and routes of any MTU, and the padding that keeps within them. */
@Tag("tun")
@Timeout(120)
@ExtendWith(IfaceCondition.class)
final class MtuIT {

  /** Header and tag of a data message, WG §5.4.6. */
  private static final int OVERHEAD = 32;

  private static int padded(int octets, int mtuOctets) {
    return Math.min((octets + 15) / 16 * 16, mtuOctets) + OVERHEAD;
  }

  /** Octets that the left one sends for an IPv4 echo request of this length. */
  private static long sentFor(Pair pair, int packetOctets) {
    List<Long> before = pair.left().octets();
    pair.assertPing("192.168.77.2", "-M do -s " + (packetOctets - 28));
    // What a worker carried is counted when it is done with the batch.
    Pair.until(
        () -> before + " became " + pair.left().octets(),
        () -> {
          List<Long> after = pair.left().octets();
          long sent = after.get(1) - before.get(1);
          return sent > 0 && sent == after.get(0) - before.get(0);
        });
    return pair.left().octets().get(1) - before.get(1);
  }

  @Test
  void packetsArePaddedUpToTheMtuOfTheInterface() {
    try (Pair pair = Pair.open().awaitPing()) {
      pair.left().setMtu(1302);
      pair.right().setMtu(1302);
      for (int octets : new int[] {28, 29, 32, 33, 1264, 1265, 1280, 1281, 1296, 1297, 1302}) {
        assertEquals(padded(octets, 1302), sentFor(pair, octets), octets + " octets");
      }
    }
  }

  @Test
  void aRouteMayHaveASmallerMtu() {
    try (Pair pair = Pair.open().awaitPing()) {
      pair.leftHost().shell("ip route add 192.168.77.2 dev " + pair.left().name() + " mtu 1299");
      for (int octets : new int[] {1280, 1281, 1298, 1299}) {
        assertEquals(padded(octets, Iface.MTU_OCTETS), sentFor(pair, octets), octets + " octets");
      }
      String output = pair.leftHost().attempt("ping -n -c 1 -W 2 -M do -s 1272 192.168.77.2");
      assertTrue(output.contains("1299"), output);
      pair.assertPing("192.168.77.2", "-M dont -s 4000");
    }
  }

  @Test
  void theMtuIsFollowedWhileTheInterfaceRuns() {
    try (Pair pair = Pair.open().awaitPing()) {
      assertEquals(padded(1337, Iface.MTU_OCTETS), sentFor(pair, 1337));
      for (Iface iface : List.of(pair.left(), pair.right())) {
        iface.host().shell("ip link set " + iface.name() + " mtu 1337");
      }
      Pair.until(
          "padding within the new MTU",
          () -> {
            List<Long> before = pair.left().octets();
            boolean isAnswered = pair.ping("192.168.77.2", "-s " + (1337 - 28));
            List<Long> after = pair.left().octets();
            return isAnswered
                && after.get(0) - before.get(0) == 1337 + OVERHEAD
                && after.get(1) - before.get(1) == 1337 + OVERHEAD;
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 9000, 65_000})
  void anInterfaceMayHaveThisMtu(int octets) {
    try (Pair pair = Pair.open().awaitPing()) {
      pair.left().setMtu(octets);
      pair.right().setMtu(octets);
      // Over a cable of 1,500 octets the datagrams are fragments, over the other they are whole.
      for (int cable : new int[] {1500, 65_535}) {
        pair.leftHost().shell("ip link set eth0 mtu " + cable);
        pair.rightHost().shell("ip link set eth0 mtu " + cable);
        pair.assertPing("192.168.77.2", "-M do -s " + (octets - 28));
        pair.assertPing("fd77::2", "-M do -s " + (octets - 48));
        pair.assertPing("192.168.77.2", "-s 60000");
      }
    }
  }
}
