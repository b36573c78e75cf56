// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.dataplane.userspace.device.Network.Datagram;
import dev.weft.dataplane.userspace.device.Network.Node;
import dev.weft.peer.PresharedKey;
import dev.weft.spi.Change;
import dev.weft.spi.PeerUpdate;
import dev.weft.testkit.IpPackets;
import dev.weft.transport.Endpoint;
import dev.weft.transport.PacketBuffer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Datagrams of anybody to a device with a session: any octets, messages of the session with some
 * octets changed, messages with a valid mac1, old messages, and whatever a peer may seal. Time
 * passes, too. Afterwards the peers reach each other and nothing is left over.
 */
final class WireGuardDeviceFuzz {

  private static final Endpoint ANYWHERE = Endpoint.parse("203.0.113.1:1");
  private static final int MAX_STEPS = 24;
  private static final int MAX_DATAGRAM = 1600;

  /** Current, previous and next session, and a handshake. */
  private static final int MAX_INDICES = 4;

  private enum Step {
    ANY_OCTETS,
    ANY_OCTETS_FOR_THE_SESSION,
    ANY_OCTETS_WITH_MAC1,
    CHANGED_DATA,
    CHANGED_INITIATION,
    CHANGED_RESPONSE,
    REPLAYED,
    SEALED_BY_THE_PEER,
    TIME_PASSES,
    PING
  }

  private final Network network = new Network();
  private final Node[] pair = network.pair();
  private final Node peer = pair[0];
  private final Node target = pair[1];

  @FuzzTest
  void staysUsable(FuzzedDataProvider data) {
    new WireGuardDeviceFuzz().run(data);
  }

  private void run(FuzzedDataProvider data) {
    if (data.consumeBoolean()) {
      PresharedKey key = PresharedKey.generate(new Network.SeededRandom(5));
      peer.apply(PeerUpdate.Update.of(target.publicKey()).withPresharedKey(Change.set(key)));
      target.apply(PeerUpdate.Update.of(peer.publicKey()).withPresharedKey(Change.set(key)));
    }
    peer.ping(target);
    network.settle();
    assertEquals(1, target.delivered.size());
    for (int step = 0; step < MAX_STEPS && data.remainingBytes() > 0; step++) {
      int before = network.wire.size();
      take(data.pickValue(Step.values()), data);
      assertTrue(network.wire.size() - before <= 512, "nothing multiplies");
      assertTrue(target.indices.size() <= MAX_INDICES);
      assertTrue(peer.indices.size() <= MAX_INDICES);
    }
    worksStill();
  }

  private void take(Step step, FuzzedDataProvider data) {
    switch (step) {
      case ANY_OCTETS -> receive(data.consumeBytes(MAX_DATAGRAM), data);
      case ANY_OCTETS_FOR_THE_SESSION -> receive(aimed(data), data);
      case ANY_OCTETS_WITH_MAC1 -> {
        byte[] octets = message(data);
        new CookieGenerator(target.publicKey().octets()).addMacs(octets, network.now());
        receive(octets, data);
      }
      case CHANGED_DATA -> {
        network.isLost = datagram -> true;
        peer.ping(target, data.consumeInt(0, 100));
        network.isLost = datagram -> false;
        receive(changed(network.wire.getLast().octets(), data), data);
      }
      case CHANGED_INITIATION -> {
        network.isLost = datagram -> true;
        startHandshake(peer);
        network.isLost = datagram -> false;
        receiveChanged(network.sent(peer, 1), data);
      }
      case CHANGED_RESPONSE -> {
        network.isLost = datagram -> datagram.type() == 2;
        startHandshake(target);
        network.settle();
        network.isLost = datagram -> false;
        receiveChanged(network.sent(peer, 2), data);
      }
      case REPLAYED -> {
        Datagram old = network.wire.get(data.consumeInt(0, network.wire.size() - 1));
        receive(old.octets(), data);
      }
      case SEALED_BY_THE_PEER -> sealedByThePeer(data);
      case TIME_PASSES -> network.advance(Duration.ofMillis(data.consumeInt(0, 40_000)));
      case PING -> {
        Node from = pair[data.consumeInt(0, 1)];
        from.ping(from == peer ? target : peer, data.consumeInt(0, 100));
        network.settle();
      }
    }
  }

