// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.crypto.HmacSha512;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.EnrollmentEffect.Changed;
import dev.weft.pex.enroll.EnrollmentEffect.Completed;
import dev.weft.pex.enroll.EnrollmentEffect.Enrolled;
import dev.weft.pex.enroll.EnrollmentEffect.Send;
import dev.weft.pex.message.Enroll;
import dev.weft.transport.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The recorded enrolments, played by both sides with the recorded randomness. */
final class EnrollmentVectorsTest {

  private static final JsonNode VECTORS = Vectors.json("enroll.json");
  private static final AuthKey AUTH_KEY =
      AuthKey.parse(VECTORS.get("server_auth_public_b64").asText());
  private static final Endpoint SERVER = Endpoint.parse("198.51.100.1:51819");
  private static final Endpoint CLIENT = Endpoint.parse("192.0.2.30:51819");
  private static final long START = -5_000_000_000L;

  /** One recorded run, again. */
  private static final class Run {
    private final JsonNode scenario;
    private final EnrollmentServer server;
    private final EnrollmentClient client;
    private final List<Enroll> sent = new ArrayList<>();
    private final List<ObjectNode> serverUpdates = new ArrayList<>();
    private final List<ObjectNode> clientUpdates = new ArrayList<>();
    private final Queue<Runnable> deliveries = new ArrayDeque<>();
    private Optional<Enrollment> enrollment = Optional.empty();
    private Optional<EnrollmentPeer> enrolled = Optional.empty();
    private long now = START;

    Run(JsonNode scenario) {
      this.scenario = scenario;
      EnrollmentOffer.Builder offer =
          EnrollmentOffer.builder(AUTH_KEY)
              .serverInfo(info("server discovery"))
              .info(info("server confirm"));
      EnrollmentRequest.Builder request =
          EnrollmentRequest.builder(List.of(SERVER)).info(info("client announce"));
      if (scenario.has("secret_string")) {
        EnrollmentSecret secret = EnrollmentSecret.of(scenario.get("secret_string").asText());
        offer.autoAccept(secret);
        request.autoAccept(secret);
      }
      server = new EnrollmentServer(offer.build(), random("server"), now);
      client = new EnrollmentClient(request.build(), random("client"), now);
    }

    private dev.weft.spi.RandomSource random(String role) {
      return Vectors.random(Vectors.hex(scenario.get(role).get("private_64_bytes")));
    }

    private BlobValue.Table info(String message) {
      return Vectors.table(recorded(message).at("/plaintext_fields/info"));
    }

    private JsonNode recorded(String message) {
      return StreamSupport.stream(scenario.get("messages").spliterator(), false)
          .filter(node -> node.get("name").asText().equals(message))
          .findFirst()
          .orElseThrow();
    }

    void play() {
      assertEquals(10_000_000, client.nanosToTimer(now));
      now += 10_000_000;
      fromClient(client.onTimer(now));
      deliver();
      if (!scenario.has("secret_string")) {
        now += 2_000_000_000;
        fromServer(server.accept(scenario.get("session_id").asText(), now));
        deliver();
        now += 1_000_000_000;
        fromClient(client.accept(server.sessionKey(), now));
        deliver();
      }
    }

    private void deliver() {
      while (!deliveries.isEmpty()) {
        deliveries.remove().run();
      }
    }

    private void fromClient(List<EnrollmentEffect> effects) {
      for (EnrollmentEffect effect : effects) {
        switch (effect) {
          case Send(Endpoint destination, Enroll message) -> {
            assertEquals(SERVER, destination);
            sent.add(message);
            deliveries.add(() -> fromServer(server.onMessage(CLIENT, message, now)));
          }
          case Changed(EnrollmentPeer peer) -> clientUpdates.add(Status.ofClient(peer));
          case Completed(Enrollment done) -> enrollment = Optional.of(done);
          case Enrolled enrolled -> throw new AssertionError(enrolled);
          case EnrollmentEffect.TimedOut timedOut -> throw new AssertionError(timedOut);
        }
      }
    }

