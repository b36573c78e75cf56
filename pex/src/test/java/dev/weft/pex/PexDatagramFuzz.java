// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Hello;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.NotifyPeers;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.Ping;
import dev.weft.pex.message.Pong;
import dev.weft.pex.node.PexCounters;
import dev.weft.pex.node.PexEffect;
import dev.weft.pex.node.PexNetwork;
import dev.weft.pex.node.PexNode;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Datagrams of hostile members to a node among seven hosts, with ticks between them. The input is a
 * list of steps: an octet that says what, an octet that says who, two octets of length, and the
 * datagram.
 */
final class PexDatagramFuzz {

  private static final long SECOND = 1_000_000_000L;
  private static final int MAX_STEPS = 32;
  private static final int SENDER = 4; // where the header has its peer id. PEX §5.

  /** The kinds of steps, by the first octet. */
  private static final int KINDS = 4;

  private static final int FROM_A_MEMBER = 0;
  private static final int FROM_ANYBODY = 1;
  private static final int TICK = 2;

  private static final List<Host> HOSTS =
      List.of(
          host(1, builder("own", 1)),
          host(2, builder("a", 2)),
          host(3, builder("b", 3)),
          host(4, builder("public", 4).endpoint(new EndpointName("192.0.2.4", 3456))),
          host(5, builder("behind-own", 5).gateway("own")),
          host(6, builder("behind-a", 6).gateway("a")),
          host(7, builder("mute", 7).pexPort(0)));

  private static final Host OWN = HOSTS.getFirst();
  private static final Host A = HOSTS.get(1);

  private final PexCounters counters = new PexCounters();
  private final PexNode node =
      new PexNode(
          OWN.key(),
          new First(),
          endpoint -> Optional.of(InetAddress.ofLiteral("10.0.0.1")),
          counters);
  private final List<PeerSnapshot> snapshots = new ArrayList<>();
  private PexNetwork network = load();
  private long now = 500 * SECOND;

  /** Chooses the first of several. */
  private static final class First implements RandomSource {
    @Override
    public void nextBytes(byte[] target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int nextInt(int bound) {
      return 0;
    }
  }

  private static Host.Builder builder(String name, int number) {
    byte[] key = new byte[PublicKey.LENGTH];
    key[7] = (byte) number;
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return Host.builder(name, PublicKey.of(key), address).port(3456).pexPort(3458);
  }

  private static Host host(int number, Host.Builder builder) {
    return builder.address(InetAddress.ofLiteral("10.7.0." + number)).build();
  }

  /** The recorded datagrams as if members sent them, with ticks before and after. */
  static Stream<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (String file : List.of("file/ap1", "file/gw", "openwifi-l3/gw")) {
      for (Capture.Datagram recorded : Capture.read("/vectors/live/" + file + "-tunnel.pcap")) {
        ByteBuffer payload = recorded.payload().duplicate();
        byte[] datagram = new byte[payload.remaining()];
        payload.get(datagram);
        if (datagram.length <= PexCodec.MAX_LENGTH) {
          seeds.add(seed(seeds.size(), datagram));
        }
      }
    }
    return seeds.stream().limit(60);
  }

