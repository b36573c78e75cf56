// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Keys that are useless, cleared or new, and what is counted with good ones. */
@Tag("tun")
@Timeout(120)
@ExtendWith(IfaceCondition.class)
final class KeysIT {

  /** The points whose multiples by 8 are the neutral element, as RFC 7748 encodes them. */
  private static final List<String> LOW_ORDER =
      List.of(
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

  @Test
  void sevenKeysOfLowOrderNeverEmitAPacket() {
    try (Pair pair = Pair.open()) {
      StringBuilder pings = new StringBuilder();
      for (int i = 0; i < LOW_ORDER.size(); i++) {
        String address = "192.168.77." + (100 + i);
        pair.left()
            .peer(
                PublicKey.of(HexFormat.of().parseHex(LOW_ORDER.get(i))),
                Pair.RIGHT_ENDPOINT,
                address + "/32");
        pings.append("ping -n -c 2 -W 1 ").append(address).append(" & ");
      }
      String output = pair.leftHost().attempt(pings + "wait");
      assertFalse(output.contains("bytes from"), output);
      assertTrue(pair.left().drops("low-order-key") >= LOW_ORDER.size(), output);
      assertEquals(0, pair.right().device().counts().receivedMessages());
      // It was not for want of a cable.
      pair.awaitPing();
      assertTrue(pair.right().device().counts().receivedMessages() > 0);
    }
  }

  @Test
  void aClearedPrivateKeyStopsHandshakesAndANewOneStartsThem() {
    try (Pair pair = Pair.open().awaitPing()) {
      pair.left().clearKey();
      long received = pair.right().device().counts().receivedMessages();
      assertFalse(pair.ping("192.168.77.2", ""));
      assertFalse(pair.ping("fd77::2", ""));
      assertEquals(received, pair.right().device().counts().receivedMessages());
      PrivateKey next = PrivateKey.generate();
      pair.right().peer(next.publicKey(), "", "192.168.77.1/32", "fd77::1/128");
      pair.left().setKey(next);
      pair.awaitPing();
      pair.assertPing("fd77::2", "");
    }
  }

  @Test
  void statisticsAreExactAfterTenPings() {
    try (Pair pair = Pair.open()) {
      String output = pair.leftHost().attempt("ping -n -q -c 10 -i 0.2 -W 5 192.168.77.2");
      assertTrue(output.contains(" 0% packet loss"), output);
      // Ten packets of 84 octets, padded to 96 and sealed: 128 each; 92 of the response, 148 of
      // the initiation, and 32 of a keepalive that may confirm the session. WG §5.4.
      List<Long> left = pair.left().octets();
      List<Long> right = pair.right().octets();
      assertEquals(1372, left.get(0));
      assertTrue(List.of(1428L, 1460L).contains(left.get(1)), () -> left.toString());
      assertEquals(left, right.reversed());
    }
  }
}
