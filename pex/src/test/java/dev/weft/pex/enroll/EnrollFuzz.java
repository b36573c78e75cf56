// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.X25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Enroll;
import dev.weft.transport.Endpoint;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Messages of strangers to a server with a secret and to a client. The input is a list of steps: an
 * octet that says what, one that says who, two octets of length, and what is sent. Some strangers
 * hold session keys, so that their attributes arrive under a valid MAC.
 */
final class EnrollFuzz {

  private static final int MAX_STEPS = 16;
  private static final int STRANGERS = 4;
  private static final long SECOND = 1_000_000_000L;

  /** The kinds of steps, by the first octet. */
  private static final int KINDS = 8;

  private static final int RAW_TO_SERVER = 0;
  private static final int RAW_TO_CLIENT = 1;
  private static final int SEALED_TO_SERVER = 2;
  private static final int SEALED_TO_CLIENT = 3;
  private static final int TIME = 4;
  private static final int OPERATOR_OF_SERVER = 5;
  private static final int ANNOUNCE = 6;

  private static final AuthKey AUTH_KEY = AuthKey.of(filled(9));
  private static final EnrollmentSecret SECRET = EnrollmentSecret.of("what no stranger knows");
  private static final Endpoint HOME = Endpoint.parse("192.0.2.30:51819");
  private static final BlobValue.Table INFO = BlobValue.Table.of(java.util.Map.of("a", "b"));

  private final EnrollmentServer server =
      new EnrollmentServer(
          EnrollmentOffer.builder(AUTH_KEY).info(INFO).autoAccept(SECRET).build(),
          Vectors.random(Arrays.copyOf(filled(1), 64)),
          0);
  private final EnrollmentClient client =
      new EnrollmentClient(
          EnrollmentRequest.builder(List.of(HOME)).info(INFO).autoAccept(SECRET).build(),
          Vectors.random(Arrays.copyOf(filled(2), 64)),
          0);
  private final Set<PublicKey> acceptedByOperator = new HashSet<>();
  private long now;
  private long nonce;

  private static byte[] filled(int octet) {
    byte[] octets = new byte[32];
    Arrays.fill(octets, (byte) octet);
    return octets;
  }

  private static byte[] privateKey(int who) {
    return filled(10 + who % STRANGERS);
  }

