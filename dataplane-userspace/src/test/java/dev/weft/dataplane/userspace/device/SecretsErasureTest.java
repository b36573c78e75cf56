// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.X25519;
import dev.weft.dataplane.userspace.device.HandshakeState.InitiationCreated;
import dev.weft.dataplane.userspace.message.HandshakeInitiation;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.PeerUpdate;
import dev.weft.spi.RandomSource;
import dev.weft.spi.TransportAead;
import dev.weft.transport.Endpoint;
import dev.weft.transport.IpPrefix;
import dev.weft.transport.PacketBuffer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What a handshake and a session leave in memory: the arrays that secrets were drawn into, the
 * states of handshakes and the ciphers of sessions are watched. WG §6.3.
 */
final class SecretsErasureTest {

  private final Watched a = new Watched(1);
  private final Watched b = new Watched(2);

  private void introduce() {
    a.add(b);
    b.add(a);
  }

  /** Delivers what is under way, and what that causes. */
  private void settle() {
    while (!a.sent.isEmpty() || !b.sent.isEmpty()) {
      deliver(a, b);
      deliver(b, a);
    }
  }

  private static void deliver(Watched from, Watched to) {
    for (byte[] octets = from.sent.poll(); octets != null; octets = from.sent.poll()) {
      to.device.receiveDatagram(buffer(octets), from.endpoint, 0, to);
    }
  }

  private static PacketBuffer buffer(byte[] octets) {
    PacketBuffer buffer = PacketBuffer.allocate(0, octets.length);
    buffer.copyFrom(octets, 0, octets.length);
    return buffer;
  }

  @Test
  void ephemeralKeysAreErasedAsSoonAsTheHandshakeHasThem() {
    introduce();
    a.ping(b);
    settle();
    assertEquals(1, a.secrets.size());
    assertEquals(1, b.secrets.size());
    assertArrayEquals(new byte[32], a.secrets.getFirst());
    assertArrayEquals(new byte[32], b.secrets.getFirst());
  }

  @Test
  void aPendingInitiationIsErasedByItsResponse() {
    introduce();
    a.ping(b);
    InitiationCreated pending = pending(a, b);
    settle();
    assertTrue(pending.symmetric().isDestroyed());
    assertTrue(pending.ephemeral().isDestroyed());
    assertInstanceOf(HandshakeState.Zeroed.class, handshake(a, b).state());
  }

  @Test
  void aPendingInitiationIsErasedWithItsPeer() {
    introduce();
    a.ping(b);
    InitiationCreated pending = pending(a, b);
    a.device.apply(new PeerUpdate.Delete(b.publicKey), 0, a);
    assertTrue(pending.symmetric().isDestroyed());
    assertTrue(pending.ephemeral().isDestroyed());
  }

  @Test
  void aSessionClosesItsTwoCiphersWhenItEnds() {
    introduce();
    a.ping(b);
    settle();
    assertEquals(2, a.open);
    assertEquals(2, b.open);
    a.device.apply(new PeerUpdate.Delete(b.publicKey), 0, a);
    assertEquals(0, a.open);
    b.device.close();
    assertEquals(0, b.open);
  }

  @Test
  void aClosedDeviceHasErasedEverySecretItDrew() {
    introduce();
    a.ping(b);
    settle();
    flood(b);
    assertEquals(2, b.secrets.size(), "an ephemeral key, and the secret of cookies");
    b.device.close();
    for (byte[] secret : b.secrets) {
      assertArrayEquals(new byte[32], secret);
    }
  }

  /** Initiations with a good mac1, until the first cookie. */
  private static void flood(Watched target) {
    CookieGenerator macs = new CookieGenerator(target.publicKey.octets());
    byte[] message = new byte[HandshakeInitiation.LENGTH];
    message[0] = 1;
    message[8] = 9;
    macs.addMacs(message, 0);
    for (int i = 0; target.secrets.size() < 2 && i < 1000; i++) {
      target.device.receiveDatagram(buffer(message), target.endpoint, 0, target);
    }
    target.sent.clear();
  }

  @Test
  void aDestroyedIdentityNoLongerHasItsKey() throws DroppedException {
    LocalIdentity identity = new LocalIdentity(a.key);
    byte[] other = b.publicKey.octets();
    byte[] before = identity.agree(other);
    assertArrayEquals(X25519.multiply(a.key.octets(), other), before);
    identity.destroy();
    assertArrayEquals(X25519.multiply(new byte[32], other), identity.agree(other));
    assertFalse(identity.toString().isEmpty());
    assertFalse(identity.toString().contains(a.key.exportBase64()));
  }

