// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class WireGuardDeviceProperties {

  private static final Endpoint ANYWHERE = Endpoint.parse("203.0.113.1:1");

  /** Type, length class and content; some are aimed at the receiver index of the session. */
  record Junk(int type, int length, boolean isAimed, boolean hasMac1, long seed) {

    byte[] octets(int index, PublicKey receiver, long nowNanos) {
      byte[] octets = new byte[length];
      new Random(seed).nextBytes(octets);
      if (length >= 4 && type < 6) {
        ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN).putInt(type);
      }
      if (length >= 16 && isAimed) {
        ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN).putInt(type == 2 ? 8 : 4, index);
      }
      if (hasMac1 && length >= 36) {
        new CookieGenerator(receiver.octets()).addMacs(octets, nowNanos);
      }
      return octets;
    }
  }

  @Provide
  Arbitrary<List<Junk>> junk() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 7),
            Arbitraries.oneOf(
                Arbitraries.of(32, 64, 92, 148),
                Arbitraries.of(32, 64, 92, 148),
                Arbitraries.integers().between(0, 300),
                Arbitraries.of(1500, 65_535)),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            Arbitraries.longs())
        .as(Junk::new)
        .list()
        .ofSize(20);
  }

  @Property(tries = 200)
  void anyOctetsAreCountedAndLeaveNothingBehind(@ForAll("junk") List<Junk> junk) {
    Network network = new Network();
    Node[] pair = network.pair();
    pair[0].ping(pair[1]);
    network.settle();
    Node target = pair[1];
    int index = target.indices.iterator().next();
    network.forgetWire();
    target.delivered.clear();
    long dropped = 0;
    for (Junk datagram : junk) {
      byte[] octets = datagram.octets(index, target.publicKey(), network.now());
      target.receive(octets, ANYWHERE);
      dropped++;
      assertEquals(
          dropped, target.device.drops().values().stream().mapToLong(Long::longValue).sum());
    }
    assertEquals(List.of(), network.wire);
    assertEquals(List.of(), target.delivered);
    assertEquals(Set.of(index), target.indices);
    assertEquals(pair[0].endpoint, target.status(pair[0]).endpoint().orElseThrow());
    pair[0].ping(target);
    network.settle();
    assertEquals(1, target.delivered.size(), "and the session works");
  }

  /** What can happen to three nodes. */
  record Action(Kind kind, int node, int other, int amount) {
    enum Kind {
      PING,
      ADVANCE,
      LOSE,
      HEAL,
      MOVE,
      REPLAY,
      REPLACE_PEER,
      CHANGE_PSK,
      KEEPALIVE,
      SUSPEND,
      RESUME
    }
  }

  @Provide
  Arbitrary<List<Action>> actions() {
    return Combinators.combine(
            Arbitraries.frequency(
                net.jqwik.api.Tuple.of(20, Action.Kind.PING),
                net.jqwik.api.Tuple.of(12, Action.Kind.ADVANCE),
                net.jqwik.api.Tuple.of(3, Action.Kind.LOSE),
                net.jqwik.api.Tuple.of(3, Action.Kind.HEAL),
                net.jqwik.api.Tuple.of(2, Action.Kind.MOVE),
                net.jqwik.api.Tuple.of(3, Action.Kind.REPLAY),
                net.jqwik.api.Tuple.of(1, Action.Kind.REPLACE_PEER),
                net.jqwik.api.Tuple.of(1, Action.Kind.CHANGE_PSK),
                net.jqwik.api.Tuple.of(1, Action.Kind.KEEPALIVE),
                net.jqwik.api.Tuple.of(1, Action.Kind.SUSPEND),
                net.jqwik.api.Tuple.of(2, Action.Kind.RESUME)),
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(0, 200_000))
        .as(Action::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(80);
  }

  @Property(tries = 150)
  void whateverHappensNothingIsRepeatedAndAllIsWellAgain(@ForAll("actions") List<Action> actions) {
    Network network = new Network();
    List<Node> nodes = List.of(network.node(1), network.node(2), network.node(3));
    for (Node node : nodes) {
      nodes.stream().filter(other -> other != node).forEach(node::add);
    }
    Set<Node> suspended = new HashSet<>();
    int packets = 0;
    for (Action action : actions) {
      Node node = nodes.get(action.node());
      Node other = nodes.get((action.node() + action.other()) % 3);
      switch (action.kind()) {
        case PING -> node.ping(other, 4 + packets++);
        case ADVANCE -> network.advance(Duration.ofMillis(action.amount()));
        case LOSE -> {
          Random random = new Random(action.amount());
          int percent = action.amount() % 101;
          network.isLost = datagram -> random.nextInt(100) < percent;
        }
        case HEAL -> network.isLost = datagram -> false;
        case MOVE -> node.move(Endpoint.parse("198.51.100." + node.number + ":" + ++packets));
        case REPLAY -> {
          if (!network.wire.isEmpty()) {
            Datagram old = network.wire.get(action.amount() % network.wire.size());
            nodes.forEach(target -> target.receive(old.octets(), ANYWHERE));
          }
        }
        case REPLACE_PEER -> {
          node.add(other);
          other.apply(PeerUpdate.Update.of(node.publicKey()).withPresharedKey(Change.cleared()));
        }
        case CHANGE_PSK -> {
          PresharedKey key = PresharedKey.generate(new Network.SeededRandom(action.amount()));
          node.apply(PeerUpdate.Update.of(other.publicKey()).withPresharedKey(Change.set(key)));
          other.apply(PeerUpdate.Update.of(node.publicKey()).withPresharedKey(Change.set(key)));
        }
        case KEEPALIVE ->
            node.apply(
                PeerUpdate.Update.of(other.publicKey())
                    .withPersistentKeepalive(Change.set(Duration.ofSeconds(action.amount() % 60))));
        case SUSPEND -> {
          node.device.suspend(network.now());
          suspended.add(node);
        }
        case RESUME -> {
          node.device.resume(network.now(), node);
          suspended.remove(node);
        }
      }
      checkNothingIsRepeated(network, nodes);
    }
    network.isLost = datagram -> false;
    suspended.forEach(node -> node.device.resume(network.now(), node));
    for (Node node : nodes) {
      for (Node other : nodes) {
        if (node != other) {
          node.apply(
              PeerUpdate.Update.of(other.publicKey())
                  .withEndpoint(Change.set(other.endpoint))
                  .withPersistentKeepalive(Change.cleared()));
        }
      }
    }
    network.advanceSeconds(200);
    nodes.forEach(node -> node.delivered.clear());
    pingAll(nodes);
    network.advanceSeconds(15);
    assertEquals(List.of(2, 2, 2), nodes.stream().map(node -> node.delivered.size()).toList());
    checkNothingIsRepeated(network, nodes);
    network.advanceSeconds(700);
    for (Node node : nodes) {
      assertEquals(0, node.indices.size());
      assertTrue(!node.device.hasDeadline());
      for (Node other : nodes) {
        if (node != other) {
          assertEquals(Optional.of(other.endpoint), node.status(other).endpoint());
        }
      }
    }
  }

  private static void pingAll(List<Node> nodes) {
    for (Node node : nodes) {
      nodes.stream().filter(other -> other != node).forEach(other -> node.ping(other, 3));
    }
  }

  /** Packets of these tests differ in length or addresses, but for the last round. */
  private static void checkNothingIsRepeated(Network network, List<Node> nodes) {
    Set<String> nonces = new HashSet<>();
    for (Datagram datagram : network.wire) {
      if (datagram.type() == 4) {
        // Receiver indices are drawn from 2^32, so they tell sessions apart.
        assertTrue(nonces.add(HexFormat.of().formatHex(datagram.octets(), 4, 16)));
      }
    }
    for (Node node : nodes) {
      List<String> delivered = new ArrayList<>();
      node.delivered.forEach(packet -> delivered.add(HexFormat.of().formatHex(packet)));
      assertEquals(delivered.size(), new HashSet<>(delivered).size());
    }
  }
}
