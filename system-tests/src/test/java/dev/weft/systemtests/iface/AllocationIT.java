// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.iface;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Running workers allocate nothing for each packet. */
@Tag("tun")
@Timeout(240)
@ExtendWith(IfaceCondition.class)
final class AllocationIT {

  private static final int ROUNDS = 6;
  private static final int PACKETS = 200_000;
  private static final int PAYLOAD = 1000;
  private static final int BLOCK = 10_000;

  @Test
  void sendingAndReceivingAllocateLessThanAnOctetAPacket() {
    try (Pair pair = Pair.open().awaitPing()) {
      double sending = Double.MAX_VALUE;
      double receiving = Double.MAX_VALUE;
      // Code that is not compiled yet allocates what compiled code does not.
      for (int round = 0; round < ROUNDS && (sending >= 1 || receiving >= 1); round++) {
        long sendingBefore = pair.left().workerAllocated();
        long receivingBefore = pair.right().workerAllocated();
        long carried = carry(pair, PACKETS);
        sending = (double) (pair.left().workerAllocated() - sendingBefore) / carried;
        receiving = (double) (pair.right().workerAllocated() - receivingBefore) / carried;
      }
      assertTrue(sending < 1, sending + " octets for each packet sent");
      assertTrue(receiving < 1, receiving + " octets for each packet received");
    }
  }

  /** Sends datagrams through the tunnel until so many have been received; gives how many were. */
  private static long carry(Pair pair, int count) {
    long start = received(pair);
    while (received(pair) - start < count) {
      long before = received(pair);
      var _ =
          pair.leftHost()
              .call(
                  () -> {
                    try (DatagramChannel channel = DatagramChannel.open()) {
                      var _ = channel.connect(new InetSocketAddress("192.168.77.2", 9));
                      ByteBuffer payload = ByteBuffer.allocateDirect(PAYLOAD);
                      for (int i = 0; i < BLOCK; i++) {
                        try {
                          var _ = channel.write(payload.clear());
                        } catch (java.net.PortUnreachableException e) {
                          // Nobody listens there: the answers do not matter.
                        }
                      }
                      return 0;
                    }
                  });
      Pair.until("packets arrive", () -> received(pair) > before);
    }
    return received(pair) - start;
  }

  /** Packets, from their octets. */
  private static long received(Pair pair) {
    return pair.right().octets().getFirst() / (PAYLOAD + 28 + 12 + 32);
  }
}