  @Test
  void aFailedHandshakeDestroysWhatItStarted() {
    PublicKey weak = PublicKey.of(new byte[32]);
    Handshake handshake = new Handshake(peerOf(weak));
    assertThrows(
        DroppedException.class,
        () -> handshake.createInitiation(new LocalIdentity(a.key), 1, Instant.EPOCH, a));
    assertInstanceOf(HandshakeState.Zeroed.class, handshake.state());
    HandshakeInitiation forged =
        HandshakeInitiation.withoutMacs(1, weak, Octets.zeros(48), Octets.zeros(28));
    assertThrows(
        DroppedException.class, () -> Handshake.decryptStatic(new LocalIdentity(a.key), forged));
    for (byte[] secret : a.secrets) {
      assertArrayEquals(new byte[32], secret);
    }
  }

  private Peer peerOf(PublicKey key) {
    return new Peer(key, new DeadlineQueue(), a);
  }

  private static Handshake handshake(Watched node, Watched other) {
    return node.device.peer(other.publicKey).handshake();
  }

  private static InitiationCreated pending(Watched node, Watched other) {
    return assertInstanceOf(InitiationCreated.class, handshake(node, other).state());
  }

  /** A device whose randomness and ciphers are watched. */
  private static final class Watched
      implements DeviceEnvironment, DeviceSink, RandomSource, AeadProvider {
    private final PrivateKey key;
    private final PublicKey publicKey;
    private final Endpoint endpoint;
    private final WireGuardDevice device;
    private final ArrayDeque<byte[]> sent = new ArrayDeque<>();
    private final List<byte[]> secrets = new ArrayList<>();
    private final Network.SeededRandom random;
    private final int number;
    private int indices;
    private int open;

    Watched(int number) {
      this.number = number;
      random = new Network.SeededRandom(number);
      key = PrivateKey.generate(random);
      publicKey = key.publicKey();
      endpoint = Endpoint.parse("192.0.2." + number + ":51820");
      device = new WireGuardDevice(key, 1420, this);
    }

    void add(Watched other) {
      device.apply(
          new PeerUpdate.Create(
              other.publicKey,
              Optional.empty(),
              Optional.of(other.endpoint),
              Duration.ZERO,
              List.of(IpPrefix.parse("10.0.0." + other.number))),
          0,
          this);
    }

    void ping(Watched other) {
      byte[] packet = Packets.ipv4("10.0.0." + number, "10.0.0." + other.number, 5);
      PacketBuffer buffer =
          PacketBuffer.allocate(
              WireGuardDevice.HEAD_ROOM, packet.length + WireGuardDevice.TAIL_ROOM);
      buffer.copyFrom(packet, 0, packet.length);
      device.sendIpPacket(buffer, 0, this);
    }

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
      if (target.length == 32) {
        secrets.add(target);
      }
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }

    @Override
    public boolean toNetwork(PacketBuffer datagram, Endpoint destination) {
      sent.add(datagram.toByteArray());
      return true;
    }

    @Override
    public void toTunnel(PacketBuffer packet, PublicKey peer) {}

    @Override
    public void onHandshakeCompleted(PublicKey peer) {}

    @Override
    public void onEndpointChanged(PublicKey peer, Endpoint newEndpoint) {}

    @Override
    public Instant wallClock() {
      return Instant.EPOCH;
    }

    @Override
    public RandomSource random() {
      return this;
    }

    @Override
    public int allocateIndex() {
      return ++indices;
    }

    @Override
    public void releaseIndex(int index) {}

    @Override
    public AeadProvider aead() {
      return this;
    }

    @Override
    public String name() {
      return "watched";
    }

    @Override
    public int priority() {
      return 0;
    }

    @Override
    public Availability probe() {
      return Network.AEAD.probe();
    }

    @Override
    public TransportAead create(byte[] cipherKey) {
      TransportAead aead = Network.AEAD.create(cipherKey);
      open++;
      return new TransportAead() {
        @Override
        public void seal(
            long counter, MemorySegment from, long at, int length, MemorySegment to, long target) {
          aead.seal(counter, from, at, length, to, target);
        }

        @Override
        public boolean open(
            long counter, MemorySegment from, long at, int length, MemorySegment to, long target) {
          return aead.open(counter, from, at, length, to, target);
        }

        @Override
        public void close() {
          aead.close();
          open--;
        }
      };
    }
  }
}
