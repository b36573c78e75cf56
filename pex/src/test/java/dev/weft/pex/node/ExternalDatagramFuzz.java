// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.pex.node.ExchangeEffect.SendExternal;
import dev.weft.pex.node.ExchangeEffect.SendFromWireGuardPort;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile datagrams, outside of the tunnel and in it, to the gateway of a network with signed data.
 * The input is a list of steps: an octet that says what, an octet that says who, two octets of
 * length, and the datagram.
 */
final class ExternalDatagramFuzz {

  private static final int MAX_STEPS = 64;
  private static final int ID = 4; // where the header has it. PEX §5.
  private static final int AUTH_ID = 20;
  private static final int KINDS = 6;
  private static final int FROM_OUTSIDE = 0;
  private static final int AS_A_MEMBER = 1;
  private static final int AS_AN_ANSWER = 2;
  private static final int IN_THE_TUNNEL = 3;
  private static final int TIME = 4;

  private static final List<PrivateKey> SENDERS =
      List.of(ExchangeNode.AP1, ExchangeNode.AP2, ExchangeNode.STRANGER, ExchangeNode.GATEWAY);
  private static final SignedNetworkData DATA = ExchangeNode.data(ExchangeNode.VERSION, 20_000);
  private static final long START = 1000 * ExchangeNode.SECOND;

  private final ExchangeNode node = new ExchangeNode(ExchangeNode.GATEWAY, 5).load(DATA, START);
  private long now = START;
  private long sent;

  /** The request that was sent last: what guesses its id right is an answer. */
  private Optional<UpdateRequest> asked = Optional.empty();

