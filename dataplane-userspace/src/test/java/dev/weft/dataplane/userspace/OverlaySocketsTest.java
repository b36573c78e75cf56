// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.DatagramException;
import dev.weft.transport.DatagramEndpoint;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OverlaySocketsTest {

  private static final InetAddress OWN = InetAddress.ofLiteral("10.7.0.1");
  private static final InetAddress OWN_V6 = InetAddress.ofLiteral("fd07::1");
  private static final Endpoint PEER = Endpoint.parse("10.7.0.2:6000");
  private static final DatagramEndpoint.Handler IGNORE = (payload, source) -> {};

  private final DemuxFixture fixture = new DemuxFixture(Optional.empty());
  private final OverlaySockets sockets = fixture.sockets;

  @Test
  void refusesAPortThatIsTakenUntilItIsClosed() {
    DatagramEndpoint first = sockets.bind(OWN, 5000, IGNORE);
    sockets.bind(OWN_V6, 5000, IGNORE);
    DatagramException refused =
        assertThrows(DatagramException.class, () -> sockets.bind(OWN, 5000, IGNORE));
    assertTrue(String.valueOf(refused.getMessage()).contains("10.7.0.1"));
    first.close();
    first.close();
    assertEquals(5000, sockets.bind(OWN, 5000, IGNORE).localEndpoint().port());
  }

  @Test
  void aSecondCloseDoesNotTakeThePortFromItsNextOwner() {
    DatagramEndpoint first = sockets.bind(OWN, 5000, IGNORE);
    first.close();
    sockets.bind(OWN, 5000, IGNORE);
    first.close();
    assertThrows(DatagramException.class, () -> sockets.bind(OWN, 5000, IGNORE));
  }

  @Test
  void refusesAddressesThatAreNotItsOwn() {
    DatagramException refused =
        assertThrows(
            DatagramException.class,
            () -> sockets.bind(InetAddress.ofLiteral("10.7.0.2"), 5000, IGNORE));
    assertTrue(String.valueOf(refused.getMessage()).contains("10.7.0.1/24"));
    assertThrows(
        DatagramException.class,
        () -> sockets.bind(InetAddress.ofLiteral("0.0.0.0"), 5000, IGNORE));
  }

  @Test
  void refusesPortsThatDoNotExist() {
    assertThrows(IllegalArgumentException.class, () -> sockets.bind(OWN, 65536, IGNORE));
    assertThrows(IllegalArgumentException.class, () -> sockets.bind(OWN, -1, IGNORE));
  }

  @Test
  void choosesAFreeDynamicPortForZeroUntilThereIsNone() {
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 16384; i++) {
      ports.add(sockets.bind(OWN, 0, IGNORE).localEndpoint().port());
    }
    assertEquals(16384, ports.size());
    assertTrue(ports.stream().allMatch(port -> port >= 49152));
    assertThrows(DatagramException.class, () -> sockets.bind(OWN, 0, IGNORE));
    assertTrue(sockets.bind(OWN_V6, 0, IGNORE).localEndpoint().port() >= 49152);
  }

  @Test
  void dropsADatagramLongerThanTheMtuAtOnce() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    DatagramEndpoint socketV6 = sockets.bind(OWN_V6, 5000, IGNORE);
    Endpoint peerV6 = Endpoint.parse("[fd07::2]:6000");
    assertTrue(socket.send(ByteBuffer.allocate(DemuxFixture.MTU - 28), PEER));
    assertFalse(socket.send(ByteBuffer.allocate(DemuxFixture.MTU - 27), PEER));
    assertTrue(socketV6.send(ByteBuffer.allocate(DemuxFixture.MTU - 48), peerV6));
    assertFalse(socketV6.send(ByteBuffer.allocate(DemuxFixture.MTU - 47), peerV6));
    assertEquals(2, fixture.drops.get(InnerDrop.TOO_LONG));
  }

  @Test
  void sendsNothingToWhereNothingCanBe() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    assertFalse(socket.send(ByteBuffer.allocate(1), Endpoint.parse("[fd07::2]:6000")));
    assertFalse(socket.send(ByteBuffer.allocate(1), new Endpoint(PEER.address(), 0)));
    socket.close();
    assertFalse(socket.send(ByteBuffer.allocate(1), PEER));
    assertNull(sockets.poll());
  }

  @Test
  void boundsItsQueueInOctetsAndPackets() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    for (int length : new int[] {0, 1392}) {
      int accepted = 0;
      while (socket.send(ByteBuffer.allocate(length), PEER)) {
        accepted++;
      }
      assertEquals(
          OverlaySockets.MAX_QUEUED_OCTETS / (length + 28 + OverlaySockets.PACKET_COST), accepted);
      int polled = 0;
      while (sockets.poll() != null) {
        polled++;
      }
      assertEquals(accepted, polled);
    }
    assertEquals(2, fixture.drops.get(InnerDrop.QUEUE_FULL));
  }

  @Test
  void wakesOnceUntilItIsPolled() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    for (int i = 0; i < 3; i++) {
      assertTrue(socket.send(ByteBuffer.allocate(1), PEER));
    }
    assertEquals(1, fixture.wakes);
    sockets.beginPolling();
    assertTrue(sockets.poll() != null);
    sockets.wakeIfWaiting();
    assertEquals(2, fixture.wakes);
    sockets.wakeIfWaiting();
    assertEquals(2, fixture.wakes);
  }

  @Test
  void keepsTheDatagramWhenTheCallerReusesItsMemory() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    byte[] memory = {1, 2, 3};
    assertTrue(socket.send(ByteBuffer.wrap(memory), PEER));
    memory[0] = 9;
    PacketBuffer packet = sockets.poll();
    assertTrue(packet != null && packet.toByteArray()[28] == 1);
  }

  @Test
  void takesDatagramsOfManyThreadsWithoutLosingOne() throws InterruptedException {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    AtomicInteger accepted = new AtomicInteger();
    Set<Integer> polled = ConcurrentHashMap.newKeySet();
    List<Thread> threads = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      int first = thread * 1000;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 1000; i++) {
                      ByteBuffer payload = ByteBuffer.allocate(4).putInt(0, first + i);
                      while (!socket.send(payload, PEER)) {
                        Thread.onSpinWait();
                      }
                      accepted.incrementAndGet();
                    }
                  }));
    }
    while (polled.size() < 4000) {
      PacketBuffer packet = sockets.poll();
      if (packet != null) {
        polled.add(ByteBuffer.wrap(packet.toByteArray()).getInt(28));
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(4000, accepted.get());
    assertNull(sockets.poll());
  }

  @Test
  void closesAllSockets() {
    DatagramEndpoint socket = sockets.bind(OWN, 5000, IGNORE);
    assertTrue(socket.send(ByteBuffer.allocate(1), PEER));
    sockets.close();
    sockets.close();
    assertFalse(socket.send(ByteBuffer.allocate(1), PEER));
    assertNull(sockets.poll());
    assertThrows(DatagramException.class, () -> sockets.bind(OWN, 5000, IGNORE));
  }
}
