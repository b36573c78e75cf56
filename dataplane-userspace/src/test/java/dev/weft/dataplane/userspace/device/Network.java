// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.JdkAeadProvider;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/** Devices in one thread, with a clock that only moves when it is told to. */
final class Network {

  static final Duration MILLISECOND = Duration.ofMillis(1);
  static final AeadProvider AEAD = new JdkAeadProvider();

  /** The monotonic clock passes its sign change in every test that takes more than a minute. */
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(60).toNanos();

  private static final Instant WALL_CLOCK_START = Instant.parse("2026-01-01T00:00:00Z");

  /** A datagram under way, or that was. */
  record Datagram(long atNanos, Endpoint source, Endpoint destination, Octets content) {
    byte[] octets() {
      return content.toByteArray();
    }

    int type() {
      return octets()[0];
    }

    boolean isKeepalive() {
      return type() == 4 && content.length() == 32;
    }
  }

  final List<Datagram> wire = new ArrayList<>();
  Predicate<Datagram> isLost = datagram -> false;
  private final Map<Endpoint, Node> nodes = new HashMap<>();
  private final ArrayDeque<Datagram> underWay = new ArrayDeque<>();
  private long nowNanos = START;

  long now() {
    return nowNanos;
  }

  /** Nanoseconds since the start. */
  long elapsed() {
    return nowNanos - START;
  }

  Node node(int seed) {
    return new Node(PrivateKey.generate(new SeededRandom(1000 + seed)), seed);
  }

  /** Two nodes that are each other's peers, and know where the other is. */
  Node[] pair() {
    Node a = node(1);
    Node b = node(2);
    a.add(b);
    b.add(a);
    return new Node[] {a, b};
  }

  /** Delivers what is under way, and what that causes. */
  void settle() {
    for (Datagram next = underWay.poll(); next != null; next = underWay.poll()) {
      Node target = nodes.get(next.destination());
      if (target != null) {
        target.receive(next.octets(), next.source());
      }
    }
  }

  /** Lets time pass, deadline by deadline. */
  void advance(Duration time) {
    long end = nowNanos + time.toNanos();
    while (true) {
      settle();
      Node first = null;
      for (Node node : nodes.values()) {
        if (node.device.hasDeadline()
            && node.device.nextDeadlineNanos() - end <= 0
            && (first == null
                || node.device.nextDeadlineNanos() - first.device.nextDeadlineNanos() < 0)) {
          first = node;
        }
      }
      if (first == null) {
        break;
      }
      long due = first.device.nextDeadlineNanos();
      if (due - nowNanos > 0) {
        nowNanos = due;
      }
      first.device.onDeadline(nowNanos, first);
    }
    nowNanos = end;
  }

  void advanceSeconds(double seconds) {
    advance(Duration.ofNanos((long) (seconds * 1e9)));
  }

  /** Datagrams of a type sent from a node so far. */
  List<Datagram> sent(Node node, int type) {
    return wire.stream()
        .filter(datagram -> datagram.source().equals(node.endpoint) && datagram.type() == type)
        .toList();
  }

  void forgetWire() {
    wire.clear();
  }

  /** A device, its surroundings, and what came out of it. */
  final class Node implements DeviceSink, DeviceEnvironment {

    final PrivateKey key;
    final int number;
    final WireGuardDevice device;
    final Set<Integer> indices = new HashSet<>();
    final List<byte[]> delivered = new ArrayList<>();
    final List<PublicKey> completed = new ArrayList<>();
    final List<Endpoint> moves = new ArrayList<>();
    private final SeededRandom random;
    Endpoint endpoint;
    Duration wallClockOffset = Duration.ZERO;
    boolean underlayFull;
    AeadProvider aead = AEAD;
    private PublicKey publicKey;

    Node(PrivateKey key, int number) {
      this.key = key;
      this.publicKey = key.publicKey();
      this.number = number;
      this.random = new SeededRandom(number);
      this.endpoint = Endpoint.parse("192.0.2." + number + ":51820");
      nodes.put(endpoint, this);
      device = new WireGuardDevice(key, 1420, this);
    }