  /** The recorded messages and attributes, as if strangers sent them. */
  static Stream<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (JsonNode scenario : Vectors.json("enroll.json").get("scenarios")) {
      List<byte[]> steps = new ArrayList<>();
      for (JsonNode message : scenario.get("messages")) {
        int op = message.get("op").asInt();
        byte[] raw = Arrays.copyOfRange(Vectors.hex(message.get("hex")), 28, 28 + 73);
        steps.add(step(op % 2 == 0 ? RAW_TO_SERVER : RAW_TO_CLIENT, 1, raw));
        if (op > 0) {
          byte[] plain = Vectors.hex(message.get("plaintext_blobmsg"));
          byte[] sealed = ByteBuffer.allocate(1 + plain.length).put((byte) op).put(plain).array();
          steps.add(step(op % 2 == 0 ? SEALED_TO_SERVER : SEALED_TO_CLIENT, 1, sealed));
        }
        steps.add(step(ANNOUNCE, op, new byte[0]));
        steps.add(step(OPERATOR_OF_SERVER, 1, new byte[0]));
        seeds.add(joined(steps));
      }
      steps.add(step(TIME, 200, new byte[0]));
      seeds.add(joined(steps));
    }
    return seeds.stream();
  }

  private static byte[] step(int kind, int who, byte[] content) {
    return ByteBuffer.allocate(4 + content.length)
        .put((byte) kind)
        .put((byte) who)
        .putShort((short) content.length)
        .put(content)
        .array();
  }

  private static byte[] joined(List<byte[]> steps) {
    ByteBuffer joined = ByteBuffer.allocate(steps.stream().mapToInt(step -> step.length).sum());
    steps.forEach(joined::put);
    return joined.array();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isTakenOrCountedAndEnrollsNobody(byte[] input) {
    new EnrollFuzz().run(ByteBuffer.wrap(input));
  }

  private void run(ByteBuffer input) {
    for (int step = 0; step < MAX_STEPS && input.remaining() >= 4; step++) {
      int kind = Math.floorMod(input.get(), KINDS);
      int who = Byte.toUnsignedInt(input.get());
      int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
      byte[] content = new byte[length];
      input.get(content);
      step(kind, who, ByteBuffer.wrap(content));
    }
    assertTrue(server.peers().size() <= STRANGERS, "only who has a valid MAC is remembered");
    assertTrue(client.peers().size() <= STRANGERS);
    worksStill();
    server.close();
    client.close();
  }

  private void step(int kind, int who, ByteBuffer content) {
    Endpoint source = new Endpoint(InetAddress.ofLiteral("203.0.113." + who), 1 + who);
    switch (kind) {
      case RAW_TO_SERVER, RAW_TO_CLIENT -> {
        Enroll message = raw(content);
        if (kind == RAW_TO_SERVER) {
          toServer(source, message);
        } else {
          toClient(source, message);
        }
      }
      case SEALED_TO_SERVER -> toServer(source, sealed(who, server.sessionKey(), content));
      case SEALED_TO_CLIENT -> toClient(source, sealed(who, client.sessionKey(), content));
      case TIME -> {
        now += who * SECOND;
        assertTrue(client.onTimer(now).size() <= 1);
        server.onTimer(now);
        assertTrue(client.nanosToTimer(now) >= 0);
      }
      case OPERATOR_OF_SERVER -> {
        PublicKey stranger = PublicKey.of(X25519.publicKey(privateKey(who)));
        if (!server.accept(stranger, now).isEmpty()) {
          acceptedByOperator.add(stranger);
        }
      }
      case ANNOUNCE -> toServer(source, announcement(who));
      default -> toServer(source, discovery(who));
    }
  }

  private static Enroll raw(ByteBuffer content) {
    byte[] octets = new byte[73 + Math.max(0, Math.min(content.remaining() - 73, 923))];
    content.get(octets, 0, Math.min(octets.length, content.remaining()));
    return new Enroll(
        Byte.toUnsignedInt(octets[0]),
        PublicKey.of(Arrays.copyOfRange(octets, 1, 33)),
        Arrays.copyOfRange(octets, 33, 65),
        ByteBuffer.wrap(octets).getLong(65),
        Arrays.copyOfRange(octets, 73, octets.length));
  }

  /** A message with a valid MAC; its first octet is the op. */
  private Enroll sealed(int who, PublicKey receiver, ByteBuffer content) {
    int op = content.hasRemaining() ? Byte.toUnsignedInt(content.get()) : 0;
    byte[] attributes = new byte[Math.min(content.remaining(), Enroll.MAX_DATA)];
    content.get(attributes);
    return keys(who, receiver).seal(op, nonce++, attributes);
  }

  private static EnrollmentKeys keys(int who, PublicKey receiver) {
    byte[] privateKey = privateKey(who);
    return EnrollmentKeys.agree(privateKey, PublicKey.of(X25519.publicKey(privateKey)), receiver)
        .orElseThrow();
  }

  /** A right announcement without the secret. */
  private Enroll announcement(int who) {
    byte[] hostKey = filled(40 + who % 2);
    byte[] agreed = EnrollmentKeys.agree(hostKey, server.sessionKey()).orElseThrow();
    byte[] attributes =
        Blobmsg.encode(
            BlobValue.Table.of(
                java.util.Map.of(
                    "key", PublicKey.of(X25519.publicKey(hostKey)).toString(),
                    "hash", PublicKey.of(EnrollmentKeys.announceHash(agreed)).toString(),
                    "secret", AUTH_KEY.toString(),
                    "info", INFO)));
    return keys(who, server.sessionKey()).seal(2, nonce++, attributes);
  }

  private static Enroll discovery(int who) {
    PublicKey session = PublicKey.of(X25519.publicKey(privateKey(who)));
    return new Enroll(0, session, new byte[32], 0, new byte[0]);
  }

  private void toServer(Endpoint source, Enroll message) {
    List<EnrollmentEffect> effects = server.onMessage(source, message, now);
    assertTrue(effects.size() <= 2, "nothing multiplies");
    for (EnrollmentEffect effect : effects) {
      switch (effect) {
        case EnrollmentEffect.Send(Endpoint destination, Enroll answer) -> {
          assertEquals(source, destination, "only the sender is answered");
          assertTrue(answer.data().length <= Enroll.MAX_DATA);
        }
        case EnrollmentEffect.Changed(EnrollmentPeer peer) ->
            assertEquals(acceptedByOperator.contains(peer.id()), peer.accepted());
        case EnrollmentEffect.Enrolled(EnrollmentPeer peer) ->
            assertTrue(acceptedByOperator.contains(peer.id()), "nobody accepted this host");
        case EnrollmentEffect.Completed completed -> throw new AssertionError("a server joined");
        case EnrollmentEffect.TimedOut timedOut -> throw new AssertionError("not by a message");
      }
    }
  }

  private void toClient(Endpoint source, Enroll message) {
    List<EnrollmentEffect> effects = client.onMessage(source, message, now);
    assertTrue(effects.size() <= 2, "nothing multiplies");
    for (EnrollmentEffect effect : effects) {
      switch (effect) {
        case EnrollmentEffect.Send(Endpoint destination, Enroll answer) ->
            assertEquals(source, destination, "only the sender is answered");
        case EnrollmentEffect.Changed(EnrollmentPeer peer) ->
            assertTrue(!peer.accepted() && !peer.secretProven());
        case EnrollmentEffect.Completed completed ->
            throw new AssertionError("joined a stranger's network");
        case EnrollmentEffect.Enrolled enrolled -> throw new AssertionError("a client's client");
        case EnrollmentEffect.TimedOut timedOut -> throw new AssertionError("not by a message");
      }
    }
  }

  /** Whoever knows the secret is enrolled afterwards, if there is time left. */
  private void worksStill() {
    if (server.isEnded() || now > 100 * SECOND) {
      return;
    }
    now += 11 * SECOND;
    int enrolled = 0;
    List<EnrollmentEffect> waiting = new ArrayList<>(client.onTimer(now));
    boolean toServer = true;
    while (!waiting.isEmpty()) {
      List<EnrollmentEffect> next = new ArrayList<>();
      for (EnrollmentEffect effect : waiting) {
        if (effect instanceof EnrollmentEffect.Send(Endpoint to, Enroll message)) {
          next.addAll((toServer ? server : client).onMessage(HOME, message, now));
        } else if (effect instanceof EnrollmentEffect.Enrolled) {
          enrolled++;
        }
      }
      waiting = next;
      toServer = !toServer;
    }
    assertEquals(1, enrolled);
  }
}
