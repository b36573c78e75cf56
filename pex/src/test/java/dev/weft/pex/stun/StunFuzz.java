// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.pex.stun.PortDetectorEffect.ExternalEndpointChanged;
import dev.weft.pex.stun.PortDetectorEffect.Resolve;
import dev.weft.pex.stun.PortDetectorEffect.SendFromWireGuardPort;
import dev.weft.pex.stun.StunClient.Retransmission;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.pex.stun.StunServer.Limits;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Datagrams to a server, a client and a port detector that wait for answers, with time between
 * them. The input is a list of steps: an octet that says what, an octet that says from whom, two
 * octets of length, and the datagram.
 */
final class StunFuzz {

  private static final int MAX_STEPS = 32;
  private static final int STEP_HEADER = 4;

  /** The kinds of steps, by the first octet. */
  private static final int KINDS = 4;

  private static final int ANYTHING = 0;
  private static final int ANSWER = 1;
  private static final int TIME = 2;

  private static final List<Endpoint> SERVERS =
      List.of(
          Endpoint.parse("192.0.2.1:3478"),
          Endpoint.parse("192.0.2.2:3478"),
          Endpoint.parse("[2001:db8::1]:3478"));
  private static final int MAX_ANSWER = 76;

  private final FixedRandom random = new FixedRandom();
  private final StunServer server = new StunServer(new Limits(1000, 1000, 1000, 4));
  private final PortDetector detector = new PortDetector(random);
  private final StunClient client = new StunClient(random, Retransmission.RFC_8489);

  /** Where the last requests went, and their transactions. */
  private final List<SendFromWireGuardPort> pending = new ArrayList<>();

  private long nowNanos = 1_000_000;
  private int sentInTime;

  static Stream<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    try (InputStream in =
        Objects.requireNonNull(StunFuzz.class.getResourceAsStream("/vectors/stun.json"))) {
      JsonNode vectors = new ObjectMapper().readTree(in);
      for (String list : List.of("requests", "responses")) {
        for (JsonNode entry : vectors.get(list)) {
          byte[] packet = HexFormat.of().parseHex(entry.get("packet").asText());
          seeds.add(seed(ANYTHING, packet));
          seeds.add(seed(ANSWER, packet));
        }
      }
    }
    return seeds.stream();
  }

  private static byte[] seed(int kind, byte[] packet) {
    ByteBuffer seed = ByteBuffer.allocate(3 * STEP_HEADER + packet.length);
    seed.put((byte) kind).put((byte) 0).putShort((short) packet.length).put(packet);
    seed.put((byte) TIME).put((byte) 1).putShort((short) 0);
    seed.put((byte) 3).put((byte) 1).putShort((short) 0);
    return seed.array();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isAnsweredTakenInOrCounted(byte[] input) {
    new StunFuzz().run(ByteBuffer.wrap(input));
  }

  private void run(ByteBuffer input) {
    carryOut(detector.load(SERVERS.stream().map(EndpointName::of).toList(), 1, false, nowNanos));
    client.start(SERVERS, nowNanos);
    for (int step = 0; step < MAX_STEPS && input.remaining() >= STEP_HEADER; step++) {
      int kind = Math.floorMod(input.get(), KINDS);
      int who = Byte.toUnsignedInt(input.get());
      int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
      byte[] content = new byte[length];
      input.get(content);
      switch (kind) {
        case ANYTHING -> receive(content, source(who));
        case ANSWER -> answer(content, who);
        case TIME -> pass(who * TimeUnit.MILLISECONDS.toNanos(50));
        default -> pass(TimeUnit.MINUTES.toNanos(who));
      }
    }
    worksStill();
  }

  private static Endpoint source(int who) {
    return SERVERS.get(who % SERVERS.size());
  }

  /** With the transaction of a request and from where that went, so that it is not refused. */
  private void answer(byte[] content, int who) {
    if (pending.isEmpty() || content.length < StunMessage.HEADER_LENGTH) {
      return;
    }
    SendFromWireGuardPort request = pending.get(who % pending.size());
    ByteBuffer.wrap(content).put(8, request.datagram(), 8, TransactionId.LENGTH);
    receive(content, request.server());
  }

  private void receive(byte[] content, Endpoint source) {
    ByteBuffer datagram = ByteBuffer.wrap(content);
    try {
      StunMessage message = StunMessage.decode(datagram);
      assertEquals(message, StunMessage.decode(message.encode()));
      assertEquals(message instanceof BindingRequest, StunMessage.isRequest(datagram));
      assertEquals(!(message instanceof BindingRequest), PortDetector.claims(datagram));
    } catch (MalformedStunException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= content.length);
    }
    server
        .answer(datagram, source, nowNanos)
        .ifPresent(
            answer -> {
              assertEquals(source.address(), answer.destination().address());
              assertNotEquals(0, answer.destination().port());
              int octets = answer.datagram().remaining();
              assertTrue(octets <= content.length + StunServer.MAX_GROWTH && octets <= MAX_ANSWER);
              assertFalse(StunMessage.isRequest(answer.datagram()));
            });
    carryOut(detector.onDatagram(datagram, source, nowNanos));
    client.onDatagram(datagram, source);
    assertEquals(0, datagram.position());
    assertEquals(content.length, datagram.remaining());
  }

  private void pass(long nanos) {
    nowNanos += nanos;
    sentInTime = 0;
    carryOut(detector.onDeadline(nowNanos));
    client.onDeadline(nowNanos);
    assertTrue(sentInTime <= 1, "one request at a time");
  }

  private void carryOut(List<PortDetectorEffect> effects) {
    for (PortDetectorEffect effect : effects) {
      switch (effect) {
        case Resolve(EndpointName name) -> {
          List<InetAddress> address = List.of(name.numeric().orElseThrow().address());
          carryOut(detector.onResolved(name, address, nowNanos));
        }
        case SendFromWireGuardPort send -> {
          assertTrue(SERVERS.contains(send.server()));
          assertEquals(StunMessage.HEADER_LENGTH, send.datagram().remaining());
          sentInTime++;
          pending.add(send);
          if (pending.size() > SERVERS.size() * PortDetector.ROUNDS) {
            pending.removeFirst();
          }
        }
        case ExternalEndpointChanged(ExternalEndpoint external) -> {
          assertTrue(detector.externalEndpoints().contains(external));
          assertNotEquals(0, external.endpoint().port());
        }
      }
    }
  }

  /** Whatever came before, servers are asked again and believed. */
  private void worksStill() {
    pending.clear();
    carryOut(detector.onNetworkChanged(nowNanos));
    SendFromWireGuardPort send = pending.getFirst();
    Endpoint ours =
        send.server().isIpv6()
            ? Endpoint.parse("[2001:db8::9]:9")
            : Endpoint.parse("203.0.113.9:9");
    try {
      TransactionId id = StunMessage.decode(send.datagram()).transaction();
      ByteBuffer answer =
          new BindingSuccess(id, Optional.of(ours), Optional.empty(), false).encode();
      carryOut(detector.onDatagram(answer, send.server(), nowNanos));
    } catch (MalformedStunException e) {
      throw new AssertionError(e);
    }
    assertEquals(9, detector.externalPortTowards(send.server()).orElseThrow());
    assertTrue(server.sources() <= 4);
  }
}
