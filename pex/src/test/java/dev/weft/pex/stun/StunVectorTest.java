// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.pex.stun.MalformedStunException.Reason;
import dev.weft.pex.stun.PortDetectorEffect.SendFromWireGuardPort;
import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What the recorded daemon wrote, and what it made of responses. */
final class StunVectorTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final Endpoint SERVER = Endpoint.parse("192.0.2.1:3478");
  private static final Endpoint SERVER_V6 = Endpoint.parse("[2001:db8::1]:3478");

  /**
   * Where more is accepted than the daemon does: it has no idea of what to do without
   * XOR-MAPPED-ADDRESS and may crash, while RFC 3489 knows only the other one.
   */
  private static final Map<String, Integer> ACCEPTED_BEYOND = Map.of("mapped only", 3456);

  private static JsonNode vectors() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(StunVectorTest.class.getResourceAsStream("/vectors/stun.json"))) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static TransactionId transaction(JsonNode entry) {
    byte[] octets = HEX.parseHex(entry.get("transaction").asText());
    return TransactionId.decode(ByteBuffer.wrap(octets));
  }

  private static ByteBuffer packet(JsonNode entry) {
    return ByteBuffer.wrap(HEX.parseHex(entry.get("packet").asText()));
  }

  @TestFactory
  Stream<DynamicTest> requests() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode entry : vectors().get("requests")) {
      int port = entry.get("response_port").asInt();
      BindingRequest expected =
          new BindingRequest(
              transaction(entry),
              port == 0 ? OptionalInt.empty() : OptionalInt.of(port),
              List.of(),
              false);
      tests.add(
          DynamicTest.dynamicTest(
              "response port " + port + ", " + entry.get("transaction").asText(),
              () -> {
                ByteBuffer packet = packet(entry);
                assertTrue(StunMessage.isRequest(packet));
                assertEquals(expected, StunMessage.decode(packet));
                assertEquals(packet, expected.encode());
              }));
    }
    assertEquals(4, tests.size());
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> responses() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode entry : vectors().get("responses")) {
      String name = entry.get("case").asText();
      tests.add(DynamicTest.dynamicTest(name, () -> checkResponse(name, entry)));
    }
    assertEquals(10, tests.size());
    return tests.stream();
  }

  /** Given to a detector that has just sent the request which it answers. */
  private static void checkResponse(String name, JsonNode entry) {
    ByteBuffer packet = packet(entry);
    assertEquals(entry.get("passes_validity_check").asBoolean(), PortDetector.claims(packet));
    OptionalInt expected =
        entry.get("accepted").asBoolean()
            ? OptionalInt.of(entry.get("port").asInt())
            : OptionalInt.empty();
    if (ACCEPTED_BEYOND.containsKey(name)) {
      expected = OptionalInt.of(ACCEPTED_BEYOND.get(name));
    }

    Endpoint server = name.contains("ipv6") ? SERVER_V6 : SERVER;
    byte[] id = HEX.parseHex(entry.get("transaction").asText());
    PortDetector detector = new PortDetector(new FixedRandom(id));
    EndpointName serverName = EndpointName.of(server);
    detector.load(List.of(serverName), 3456, false, 0);
    List<PortDetectorEffect> sent = detector.onResolved(serverName, List.of(server.address()), 0);
    assertEquals(1, sent.size());
    ByteBuffer request = ((SendFromWireGuardPort) sent.getFirst()).datagram();
    assertEquals(ByteBuffer.wrap(id), request.slice(8, TransactionId.LENGTH));

    detector.onDatagram(packet, server, 1);
    assertEquals(expected, detector.externalPortTowards(server));
    if (name.startsWith("second response")) {
      // The daemon's caller drops it, because the transaction is no longer pending.
      assertEquals(List.of(), detector.onDatagram(packet(entry), server, 2));
      assertEquals(1, detector.ignoredDatagrams());
    }
  }

  @TestFactory
  Stream<DynamicTest> responsesAsMessages() throws IOException {
    Endpoint seen = Endpoint.parse("192.0.2.1:3456");
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode entry : vectors().get("responses")) {
      String name = entry.get("case").asText();
      tests.add(
          DynamicTest.dynamicTest(
              name,
              () -> {
                switch (name) {
                  case "wrong magic" -> refusedFor(Reason.NOT_STUN, entry);
                  case "attr truncated" -> refusedFor(Reason.TRUNCATED, entry);
                  case "attr too short", "error response" -> refusedFor(Reason.ATTRIBUTE, entry);
                  case "mapped only" -> {
                    BindingSuccess success = success(entry);
                    assertEquals(Optional.empty(), success.xorMappedAddress());
                    assertEquals(seen, success.reflexive().orElseThrow());
                  }
                  default -> {
                    Endpoint reflexive = success(entry).reflexive().orElseThrow();
                    assertEquals(entry.get("port").asInt(), reflexive.port());
                    assertEquals(name.contains("ipv6"), reflexive.isIpv6());
                  }
                }
              }));
    }
    return tests.stream();
  }

  private static void refusedFor(Reason reason, JsonNode entry) {
    MalformedStunException e =
        assertThrows(MalformedStunException.class, () -> StunMessage.decode(packet(entry)));
    assertEquals(reason, e.reason());
    assertEquals(0, e.getStackTrace().length);
  }

  private static BindingSuccess success(JsonNode entry) throws MalformedStunException {
    StunMessage message = StunMessage.decode(packet(entry));
    assertEquals(transaction(entry), message.transaction());
    return switch (message) {
      case BindingSuccess success -> success;
      case BindingRequest request -> throw new AssertionError(request);
      case BindingError error -> throw new AssertionError(error);
    };
  }
}