    private void fromServer(List<EnrollmentEffect> effects) {
      for (EnrollmentEffect effect : effects) {
        switch (effect) {
          case Send(Endpoint destination, Enroll message) -> {
            assertEquals(CLIENT, destination);
            sent.add(message);
            deliveries.add(() -> fromClient(client.onMessage(SERVER, message, now)));
          }
          case Changed(EnrollmentPeer peer) -> serverUpdates.add(Status.ofServer(peer));
          case Enrolled(EnrollmentPeer peer) -> enrolled = Optional.of(peer);
          case Completed completed -> throw new AssertionError("a server does not join");
          case EnrollmentEffect.TimedOut timedOut -> throw new AssertionError(timedOut);
        }
      }
    }
  }

  private static Stream<JsonNode> scenarios() {
    return StreamSupport.stream(VECTORS.get("scenarios").spliterator(), false);
  }

  private static Stream<DynamicTest> eachScenario(java.util.function.Consumer<Run> check) {
    return scenarios()
        .map(
            scenario ->
                DynamicTest.dynamicTest(
                    scenario.get("name").asText(),
                    () -> {
                      Run run = new Run(scenario);
                      run.play();
                      check.accept(run);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> bothSidesSendWhatTheRecordedSidesSentOctetByOctet() {
    return eachScenario(
        run -> {
          JsonNode messages = run.scenario.get("messages");
          assertEquals(messages.size(), run.sent.size());
          for (int i = 0; i < messages.size(); i++) {
            JsonNode recorded = messages.get(i);
            Enroll message = run.sent.get(i);
            String name = recorded.get("name").asText();
            assertEquals(
                recorded.get("hex").asText(), Vectors.hex(Vectors.datagram(message)), name);
            assertEquals(Vectors.message(Vectors.hex(recorded.get("hex"))), message, name);
            assertEquals(recorded.get("op").asInt(), message.op());
            assertArrayEquals(Vectors.hex(recorded.get("hmac")), message.hmac());
            assertEquals(
                Long.parseUnsignedLong(recorded.get("nonce").asText(), 16), message.nonce());
            assertEquals(
                recorded.get("sender_session_public").asText(),
                Vectors.hex(message.session().octets()));
          }
          assertEquals(Map.of(), run.server.drops());
          assertEquals(Map.of(), run.client.drops());
        });
  }

  @TestFactory
  Stream<DynamicTest> theRecordedMessagesSayWhatTheVectorsSay() {
    return scenarios()
        .flatMap(
            scenario ->
                StreamSupport.stream(scenario.get("messages").spliterator(), false)
                    .filter(message -> message.has("plaintext_blobmsg"))
                    .map(
                        message ->
                            DynamicTest.dynamicTest(
                                scenario.get("name").asText() + ": " + message.get("name").asText(),
                                () -> decodes(scenario, message))));
  }

  private static void decodes(JsonNode scenario, JsonNode message) throws MalformedBlobException {
    boolean fromServer = message.get("op").asInt() % 2 == 1;
    JsonNode receiver = scenario.get(fromServer ? "client" : "server");
    EnrollmentKeys keys =
        EnrollmentKeys.agree(
                java.util.Arrays.copyOf(Vectors.hex(receiver.get("private_64_bytes")), 32),
                PublicKey.of(Vectors.hex(receiver.get("session_public"))),
                PublicKey.of(Vectors.hex(message.get("sender_session_public"))))
            .orElseThrow();
    assertEquals(scenario.get("session_id").asText(), keys.session());
    Enroll received = Vectors.message(Vectors.hex(message.get("hex")));
    assertArrayEquals(Vectors.hex(message.get("ciphertext")), received.data());
    byte[] plaintext = keys.open(received).orElseThrow();
    assertEquals(message.get("plaintext_blobmsg").asText(), Vectors.hex(plaintext));
    assertEquals(Vectors.table(message.get("plaintext_fields")), Blobmsg.decode(plaintext));
  }

  @TestFactory
  Stream<DynamicTest> theClientHasTheRecordedKeysAndTheServerKnowsThem() {
    return eachScenario(
        run -> {
          JsonNode client = run.scenario.get("client");
          Enrollment enrollment = run.enrollment.orElseThrow();
          assertEquals(
              client.get("derived_local_key").asText(),
              Vectors.hex(enrollment.privateKey().octets()));
          assertEquals(
              client.get("session_public").asText(), Vectors.hex(run.client.sessionKey().octets()));
          assertEquals(
              run.scenario.at("/server/session_public").asText(),
              Vectors.hex(run.server.sessionKey().octets()));
          assertEquals(Optional.of(AUTH_KEY), enrollment.authKey());
          assertEquals(run.info("server confirm"), enrollment.info());
          assertEquals(SERVER, enrollment.server());
          assertEquals(run.scenario.get("session_id").asText(), enrollment.session());
          EnrollmentPeer enrolled = run.enrolled.orElseThrow();
          assertEquals(
              client.get("derived_local_public").asText(),
              Vectors.hex(enrolled.hostKey().octets()));
          assertEquals(run.info("client announce"), enrolled.info());
          boolean secret = run.scenario.has("secret_string");
          assertEquals(secret, enrollment.secretProven());
          assertEquals(secret, enrolled.secretProven());
        });
  }

  /**
   * The recorded client looks at the server's proof only after it reported the confirm; ours says
   * at once that it is proven.
   */
  @TestFactory
  Stream<DynamicTest> bothSidesReportWhatTheRecordedSidesReported() {
    return eachScenario(
        run -> {
          List<JsonNode> server = new ArrayList<>();
          List<JsonNode> client = new ArrayList<>();
          for (JsonNode update : run.scenario.get("notifications")) {
            ObjectNode data = update.get("data").deepCopy();
            boolean ofClient = data.has("local_key");
            data.remove("local_key"); // ours leaves only in what the client has in the end
            if (ofClient && data.get("confirmed").asBoolean()) {
              data.put("has_secret", run.scenario.has("secret_string"));
            }
            (ofClient ? client : server).add(data);
          }
          assertEquals(server, run.serverUpdates);
          assertEquals(client, run.clientUpdates);
        });
  }

  @Test
  void theChainingHashAndTheSecretsHashAreTheRecordedOnes() {
    assertEquals(VECTORS.get("chaining_hash").asText(), Vectors.hex(EnrollmentKeys.CHAINING_HASH));
    JsonNode scenario = scenarios().filter(node -> node.has("secret_string")).findFirst().get();
    byte[] secret = scenario.get("secret_string").asText().getBytes(StandardCharsets.UTF_8);
    byte[] hash = HmacSha512.hmac(EnrollmentKeys.CHAINING_HASH, secret);
    assertEquals(scenario.at("/client/secret_hash").asText(), Vectors.hex(hash));
    assertEquals(scenario.at("/server/secret_hash").asText(), Vectors.hex(hash));
  }

  @TestFactory
  Stream<DynamicTest> nothingPrintedTellsASecret() {
    return eachScenario(
        run -> {
          Enrollment enrollment = run.enrollment.orElseThrow();
          String printed =
              enrollment
                  + " "
                  + new Completed(enrollment)
                  + run.client
                  + run.server
                  + run.client.peers()
                  + run.server.peers()
                  + run.sent;
          assertTrue(printed.contains("[redacted]"), printed);
          for (String secret :
              List.of(
                  enrollment.privateKey().exportBase64(),
                  run.scenario.at("/client/derived_local_key").asText(),
                  run.scenario.at("/client/private_64_bytes").asText())) {
            assertTrue(!printed.contains(secret), printed);
          }
        });
  }
}
