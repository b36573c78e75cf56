// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.UnderlayException;
import dev.weft.spi.UnderlayPortFactory.Spec;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SimNetworkTest {

  private final SimNetwork network = new SimNetwork(3);
  private final SimHost alice = network.host("alice", "192.0.2.1", "2001:db8::1");
  private final SimHost bob = network.host("bob", "192.0.2.2", "2001:db8::2");
  private final Chatter a = Chatter.open(alice, 1000);
  private final Chatter b = Chatter.open(bob, 2000);

  private void settle() {
    network.runFor(Duration.ofSeconds(2));
  }

  @Test
  void aDatagramArrivesAfterTheLatencyWithItsSource() {
    a.say("hello", "192.0.2.2:2000");
    network.runFor(Duration.ofMillis(9));
    assertTrue(b.received.isEmpty());
    network.runFor(Duration.ofMillis(1));
    assertEquals(List.of("hello"), b.received);
    assertEquals(Endpoint.parse("192.0.2.1:1000"), b.lastSource());
    b.say("six", "[2001:db8::1]:1000");
    settle();
    assertEquals(Endpoint.parse("[2001:db8::2]:2000"), a.lastSource());
  }

  @Test
  void whatArrivesTogetherIsOneBatch() {
    a.say("1", "192.0.2.2:2000");
    a.say("2", "192.0.2.2:2000");
    settle();
    assertEquals(List.of("1", "2"), b.received);
    assertEquals(1, b.batches);
    a.say("3", "192.0.2.2:2000");
    settle();
    assertEquals(2, b.batches);
  }

  @Test
  void memoryKeptBeyondTheHandlerIsOverwritten() {
    List<PacketBuffer> kept = new ArrayList<>();
    SimRuntime runtime = bob.newRuntime();
    network.await(
        runtime
            .underlayPorts()
            .open(
                new Spec(Optional.empty(), 3000, 9000),
                runtime.newQueue(),
                (datagram, source) -> kept.add(datagram)),
        Duration.ofSeconds(1));
    a.say("secret", "192.0.2.2:3000");
    settle();
    assertEquals((byte) 0xdd, kept.getFirst().toByteArray()[0]);
  }

  @Test
  void anUnknownAddressOrPortIsADrop() {
    a.say("x", "198.51.100.1:2000");
    a.say("x", "192.0.2.2:2001");
    settle();
    assertEquals(Map.of(DropCause.NO_HOST, 1L, DropCause.NO_SOCKET, 1L), network.drops());
  }

  @Test
  void sendIsRefusedWithoutAnAddressOfTheFamilyAndAfterClosing() {
    SimHost four = network.host("four", "192.0.2.4");
    Chatter only = Chatter.open(four, 0);
    PacketBuffer buffer = PacketBuffer.allocate(0, 10);
    List<Boolean> results = new ArrayList<>();
    only.queue.execute(
        () -> {
          results.add(only.port.send(buffer, Endpoint.parse("[2001:db8::1]:1000")));
          results.add(only.port.send(buffer, Endpoint.parse("192.0.2.1:1000")));
          only.port.close();
          results.add(only.port.send(buffer, Endpoint.parse("192.0.2.1:1000")));
        });
    settle();
    assertEquals(List.of(false, true, false), results);
    assertTrue(only.port.localAddressTowards(Endpoint.parse("[2001:db8::1]:1")).isEmpty());
  }

  @Test
  void sendingOffTheQueueIsAnError() {
    PacketBuffer buffer = PacketBuffer.allocate(0, 10);
    assertThrows(
        IllegalStateException.class, () -> a.port.send(buffer, Endpoint.parse("192.0.2.2:1")));
  }

  @Test
  void lossDuplicationAndReorderingHappenAboutAsOftenAsAsked() {
    network.conditions(
        LinkConditions.builder()
            .loss(0.2)
            .duplication(0.1)
            .reordering(0.1, Duration.ofMillis(50))
            .build());
    for (int i = 0; i < 1000; i++) {
      int number = i;
      a.queue.schedule(i * 1_000_000L, () -> a.say("" + number, "192.0.2.2:2000"));
    }
    settle();
    long distinct = b.received.stream().distinct().count();
    assertTrue(distinct > 740 && distinct < 860, "distinct: " + distinct);
    long copies = b.received.size() - distinct;
    assertTrue(copies > 50 && copies < 120, "copies: " + copies);
    List<Integer> numbers = b.received.stream().map(Integer::valueOf).toList();
    long overtaken =
        IntStream.range(1, numbers.size()).filter(i -> numbers.get(i) < numbers.get(i - 1)).count();
    assertTrue(overtaken > 40 && overtaken < 200, "overtaken: " + overtaken);
  }

  @Test
  void jitterAloneKeepsTheOrder() {
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.longTailed(Duration.ofMillis(5), Duration.ofMillis(30)))
            .build());
    for (int i = 0; i < 200; i++) {
      int number = i;
      a.queue.schedule(i * 1_000_000L, () -> a.say("" + number, "192.0.2.2:2000"));
    }
    settle();
    assertEquals(IntStream.range(0, 200).mapToObj(String::valueOf).toList(), b.received);
  }

  @Test
  void packetsLongerThanTheMtuVanish() {
    network.conditions(LinkConditions.builder().mtuOctets(1280).build());
    a.say(new byte[1280 - 28], Endpoint.parse("192.0.2.2:2000"));
    a.say(new byte[1280 - 27], Endpoint.parse("192.0.2.2:2000"));
    a.say(new byte[1280 - 48], Endpoint.parse("[2001:db8::2]:2000"));
    a.say(new byte[1280 - 47], Endpoint.parse("[2001:db8::2]:2000"));
    settle();
    assertEquals(2, b.received.size());
    assertEquals(Map.of(DropCause.TOO_LONG, 2L), network.drops());
  }

  @Test
  void conditionsOfAPairWinOverThoseOfAll() {
    SimHost carol = network.host("carol", "192.0.2.3");
    Chatter c = Chatter.open(carol, 3000);
    network.conditions(LinkConditions.builder().loss(1).build());
    network.conditionsOneWay(alice, carol, LinkConditions.PERFECT);
    a.say("to carol", "192.0.2.3:3000");
    a.say("to bob", "192.0.2.2:2000");
    c.say("to alice", "192.0.2.1:1000");
    settle();
    assertEquals(List.of("to carol"), c.received);
    assertTrue(a.received.isEmpty() && b.received.isEmpty());
  }

  @Test
  void nothingPassesAPartitionUntilItHeals() {
    a.say("in flight", "192.0.2.2:2000");
    network.runFor(Duration.ofMillis(1));
    Partition partition = network.partition(List.of(alice), List.of(bob));
    b.say("back", "192.0.2.1:1000");
    settle();
    assertTrue(a.received.isEmpty() && b.received.isEmpty());
    assertEquals(Map.of(DropCause.PARTITION, 2L), network.drops());
    partition.heal();
    a.say("healed", "192.0.2.2:2000");
    settle();
    assertEquals(List.of("healed"), b.received);
  }

  @Test
  void aOneWayPartitionLetsTheOtherDirectionPass() {
    network.partitionOneWay(List.of(alice), List.of(bob));
    a.say("there", "192.0.2.2:2000");
    b.say("back", "192.0.2.1:1000");
    settle();
    assertTrue(b.received.isEmpty());
    assertEquals(List.of("back"), a.received);
    network.heal();
    Partition all = network.isolate(bob);
    b.say("isolated", "192.0.2.1:1000");
    settle();
    assertEquals(1, a.received.size());
    all.heal();
  }

  @Test
  void aFrozenHostKeepsDatagramsUntilItsBufferIsFull() {
    bob.freeze();
    for (int i = 0; i < 70; i++) {
      a.say(new byte[1000], Endpoint.parse("192.0.2.2:2000"));
    }
    settle();
    assertTrue(b.received.isEmpty());
    bob.thaw();
    settle();
    assertEquals(65, b.received.size());
    assertEquals(Map.of(DropCause.BUFFER_FULL, 5L), network.drops());
  }

  @Test
  void aPortIsTakenOncePerAddress() {
    assertThrows(UnderlayException.class, () -> Chatter.open(alice, 1000));
    assertThrows(UnderlayException.class, () -> Chatter.open(alice, "192.0.2.1", 1000));
    assertThrows(UnderlayException.class, () -> Chatter.open(alice, "192.0.2.2", 1001));
    Chatter one = Chatter.open(alice, "127.0.0.2", 51820);
    Chatter two = Chatter.open(alice, "127.0.0.3", 51820);
    assertThrows(UnderlayException.class, () -> Chatter.open(alice, 51820));
    one.say("over loopback", "127.0.0.3:51820");
    settle();
    assertEquals(List.of("over loopback"), two.received);
    assertEquals(Endpoint.parse("127.0.0.2:51820"), two.lastSource());
    one.port.close();
    two.port.close();
    assertEquals(51820, Chatter.open(alice, 51820).port.localEndpoint().port());
  }

  @Test
  void anyPortMeansADifferentOneEachTime() {
    Chatter one = Chatter.open(alice, 0);
    Chatter two = Chatter.open(alice, 0);
    assertNotEquals(0, one.port.localEndpoint().port());
    assertNotEquals(one.port.localEndpoint().port(), two.port.localEndpoint().port());
  }

  @Test
  void theLocalEndpointIsAWildcardUnlessBound() {
    assertEquals(Endpoint.parse("[::]:1000"), a.port.localEndpoint());
    SimHost four = network.host("four", "192.0.2.4");
    assertEquals(Endpoint.parse("0.0.0.0:7"), Chatter.open(four, 7).port.localEndpoint());
    assertEquals(
        Optional.of(InetAddress.ofLiteral("192.0.2.1")),
        a.port.localAddressTowards(Endpoint.parse("192.0.2.2:1")));
    Chatter bound = Chatter.open(four, "192.0.2.4", 8);
    assertEquals(Endpoint.parse("192.0.2.4:8"), bound.port.localEndpoint());
    assertEquals(
        Optional.empty(), bound.port.localAddressTowards(Endpoint.parse("[2001:db8::1]:1")));
  }

  @Test
  void aHostThatChangesItsAddressIsSeenAtTheNewOne() {
    alice.changeAddresses("198.51.100.1");
    a.say("moved", "192.0.2.2:2000");
    b.say("to the old one", "192.0.2.1:1000");
    b.say("to the new one", "198.51.100.1:1000");
    settle();
    assertEquals(Endpoint.parse("198.51.100.1:1000"), b.lastSource());
    assertEquals(List.of("to the new one"), a.received);
  }

  @Test
  void aCrashClosesTheSocketsOfThatProcessOnly() {
    Chatter other = Chatter.open(alice, 1001);
    assertEquals(2, alice.openPorts());
    a.runtime.close();
    assertEquals(1, alice.openPorts());
    assertEquals(2, network.openPorts());
    other.runtime.close();
    b.runtime.close();
    assertEquals(0, network.openPorts());
    assertEquals(0, network.pendingTasks());
  }

  @Test
  void observersSeeEachDatagramAndFailTheSimulation() {
    List<String> seen = new ArrayList<>();
    network.observe(event -> seen.add(event.getClass().getSimpleName()));
    a.say("x", "192.0.2.2:2000");
    a.say("y", "192.0.2.2:9");
    settle();
    assertEquals(List.of("Sent", "Sent", "Delivered", "Dropped"), seen);
    network.observe(
        event -> {
          throw new IllegalStateException("not allowed");
        });
    a.say("z", "192.0.2.2:2000");
    assertThrows(AssertionError.class, this::settle);
  }

  @Test
  void theSameSeedGivesTheSameTraceAndAnotherSeedAnother() {
    long one = noisyTrace(7);
    assertEquals(one, noisyTrace(7));
    assertNotEquals(one, noisyTrace(8));
  }

  private static long noisyTrace(long seed) {
    SimNetwork network = new SimNetwork(seed);
    network.conditions(
        LinkConditions.builder()
            .latency(Latency.uniform(Duration.ofMillis(1), Duration.ofMillis(80)))
            .loss(0.1)
            .duplication(0.1)
            .reordering(0.2, Duration.ofMillis(30))
            .build());
    SimNat nat = network.nat("nat", NatKind.SYMMETRIC, "203.0.113.1");
    Chatter left = Chatter.open(nat.host("left", "10.0.0.1"), 5);
    Chatter right = Chatter.open(network.host("right", "192.0.2.9"), 6);
    for (int i = 0; i < 100; i++) {
      byte[] payload = new byte[16];
      left.runtime.random().nextBytes(payload);
      left.say(payload, Endpoint.parse("192.0.2.9:6"));
      network.runFor(Duration.ofMillis(3));
      if (!right.sources.isEmpty()) {
        right.say("reply", right.lastSource());
      }
    }
    network.runFor(Duration.ofSeconds(1));
    assertFalse(left.received.isEmpty());
    return network.traceHash();
  }
}