    PublicKey publicKey() {
      return publicKey;
    }

    /** After the device got another key. */
    void useKey(PrivateKey newKey) {
      publicKey = newKey.publicKey();
    }

    String address() {
      return "10.0.0." + number;
    }

    String address6() {
      return "fd00::" + number;
    }

    PeerUpdate.Create peer(Optional<PresharedKey> psk, Duration keepalive) {
      return new PeerUpdate.Create(
          publicKey(),
          psk,
          Optional.of(endpoint),
          keepalive,
          List.of(IpPrefix.parse(address()), IpPrefix.parse(address6())));
    }

    void add(Node other) {
      apply(other.peer(Optional.empty(), Duration.ZERO));
    }

    void apply(PeerUpdate update) {
      device.apply(update, nowNanos, this);
    }

    void move(Endpoint newEndpoint) {
      nodes.remove(endpoint);
      endpoint = newEndpoint;
      nodes.put(endpoint, this);
    }

    /** Sends a packet with that much payload. */
    void ping(Node target, int payload) {
      send(Packets.ipv4(address(), target.address(), payload));
    }

    void ping(Node target) {
      ping(target, 100);
    }

    void send(byte[] packet) {
      PacketBuffer buffer =
          PacketBuffer.allocate(
              WireGuardDevice.HEAD_ROOM, packet.length + WireGuardDevice.TAIL_ROOM);
      buffer.copyFrom(packet, 0, packet.length);
      device.sendIpPacket(buffer, nowNanos, this);
    }

    void sendBatch(List<byte[]> packets) {
      PacketBatch batch = new PacketBatch(packets.size(), WireGuardDevice.HEAD_ROOM, 2048);
      packets.forEach(packet -> batch.append().copyFrom(packet, 0, packet.length));
      device.sendIpPackets(batch, nowNanos, this);
    }

    void receive(byte[] octets, Endpoint source) {
      PacketBuffer buffer = PacketBuffer.allocate(7, octets.length);
      buffer.copyFrom(octets, 0, octets.length);
      device.receiveDatagram(buffer, source, nowNanos, this);
    }

    PeerSnapshot status(Node other) {
      return device.peers().stream()
          .filter(peer -> peer.publicKey().equals(other.publicKey()))
          .findFirst()
          .orElseThrow();
    }

    long drops(DropReason reason) {
      return device.drops().getOrDefault(reason.label(), 0L);
    }

    @Override
    public boolean toNetwork(PacketBuffer datagram, Endpoint destination) {
      if (underlayFull) {
        return false;
      }
      Datagram sent =
          new Datagram(nowNanos, endpoint, destination, Octets.of(datagram.toByteArray()));
      wire.add(sent);
      if (!isLost.test(sent)) {
        underWay.add(sent);
      }
      return true;
    }

    @Override
    public void toTunnel(PacketBuffer packet, PublicKey peer) {
      delivered.add(packet.toByteArray());
    }

    @Override
    public void onHandshakeCompleted(PublicKey peer) {
      completed.add(peer);
    }

    @Override
    public void onEndpointChanged(PublicKey peer, Endpoint newEndpoint) {
      moves.add(newEndpoint);
    }

    @Override
    public Instant wallClock() {
      return WALL_CLOCK_START.plusNanos(elapsed()).plus(wallClockOffset);
    }

    @Override
    public RandomSource random() {
      return random;
    }

    @Override
    public int allocateIndex() {
      int index;
      do {
        index = random.nextInt();
      } while (!indices.add(index));
      return index;
    }

    @Override
    public void releaseIndex(int index) {
      if (!indices.remove(index)) {
        throw new AssertionError("index " + index + " was released twice");
      }
    }

    @Override
    public AeadProvider aead() {
      return aead;
    }
  }

  /** Repeatable randomness. */
  static final class SeededRandom implements RandomSource {
    private final Random random;

    SeededRandom(long seed) {
      random = new Random(seed);
    }

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    int nextInt() {
      return random.nextInt();
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }
}
