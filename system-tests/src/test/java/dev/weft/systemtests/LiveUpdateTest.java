// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Overlay;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.OverlayStatus;
import dev.weft.peer.PeerConfig;
import dev.weft.peer.PeerStatus;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A configuration changes a hundred times while packets flow to a peer that it does not touch. */
@Timeout(120)
class LiveUpdateTest {

  private static final int UPDATES = 100;
  private static final int PACKETS = 20_000;
  private static final int IN_FLIGHT = 64;

  private final PrivateKey aliceKey = PrivateKey.generate();
  private final PrivateKey bobKey = PrivateKey.generate();

  private OverlayConfig alice(PeerConfig bob, int round) {
    OverlayConfig.Builder config = Meshes.node("alice", aliceKey, "10.0.0.1/32").peer(bob);
    for (int i = 0; i < round % 5; i++) {
      config.peer(
          Meshes.peer(PrivateKey.generate(), "10.0.1." + i + "/32")
              .allowedIp(IpPrefix.parse("10.1." + round % 250 + ".0/24"))
              .build());
    }
    return config.build();
  }

  @Test
  void noPacketOfAnUntouchedPeerIsLost() throws InterruptedException {
    OverlayConfig bobConfig =
        Meshes.node("bob", bobKey, "10.0.0.2/32")
            .peer(Meshes.peer(aliceKey, "10.0.0.1/32").build())
            .build();
    try (Overlay bob = Overlay.open(bobConfig)) {
      Meshes.await(bob.ready());
      PeerConfig toBob = Meshes.peer(bobKey, "10.0.0.2/32").endpoint(Meshes.endpoint(bob)).build();
      try (Overlay alice = Overlay.open(alice(toBob, 0))) {
        Meshes.await(alice.ready());
        transfer(alice, bob, toBob);
      }
    }
  }

  private void transfer(Overlay alice, Overlay bob, PeerConfig toBob) throws InterruptedException {
    Meshes.await(alice.ping(InetAddress.ofLiteral("10.0.0.2"), Duration.ofSeconds(20)));
    BitSet seen = new BitSet();
    Semaphore window = new Semaphore(IN_FLIGHT);
    DatagramEndpoint receiver =
        Meshes.await(
            bob.datagram(
                InetAddress.ofLiteral("10.0.0.2"),
                7000,
                (payload, source) -> {
                  synchronized (seen) {
                    seen.set(payload.getInt());
                  }
                  window.release();
                }));
    DatagramEndpoint sender =
        Meshes.await(alice.datagram(InetAddress.ofLiteral("10.0.0.1"), 0, (payload, source) -> {}));
    PeerStatus before = peer(Meshes.await(alice.refreshStatus()));
    Endpoint target = new Endpoint(InetAddress.ofLiteral("10.0.0.2"), 7000);
    for (int i = 0; i < PACKETS; i++) {
      // Never more on the way than the socket holds: what is lost then was lost by the update.
      assertTrue(window.tryAcquire(10, TimeUnit.SECONDS), "stalled after packet " + i);
      assertTrue(sender.send(ByteBuffer.allocate(64).putInt(0, i), target));
      if (i % (PACKETS / UPDATES) == 0) {
        Meshes.await(alice.update(alice(toBob, i)));
      }
    }
    assertTrue(window.tryAcquire(IN_FLIGHT, 10, TimeUnit.SECONDS));
    synchronized (seen) {
      assertEquals(PACKETS, seen.cardinality());
    }
    PeerStatus after = peer(Meshes.await(alice.refreshStatus()));
    assertEquals(before.endpoint(), after.endpoint());
    assertTrue(
        Duration.between(before.lastHandshake().orElseThrow(), after.lastHandshake().orElseThrow())
                .abs()
                .compareTo(Duration.ofMillis(50))
            < 0,
        "the session went on");
    sender.close();
    receiver.close();
  }

  private PeerStatus peer(OverlayStatus status) {
    return status.peer(bobKey.publicKey()).orElseThrow();
  }
}