  private static byte[] seed(int number, byte[] datagram) {
    ByteBuffer seed = ByteBuffer.allocate(8 + datagram.length + 4);
    seed.put((byte) TICK).put((byte) number).putShort((short) 0);
    seed.put((byte) FROM_A_MEMBER).put((byte) (number % HOSTS.size()));
    seed.putShort((short) datagram.length).put(datagram);
    seed.put((byte) TICK).put((byte) 1).putShort((short) 0);
    return seed.array();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isAnsweredTakenInOrCounted(byte[] input) {
    new PexDatagramFuzz().run(ByteBuffer.wrap(input));
  }

  private void run(ByteBuffer input) {
    for (int step = 0; step < MAX_STEPS && input.remaining() >= 4; step++) {
      int kind = Math.floorMod(input.get(), KINDS);
      int who = Byte.toUnsignedInt(input.get());
      int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
      byte[] content = new byte[length];
      input.get(content);
      switch (kind) {
        case FROM_A_MEMBER -> fromAMember(HOSTS.get(who % HOSTS.size()), content);
        case FROM_ANYBODY -> receive(ByteBuffer.wrap(content), source(who));
        case TICK -> tick(who, content);
        default -> network = load();
      }
    }
    worksStill();
  }

  private PexNetwork load() {
    NetworkRevision revision =
        new NetworkRevision(0, HOSTS, List.of(), 3456, Duration.ofSeconds(10));
    return node.load(revision, Duration.ofSeconds(10), 3458);
  }

  private static InetAddress source(int who) {
    Host host = HOSTS.get(who % HOSTS.size());
    return who < 128 ? host.overlayAddress() : host.addresses().getFirst();
  }

  /** With the sender's id in the header, so that it is not refused for that. */
  private void fromAMember(Host sender, byte[] content) {
    if (content.length >= SENDER + PeerId.LENGTH) {
      ByteBuffer.wrap(content).putLong(SENDER, sender.key().peerId().value());
    }
    receive(ByteBuffer.wrap(content), sender.overlayAddress());
  }

  private void receive(ByteBuffer octets, InetAddress source) {
    PexDatagram datagram;
    try {
      datagram = PexCodec.decode(octets);
    } catch (MalformedMessageException e) {
      return;
    }
    ByteBuffer again = PexCodec.encode(datagram);
    assertTrue(again.remaining() <= octets.remaining(), "nothing is made up");
    try {
      assertEquals(datagram, PexCodec.decode(again));
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
    Optional<Host> sender = node.accept(datagram.sender(), source);
    if (sender.isEmpty()) {
      return;
    }
    assertNotEquals(OWN.key(), sender.get().key());
    List<PexEffect> effects = node.onMessage(sender.get(), datagram.message(), now);
    check(effects);
    assertTrue(effects.size() <= NotifyPeers.MAX_PEERS);
    for (PexEffect effect : effects) {
      if (effect instanceof PexEffect.Send(Host receiver, var message)) {
        // But its neighbours behind one NAT are told of its local address.
        if (!(datagram.message() instanceof Hello && message instanceof NotifyPeers)) {
          assertEquals(sender.get().key(), receiver.key(), "only the sender is answered");
        }
      }
    }
  }

  private void check(List<PexEffect> effects) {
    for (PexEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(Host receiver, var message) -> {
          checkIsPeer(receiver.key());
          assertNotEquals(0, receiver.pexPort());
          ByteBuffer octets = PexCodec.encode(new PexDatagram(OWN.key().peerId(), message));
          assertTrue(octets.remaining() <= PexCodec.MAX_LENGTH);
        }
        case PexEffect.ProposeEndpoint(PublicKey peer, var origin, Endpoint endpoint) -> {
          checkIsPeer(peer);
          assertNotEquals(0, endpoint.port());
          assertFalse(endpoint.address().isAnyLocalAddress());
          assertFalse(endpoint.address().isMulticastAddress());
        }
        case PexEffect.HandshakeSeen(Host peer, var endpoint) -> checkIsPeer(peer.key());
        case PexEffect.ConnectionChanged(PublicKey peer, boolean connected) -> checkIsPeer(peer);
      }
    }
  }

  private void checkIsPeer(PublicKey key) {
    assertTrue(network.directPeers().stream().anyMatch(host -> host.key().equals(key)));
  }

  /**
   * A second or more passes, and the data plane reports of as many peers as there are groups of
   * four octets: who, what traffic and handshake, and an endpoint's last octet and port.
   */
  private void tick(int seconds, byte[] content) {
    now += (1 + seconds % 30) * SECOND;
    ByteBuffer reports = ByteBuffer.wrap(content);
    while (reports.remaining() >= 4 && snapshots.size() < 64) {
      Host host = HOSTS.get(Byte.toUnsignedInt(reports.get()) % HOSTS.size());
      int traffic = Byte.toUnsignedInt(reports.get());
      String address = "192.0.2." + Byte.toUnsignedInt(reports.get());
      int port = Byte.toUnsignedInt(reports.get());
      snapshots.removeIf(old -> old.publicKey().equals(host.key()));
      snapshots.add(
          new PeerSnapshot(
              host.key(),
              port == 0
                  ? Optional.empty()
                  : Optional.of(new Endpoint(InetAddress.ofLiteral(address), port)),
              (traffic & 1) == 0 ? OptionalLong.empty() : OptionalLong.of(now - traffic * SECOND),
              traffic * 100L,
              0,
              0,
              0));
    }
    check(node.onTick(now, List.copyOf(snapshots)));
    List<PexEffect> queries = node.onCandidatesTried(now);
    check(queries);
    assertTrue(queries.size() <= 1);
  }

  private void worksStill() {
    now += 2 * SECOND;
    Host sender = node.accept(A.key().peerId(), A.overlayAddress()).orElseThrow();
    assertEquals(
        List.of(new PexEffect.Send(A, new Pong())), node.onMessage(sender, new Ping(), now));
    assertTrue(counters.snapshot().size() <= 64);
  }
}