  private void startHandshake(Node node) {
    network.advance(Duration.ofMillis(50));
    node.device.suspend(network.now());
    node.device.resume(network.now(), node);
  }

  private void receiveChanged(List<Datagram> sent, FuzzedDataProvider data) {
    if (!sent.isEmpty()) {
      receive(changed(sent.getLast().octets(), data), data);
    }
  }

  private void receive(byte[] octets, FuzzedDataProvider data) {
    target.receive(octets, data.consumeBoolean() ? peer.endpoint : ANYWHERE);
    if (data.consumeBoolean()) {
      network.settle();
    }
  }

  /** Octets with a type and with an index that the target uses. */
  private byte[] aimed(FuzzedDataProvider data) {
    byte[] octets = message(data);
    if (octets.length >= 12 && !target.indices.isEmpty()) {
      int index = data.pickValue(target.indices.stream().sorted().toList());
      littleEndian(octets).putInt(octets[0] == 2 ? 8 : 4, index);
    }
    return octets;
  }

  /** Octets with a type, and mostly of a length that fits it. */
  private static byte[] message(FuzzedDataProvider data) {
    int type = data.consumeInt(1, 4);
    int length =
        switch (type) {
          case 1 -> 148;
          case 2 -> 92;
          case 3 -> 64;
          default -> data.consumeInt(32, MAX_DATAGRAM);
        };
    byte[] octets = Arrays.copyOf(data.consumeBytes(length), length);
    littleEndian(octets).putInt(0, type);
    return octets;
  }

  private static byte[] changed(byte[] octets, FuzzedDataProvider data) {
    for (int changes = data.consumeInt(0, 4); changes > 0; changes--) {
      octets[data.consumeInt(0, octets.length - 1)] ^= data.consumeByte();
    }
    return Arrays.copyOf(octets, octets.length + data.consumeInt(-octets.length, 20));
  }

  private static ByteBuffer littleEndian(byte[] octets) {
    return ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A packet that the peer's own device would never send. */
  private void sealedByThePeer(FuzzedDataProvider data) {
    Keypair session = peer.device.peer(target.publicKey()).keypairs().current();
    if (session == null) {
      return;
    }
    int skipped = data.consumeInt(0, 9000);
    byte[] header =
        switch (data.consumeInt(0, 2)) {
          case 0 -> new byte[0];
          case 1 -> Packets.ipv4(peer.address(), target.address(), 0);
          default -> Packets.ipv6(peer.address6(), target.address6(), 0);
        };
    byte[] content = data.consumeBytes(MAX_DATAGRAM);
    byte[] packet = Arrays.copyOf(header, header.length + content.length);
    System.arraycopy(content, 0, packet, header.length, content.length);
    if (header.length > 0) {
      packet[header.length == 20 ? 3 : 5] = data.consumeByte();
    }
    PacketBuffer buffer =
        PacketBuffer.allocate(WireGuardDevice.HEAD_ROOM, packet.length + WireGuardDevice.TAIL_ROOM);
    buffer.copyFrom(packet, 0, packet.length);
    session.seal(buffer, session.reserve(skipped + 1) + skipped);
    target.receive(buffer.toByteArray(), peer.endpoint);
  }

  private void worksStill() {
    network.settle();
    for (byte[] packet : target.delivered) {
      InetAddress source = IpPackets.source(packet);
      assertTrue(
          source.equals(InetAddress.ofLiteral(peer.address()))
              || source.equals(InetAddress.ofLiteral(peer.address6())));
    }
    // An authentic message that came from elsewhere rightly moves the peer.
    peer.apply(PeerUpdate.Update.of(target.publicKey()).withEndpoint(Change.set(target.endpoint)));
    target.apply(PeerUpdate.Update.of(peer.publicKey()).withEndpoint(Change.set(peer.endpoint)));
    network.advanceSeconds(30);
    peer.delivered.clear();
    target.delivered.clear();
    peer.ping(target, 7);
    target.ping(peer, 8);
    network.advanceSeconds(15);
    assertEquals(List.of(27), target.delivered.stream().map(packet -> packet.length).toList());
    assertEquals(List.of(28), peer.delivered.stream().map(packet -> packet.length).toList());
    network.advanceSeconds(700);
    assertEquals(0, target.indices.size());
    assertEquals(0, peer.indices.size());
  }
}
