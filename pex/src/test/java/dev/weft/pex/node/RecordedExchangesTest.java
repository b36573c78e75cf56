// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.peer.EndpointOrigin;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.EndpointPortNotify;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.netdata.UpdateSealing;
import dev.weft.pex.node.ExchangeEffect.DataReceived;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The exchanges of the real daemon, octet by octet, with the random numbers it had. */
final class RecordedExchangesTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final JsonNode UPDATES = read("pex-update.json");
  private static final JsonNode EXTERNAL = read("pex-external.json");
  private static final byte[] BLOB = HEX.parseHex(UPDATES.get("network_data_bin_hex").asText());
  private static final SignedNetworkData DATA = verified();
  private static final String GATEWAY = "198.51.100.1:51819";
  private static final String AP1 = "192.0.2.10:51819";
  private static final String STRANGER = "203.0.113.9:51819";

  private static final int NONCE = 12; // where it is in an external datagram
  private static final long NOW = 1000 * ExchangeNode.SECOND;

  private static JsonNode read(String name) {
    try (InputStream in =
        Objects.requireNonNull(
            RecordedExchangesTest.class.getResourceAsStream("/vectors/" + name))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static SignedNetworkData verified() {
    try {
      return SignedNetworkData.verify(BLOB, ExchangeNode.AUTH_KEY);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static PrivateKey key(String host) {
    return switch (host) {
      case "gateway" -> ExchangeNode.GATEWAY;
      case "ap1" -> ExchangeNode.AP1;
      case "ap2" -> ExchangeNode.AP2;
      default -> throw new IllegalArgumentException(host);
    };
  }

  /** The octets of what goes out, in order. */
  private static List<String> sent(ExchangeNode node, List<ExchangeEffect> effects) {
    PeerId id = node.key.publicKey().peerId();
    List<String> datagrams = new ArrayList<>();
    for (ExchangeEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(var peer, var message) ->
            datagrams.add(hex(PexCodec.encode(new PexDatagram(id, message))));
        case ExchangeEffect.SendExternal(var to, var datagram) ->
            datagrams.add(hex(ExternalCodec.encode(datagram, ExchangeNode.AUTH_KEY)));
        case ExchangeEffect.SendFromWireGuardPort(var to, var datagram) ->
            datagrams.add(hex(ExternalCodec.encode(datagram, ExchangeNode.AUTH_KEY)));
        case PexEffect.ProposeEndpoint other -> {}
        case DataReceived other -> {}
        case ExchangeEffect.ReloadDue other -> {}
        case ExchangeEffect.Refused other -> {}
      }
    }
    return datagrams;
  }

  private static String hex(ByteBuffer octets) {
    byte[] copy = new byte[octets.remaining()];
    octets.get(copy);
    return HEX.formatHex(copy);
  }

  private static List<ExchangeEffect> deliver(ExchangeNode node, String hex, String source)
      throws MalformedMessageException {
    ByteBuffer octets = ByteBuffer.wrap(HEX.parseHex(hex));
    if (source.isEmpty()) {
      PexDatagram datagram = PexCodec.decode(octets);
      return node.exchange.onTunnelMessage(
          node.network.host(datagram.sender()).orElseThrow(), datagram.message(), NOW);
    }
    ExternalDatagram datagram = ExternalCodec.decode(octets, ExchangeNode.AUTH_KEY);
    return node.exchange.onExternal(datagram, Endpoint.parse(source), NOW);
  }

  private static String nonce(String hex) {
    return hex.substring(2 * NONCE, 2 * NONCE + 16);
  }

  @TestFactory
  Stream<DynamicTest> transfersAreThoseOfTheDaemon() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode exchange : UPDATES.get("exchanges")) {
      if (exchange.has("ephemeral_public")) {
        tests.add(
            DynamicTest.dynamicTest(exchange.get("name").asText(), () -> checkTransfer(exchange)));
      }
    }
    assertEquals(3, tests.size());
    return tests.stream();
  }

  private static List<String> responses(JsonNode exchange) {
    List<String> responses = new ArrayList<>();
    exchange.get("responses").forEach(response -> responses.add(response.asText()));
    return responses;
  }

  private static void checkTransfer(JsonNode exchange) throws Exception {
    boolean external = exchange.get("external").asBoolean();
    String request = exchange.get("request").asText();
    List<String> responses = responses(exchange);

    // The responder.
    ScriptedRandom random = new ScriptedRandom(1);
    random.then(exchange.get("ephemeral_private_clamped").asText());
    if (external) {
      responses.forEach(response -> random.then(nonce(response)));
    }
    ExchangeNode responder = new ExchangeNode(key(exchange.get("responder").asText()), random);
    responder.load(DATA, NOW);
    PrivateKey requesterKey = key(exchange.get("requester").asText());
    responder.connected.add(requesterKey.publicKey());
    assertEquals(responses, sent(responder, deliver(responder, request, external ? AP1 : "")));

    // The requester.
    ScriptedRandom numbers = new ScriptedRandom(2).then(exchange.get("req_id").asText());
    if (external) {
      numbers.then(nonce(request));
    }
    ExchangeNode requester = new ExchangeNode(requesterKey, numbers);
    List<ExchangeEffect> asked;
    if (external) {
      requester.exchange.connect(Endpoint.parse(GATEWAY), Duration.ZERO, NOW);
      asked = requester.until(NOW + ExchangeNode.SECOND);
    } else {
      SignedNetworkData older =
          ExchangeNode.signed(
              exchange.get("requester_version").asLong() == 0
                  ? 1
                  : exchange.get("requester_version").asLong(),
              DATA.json());
      requester.load(older, NOW);
      asked = requester.exchange.onHandshake(requester.host(responder.key), Optional.empty(), NOW);
      if (exchange.get("requester_version").asLong() == 0) {
        request = request.substring(0, 40) + "0000000000000001";
      }
    }
    assertEquals(List.of(request), sent(requester, asked).subList(0, 1));
    List<ExchangeEffect> received = new ArrayList<>();
    for (String response : responses) {
      received.addAll(deliver(requester, response, external ? GATEWAY : ""));
    }
    List<DataReceived> complete = ExchangeNode.only(DataReceived.class, received);
    assertEquals(1, complete.size());
    assertArrayEquals(BLOB, complete.getFirst().data().octets());
    checkCipher(exchange);
  }

  /** The keys, and the cipher text as a whole. */
  private static void checkCipher(JsonNode exchange) throws Exception {
    PrivateKey ephemeral =
        PrivateKey.of(HEX.parseHex(exchange.get("ephemeral_private_clamped").asText()));
    assertEquals(
        exchange.get("ephemeral_public").asText(), HEX.formatHex(ephemeral.publicKey().octets()));
    PrivateKey requester = key(exchange.get("requester").asText());
    assertEquals(exchange.get("requester_private").asText(), HEX.formatHex(requester.octets()));
    long requestId = HexFormat.fromHexDigitsToLong(exchange.get("req_id").asText());
    byte[] secret = UpdateCipher.sharedSecret(ephemeral, requester.publicKey());
    assertEquals(exchange.get("shared_secret").asText(), HEX.formatHex(secret));
    UpdateCipher cipher = new UpdateCipher(secret, requestId);
    byte[] encrypted = cipher.encrypt(BLOB, 0, BLOB.length);
    assertEquals(
        exchange.get("ciphertext_sha256").asText(),
        HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(encrypted)));
    UpdateSealing.open(requester, ephemeral.publicKey(), requestId, encrypted);
    assertArrayEquals(BLOB, encrypted);
  }

  private static JsonNode exchange(String name, int number) {
    List<JsonNode> named = new ArrayList<>();
    UPDATES
        .get("exchanges")
        .forEach(
            exchange -> {
              if (exchange.get("name").asText().equals(name)) {
                named.add(exchange);
              }
            });
    return named.get(number);
  }

  @Test
  void theSameVersionIsAnsweredWithNoData() throws MalformedMessageException {
    JsonNode exchange = exchange("update-tunnel-same-version", 0);
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, 1).load(DATA, NOW);
    gateway.connected.add(ExchangeNode.AP1.publicKey());
    assertEquals(
        responses(exchange), sent(gateway, deliver(gateway, exchange.get("request").asText(), "")));
  }

  @Test
  void aNewerRequesterIsAskedBack() throws MalformedMessageException {
    JsonNode first = exchange("update-tunnel-requester-newer", 0);
    JsonNode second = exchange("update-tunnel-requester-newer", 1);
    ScriptedRandom random = new ScriptedRandom(1).then(second.get("req_id").asText());
    SignedNetworkData older = ExchangeNode.signed(1_699_999_900L, DATA.json());
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, random).load(older, NOW);
    gateway.connected.add(ExchangeNode.AP1.publicKey());
    List<String> expected = responses(first);
    expected.add(second.get("request").asText());
    assertEquals(expected, sent(gateway, deliver(gateway, first.get("request").asText(), "")));
    List<ExchangeEffect> effects = new ArrayList<>();
    for (String response : responses(second)) {
      effects.addAll(deliver(gateway, response, ""));
    }
    assertEquals(
        List.of(new DataReceived(DATA, new PexPath.Tunnel(gateway.host(ExchangeNode.AP1)))),
        effects);
  }

  @Test
  void whoIsNotInTheNetworkIsRefused() throws MalformedMessageException {
    JsonNode exchange = exchange("update-ext-refused", 0);
    String response = responses(exchange).getFirst();
    ScriptedRandom random = new ScriptedRandom(1).then(nonce(response));
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, random).load(DATA, NOW);
    assertEquals(
        List.of(response),
        sent(gateway, deliver(gateway, exchange.get("request").asText(), STRANGER)));
  }

  @Test
  void aStrangerWithNewerDataIsAskedForThem() throws MalformedMessageException {
    JsonNode theirs = exchange("update-ext-unknown-requester-newer", 0);
    JsonNode ours = exchange("update-ext-unknown-requester-newer", 1);
    String request = ours.get("request").asText();
    ScriptedRandom random =
        new ScriptedRandom(1).then(ours.get("req_id").asText()).then(nonce(request));
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, random).load(DATA, NOW);
    assertEquals(
        List.of(request),
        sent(gateway, deliver(gateway, theirs.get("request").asText(), STRANGER)));
  }

  @Test
  void allOtherRecordedRequestsAreUnderstood() throws MalformedMessageException {
    for (JsonNode exchange : UPDATES.get("exchanges")) {
      if (!exchange.get("external").asBoolean()) {
        ByteBuffer octets = ByteBuffer.wrap(HEX.parseHex(exchange.get("request").asText()));
        PexDatagram datagram = PexCodec.decode(octets);
        UpdateRequest request = (UpdateRequest) datagram.message();
        assertEquals(exchange.get("requester_version").asLong(), request.version());
        assertEquals(exchange.get("req_id").asText(), HEX.toHexDigits(request.requestId()));
        assertEquals(
            key(exchange.get("requester").asText()).publicKey().peerId(), datagram.sender());
      }
    }
  }

  private static String external(String name, int number) {
    List<String> named = new ArrayList<>();
    EXTERNAL
        .get("messages")
        .forEach(
            message -> {
              if (message.get("name").asText().equals(name)) {
                named.add(message.get("hex").asText());
              }
            });
    return named.get(number);
  }

  @Test
  void dataForAPeerThatIsNotConnectedEndWithThePort() throws MalformedMessageException {
    JsonNode exchange = exchange("update-ext-first-request", 0);
    ScriptedRandom random = new ScriptedRandom(1);
    random.then(exchange.get("ephemeral_private_clamped").asText());
    List<String> expected = responses(exchange);
    expected.add(external("update-ext-first-request", 3));
    expected.forEach(response -> random.then(nonce(response)));
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, random).load(DATA, NOW);
    assertEquals(expected, sent(gateway, deliver(gateway, exchange.get("request").asText(), AP1)));
  }

  @Test
  void aPollTellsBothPortsAndTheyBecomeCandidates() throws MalformedMessageException {
    String name = "update-ext-up-to-date + notifies";
    JsonNode raw = EXTERNAL.get("raw_udp_endpoint_notify").get("messages").get(0);
    List<String> expected =
        List.of(external(name, 0), external(name, 1), raw.get("pex_message").asText());
    ScriptedRandom random = new ScriptedRandom(1).then(expected.getFirst().substring(56, 72));
    expected.forEach(message -> random.then(nonce(message)));
    ExchangeNode ap1 = new ExchangeNode(ExchangeNode.AP1, random).load(DATA, NOW);
    ap1.externalPort = OptionalInt.of(40123);
    ap1.exchange.connect(Endpoint.parse(GATEWAY), Duration.ZERO, NOW);
    assertEquals(expected, sent(ap1, ap1.until(NOW + 6 * ExchangeNode.SECOND)));

    ScriptedRandom numbers =
        new ScriptedRandom(2).then("0000000000000001").then(nonce(external(name, 2)));
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, numbers).load(DATA, NOW);
    List<ExchangeEffect> effects = new ArrayList<>();
    for (String message : expected) {
      effects.addAll(deliver(gateway, message, AP1));
    }
    assertEquals(external(name, 2), sent(gateway, effects).get(1));
    // As the daemon's candidates were, though its laboratory made no port of WireGuard.
    assertEquals(
        List.of(
            new PexEffect.ProposeEndpoint(
                ExchangeNode.AP1.publicKey(),
                EndpointOrigin.ENDPOINT_PORT_NOTIFY,
                Endpoint.parse("192.0.2.10:40123")),
            new PexEffect.ProposeEndpoint(
                ExchangeNode.AP1.publicKey(),
                EndpointOrigin.ENDPOINT_NOTIFY,
                Endpoint.parse("192.0.2.10:51819"))),
        ExchangeNode.only(PexEffect.ProposeEndpoint.class, effects));
    assertTrue(gateway.exchange.nextDeadlineNanos().isPresent(), "ap1 is now asked itself");
    assertEquals(new EndpointPortNotify(3456), ExchangeNode.messages(effects).get(1));
  }

  @Test
  void asManyRequestsAreAnsweredAsWereRecorded() {
    ExchangeNode gateway = new ExchangeNode(ExchangeNode.GATEWAY, 1).load(DATA, NOW);
    for (JsonNode attempt : read("pex-misc.json").at("/unknown_requester_query_limit/attempts")) {
      List<ExchangeEffect> answers =
          gateway.fromOutside(ExchangeNode.STRANGER, STRANGER, new UpdateRequest(1, 0), NOW);
      assertEquals(attempt.get("answers").asInt(), answers.size());
    }
  }

  @Test
  void messagesHaveTheSizesOfTheDaemonsStructures() {
    JsonNode sizes = read("pex-misc.json").get("struct_sizes");
    Chunk none = Chunk.of(new byte[0]);
    assertEquals(
        sizes.get("pex_update_response").asInt(),
        new UpdateResponse(0, 0, ExchangeNode.AP1.publicKey(), none).payloadOctets());
    assertEquals(
        sizes.get("pex_update_response_data").asInt(),
        new UpdateResponseData(0, 0, Chunk.of(new byte[1])).payloadOctets() - 1);
    assertEquals(sizes.get("pex_update_request").asInt(), new UpdateRequest(0, 0).payloadOctets());
    assertEquals(
        sizes.get("pex_hdr").asInt() + sizes.get("pex_ext_hdr").asInt(),
        ExternalCodec.HEADER_LENGTH);
  }
}