  /** The recorded datagrams, as they are and as answers, and time. */
  static Stream<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    try (InputStream in =
        Objects.requireNonNull(
            ExternalDatagramFuzz.class.getResourceAsStream("/vectors/pex-external.json"))) {
      for (JsonNode message : new ObjectMapper().readTree(in).get("messages")) {
        byte[] octets = HexFormat.of().parseHex(message.get("hex").asText());
        for (int kind = FROM_OUTSIDE; kind < TIME; kind++) {
          seeds.add(seed(kind, seeds.size(), octets));
        }
      }
    }
    return seeds.stream();
  }

  private static byte[] seed(int kind, int number, byte[] octets) {
    ByteBuffer seed = ByteBuffer.allocate(12 + octets.length);
    seed.put((byte) (KINDS - 1)).put((byte) number).putShort((short) 0);
    seed.put((byte) kind).put((byte) number).putShort((short) octets.length).put(octets);
    seed.put((byte) TIME).put((byte) (1 + number)).putShort((short) 0);
    return seed.array();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isAnsweredWithinBoundsOrCounted(byte[] input) {
    new ExternalDatagramFuzz().run(ByteBuffer.wrap(input));
  }

  private void run(ByteBuffer input) {
    for (int step = 0; step < MAX_STEPS && input.remaining() >= 4; step++) {
      int kind = Math.floorMod(input.get(), KINDS);
      int who = Byte.toUnsignedInt(input.get());
      int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
      byte[] content = new byte[length];
      input.get(content);
      switch (kind) {
        case FROM_OUTSIDE, AS_A_MEMBER, AS_AN_ANSWER -> outside(kind, who, content);
        case IN_THE_TUNNEL -> tunnel(who, content);
        case TIME -> check(node.exchange.onDeadline(now += (1 + who) * 100_000_000L), 1000);
        default -> event(who);
      }
    }
    worksStill();
  }

  private static PrivateKey sender(int who) {
    return SENDERS.get(who % SENDERS.size());
  }

  private static Endpoint source(int who) {
    return new Endpoint(InetAddress.ofLiteral("192.0.2." + who % 16), 1 + who);
  }

  private void outside(int kind, int who, byte[] content) {
    ByteBuffer octets = ByteBuffer.wrap(content);
    if (content.length >= AUTH_ID + 8) {
      octets.putLong(AUTH_ID, ExchangeNode.AUTH_KEY.id());
    }
    assertEquals(
        content.length >= ExternalCodec.HEADER_LENGTH && content[0] == 0,
        ExternalCodec.authId(octets).isPresent());
    ExternalDatagram datagram;
    try {
      datagram = ExternalCodec.decode(octets, ExchangeNode.AUTH_KEY);
      if (datagram.octets() <= ExternalCodec.MAX_SENT) {
        ByteBuffer again = ExternalCodec.encode(datagram, ExchangeNode.AUTH_KEY);
        assertTrue(again.remaining() <= content.length, "nothing is made up");
        assertEquals(datagram, ExternalCodec.decode(again, ExchangeNode.AUTH_KEY));
      }
    } catch (MalformedMessageException e) {
      decodeEnroll(octets);
      return;
    }
    if (kind != FROM_OUTSIDE) {
      PexMessage message = kind == AS_AN_ANSWER ? asAnswer(datagram.message()) : datagram.message();
      datagram = new ExternalDatagram(sender(who).publicKey().peerId(), datagram.nonce(), message);
    }
    check(node.exchange.onExternal(datagram, source(who), now), TransferPacer.BURST + 4);
  }

  private static void decodeEnroll(ByteBuffer octets) {
    try {
      ExternalCodec.decodeEnroll(octets);
      assertTrue(ExternalCodec.isEnroll(octets));
    } catch (MalformedMessageException e) {
      // As it should be.
    }
  }

  private PexMessage asAnswer(PexMessage message) {
    long id = asked.map(UpdateRequest::requestId).orElse(0L);
    return switch (message) {
      case UpdateResponse response ->
          new UpdateResponse(id, response.dataLength(), response.ephemeralKey(), response.chunk());
      case UpdateResponseData data -> new UpdateResponseData(id, data.offset(), data.chunk());
      case UpdateResponseNoData none -> new UpdateResponseNoData(id, none.version());
      case UpdateResponseRefused refused -> new UpdateResponseRefused(id, refused.version());
      default -> message;
    };
  }

  private void tunnel(int who, byte[] content) {
    ByteBuffer octets = ByteBuffer.wrap(content);
    if (content.length >= ID + 8) {
      octets.putLong(ID, sender(who % 2).publicKey().peerId().value());
    }
    try {
      PexDatagram datagram = PexCodec.decode(octets);
      assertEquals(datagram, PexCodec.decode(PexCodec.encode(datagram)));
      check(
          node.fromTunnel(sender(who % 2), asAnswer(datagram.message()), now),
          TransferPacer.BURST + 4);
    } catch (MalformedMessageException e) {
      // As it should be.
    }
  }

  private void event(int who) {
    switch (who % 4) {
      case 0 ->
          check(
              node.exchange.onHandshake(
                  node.host(sender(who / 4 % 2)), Optional.of(source(who)), now),
              1);
      case 1 -> check(node.exchange.connect(source(who), Duration.ofSeconds(who % 8), now), 3);
      case 2 -> node.load(DATA, now);
      default -> node.connected.add(sender(who / 4 % 2).publicKey());
    }
  }

  private void check(List<ExchangeEffect> effects, int most) {
    assertTrue(effects.size() <= most, () -> effects.size() + " effects");
    for (ExchangeEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(var peer, PexMessage message) -> {
          note(message);
          assertEquals(3458, peer.pexPort());
          PexCodec.encode(new PexDatagram(node.key.publicKey().peerId(), message));
        }
        case SendExternal(Endpoint to, ExternalDatagram datagram) -> checkSent(to, datagram);
        case SendFromWireGuardPort(Endpoint to, ExternalDatagram datagram) ->
            checkSent(to, datagram);
        case PexEffect.ProposeEndpoint(var peer, var origin, Endpoint endpoint) -> {
          assertFalse(node.connected.contains(peer));
          assertTrue(endpoint.port() != 0);
        }
        case DataReceived other -> throw new AssertionError("nobody can sign " + other);
        case ExchangeEffect.ReloadDue other -> throw new AssertionError(other);
        case ExchangeEffect.Refused refused ->
            assertTrue(Long.compareUnsigned(refused.version(), ExchangeNode.VERSION) > 0);
      }
    }
  }

  private void checkSent(Endpoint to, ExternalDatagram datagram) {
    assertTrue(to.port() != 0);
    note(datagram.message());
    sent += ExternalCodec.encode(datagram, ExchangeNode.AUTH_KEY).remaining();
  }

  private void note(PexMessage message) {
    if (message instanceof UpdateRequest request) {
      asked = Optional.of(request);
    }
  }

  private void worksStill() {
    assertTrue(sent <= MAX_STEPS * (DATA.length() + 20_000L));
    for (int wakeUps = 0; node.exchange.nextDeadlineNanos().isPresent(); wakeUps++) {
      long next = node.exchange.nextDeadlineNanos().getAsLong();
      if (next - now > 300 * ExchangeNode.SECOND) {
        break;
      }
      now = Math.max(now, next);
      check(node.exchange.onDeadline(now), 1000);
      assertTrue(wakeUps < 10_000, "time passes");
    }
    now += ExchangeNode.SECOND;
    List<ExchangeEffect> answer =
        node.fromTunnel(ExchangeNode.AP1, new UpdateRequest(9, ExchangeNode.VERSION), now);
    assertEquals(
        new UpdateResponseNoData(9, ExchangeNode.VERSION),
        ExchangeNode.messages(answer).getFirst());
    assertEquals(Optional.of(DATA), node.exchange.data());
  }
}
