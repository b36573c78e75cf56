// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.MalformedMessageException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ExternalCodecTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final AuthKey KEY = AuthKey.parse("8RDj9h+J6EUsShjmtGThD5AMSHs32UJ9iA7bIYrKHxc=");
  private static final String ID = "e825adfe7a19f765";
  private static final String REST = "0000000000000001" + "f110e3f61f89e845";

  @TestFactory
  Stream<DynamicTest> recordedMessages() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    JsonNode file = read("/vectors/pex-external.json");
    AuthKey key = AuthKey.parse(file.get("auth_public_key_b64").asText());
    for (JsonNode entry : file.get("messages")) {
      tests.add(test(tests.size(), entry, "hex", key));
    }
    for (JsonNode entry : file.get("raw_udp_endpoint_notify").get("messages")) {
      tests.add(test(tests.size(), entry, "pex_message", key));
    }
    assertEquals(13, tests.size());
    return tests.stream();
  }

  private static DynamicTest test(int number, JsonNode entry, String octets, AuthKey key) {
    return DynamicTest.dynamicTest(
        number + " " + entry.get("name").asText(),
        () -> checkRecorded(HEX.parseHex(entry.get(octets).asText()), entry.get("decoded"), key));
  }

  private static void checkRecorded(byte[] octets, JsonNode decoded, AuthKey key)
      throws MalformedMessageException {
    assertEquals(
        OptionalLong.of(HexFormat.fromHexDigitsToLong(decoded.get("auth_id").asText())),
        ExternalCodec.authId(ByteBuffer.wrap(octets)));
    assertFalse(ExternalCodec.isEnroll(ByteBuffer.wrap(octets)));
    ExternalDatagram datagram = ExternalCodec.decode(ByteBuffer.wrap(octets), key);
    assertEquals(decoded.get("id").asText(), datagram.sender().toString());
    assertEquals(decoded.get("nonce").asText(), HEX.toHexDigits(datagram.nonce()));
    assertEquals(expected(decoded), datagram.message());
    assertEquals(ByteBuffer.wrap(octets), ExternalCodec.encode(datagram, key));
  }

  private static JsonNode read(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ExternalCodecTest.class.getResourceAsStream(name))) {
      return new ObjectMapper().readTree(in);
    }
  }

  /** A message about network data, or a notification, as the independent decoder saw it. */
  static PexMessage expected(JsonNode decoded) {
    return switch (PexOpcode.of(decoded.get("opcode").asInt()).orElseThrow()) {
      case UPDATE_REQUEST -> new UpdateRequest(number(decoded, "req_id"), version(decoded));
      case UPDATE_RESPONSE ->
          new UpdateResponse(
              number(decoded, "req_id"),
              decoded.get("data_len").asInt(),
              PublicKey.of(octets(decoded, "e_key")),
              Chunk.of(octets(decoded, "chunk")));
      case UPDATE_RESPONSE_DATA ->
          new UpdateResponseData(
              number(decoded, "req_id"),
              decoded.get("offset").asInt(),
              Chunk.of(octets(decoded, "chunk")));
      case UPDATE_RESPONSE_NO_DATA ->
          new UpdateResponseNoData(number(decoded, "req_id"), version(decoded));
      case UPDATE_RESPONSE_REFUSED ->
          new UpdateResponseRefused(number(decoded, "req_id"), version(decoded));
      case ENDPOINT_NOTIFY -> new EndpointNotify();
      case ENDPOINT_PORT_NOTIFY -> new EndpointPortNotify(decoded.get("port").asInt());
      default -> throw new IllegalArgumentException(decoded.toString());
    };
  }

  private static long version(JsonNode decoded) {
    return decoded.get("cur_version").asLong();
  }

  private static long number(JsonNode decoded, String field) {
    return HexFormat.fromHexDigitsToLong(decoded.get(field).asText());
  }

  private static byte[] octets(JsonNode decoded, String field) {
    return HEX.parseHex(decoded.get(field).asText());
  }

  private static String hex(ByteBuffer octets) {
    byte[] copy = new byte[octets.remaining()];
    octets.duplicate().get(copy);
    return HEX.formatHex(copy);
  }

  private static Reason reasonAgainst(String hex) {
    return assertThrows(MalformedMessageException.class, () -> decode(hex)).reason();
  }

  private static PexMessage decode(String hex) throws MalformedMessageException {
    return ExternalCodec.decode(ByteBuffer.wrap(HEX.parseHex(hex)), KEY).message();
  }

  @Test
  void anythingShorterThanBothHeadersIsRefused() {
    assertEquals(Reason.TOO_SHORT, reasonAgainst(""));
    String short27 = "00090000" + ID + REST.substring(2);
    assertEquals(Reason.TOO_SHORT, reasonAgainst(short27));
    assertEquals(
        OptionalLong.empty(), ExternalCodec.authId(ByteBuffer.wrap(HEX.parseHex(short27))));
  }

  @Test
  void anotherVersionBelongsToNoNetwork() {
    String other = "01090000" + ID + REST;
    assertEquals(Reason.VERSION, reasonAgainst(other));
    assertEquals(OptionalLong.empty(), ExternalCodec.authId(ByteBuffer.wrap(HEX.parseHex(other))));
  }

  @Test
  void messagesOfTheTunnelAreRefused() {
    for (String opcode : List.of("00", "01", "02", "03", "04")) {
      assertEquals(
          Reason.OTHER_OPCODE, reasonAgainst("00" + opcode + "0012" + ID + REST + "00".repeat(18)));
    }
  }

  @Test
  void opcodesOfNewerNodesAreUnknown() {
    for (String opcode : List.of("0d", "0e", "0f", "10", "11")) {
      assertEquals(Reason.UNKNOWN_OPCODE, reasonAgainst("00" + opcode + "0000" + ID + REST));
    }
  }

  @Test
  void theAnnouncedLengthDoesNotCountTheSecondHeader() throws MalformedMessageException {
    assertEquals(Reason.TRUNCATED, reasonAgainst("000a0002" + ID + REST + "0d"));
    assertEquals(new EndpointPortNotify(3456), decode("000a0002" + ID + REST + "0d80ffff"));
    assertEquals(Reason.PAYLOAD, reasonAgainst("000a0001" + ID + REST + "0d80"));
  }

  @Test
  void moreIsReadThanIsSent() throws MalformedMessageException {
    // 16384 octets in all, of which 28 are headers and 16 the head of the message.
    String head = "00073fe4" + ID + REST + "00".repeat(16);
    PexMessage longest = decode(head + "01".repeat(16_340) + "ff");
    assertEquals(16_340, ((UpdateResponseData) longest).chunk().length());
    assertThrows(
        IllegalArgumentException.class,
        () -> ExternalCodec.encode(new ExternalDatagram(new PeerId(0), 0, longest), KEY));
    assertEquals(Reason.TRUNCATED, reasonAgainst("00073fe5" + ID + REST + "00".repeat(16_357)));
  }

  @Test
  void chunksFillAMessageAndNoMore() {
    assertEquals(948, UpdateResponse.MAX_CHUNK_EXTERNAL);
    assertEquals(980, UpdateResponseData.MAX_CHUNK_EXTERNAL);
    PexMessage full = new UpdateResponseData(1, 2, Chunk.of(new byte[980]));
    ExternalDatagram datagram = new ExternalDatagram(new PeerId(0), 0, full);
    assertEquals(1024, ExternalCodec.encode(datagram, KEY).remaining());
  }

  @Test
  void enrolmentHasAHeaderOfItsOwn() throws MalformedMessageException {
    PublicKey session = PublicKey.of(HEX.parseHex(ID + "11".repeat(24)));
    Enroll enroll = new Enroll(0, session, new byte[32], 0, new byte[0]);
    ByteBuffer octets = ExternalCodec.encode(enroll);
    assertEquals(
        "000b0049" + ID + "00".repeat(16) + "00" + ID + "11".repeat(24) + "00".repeat(40),
        hex(octets));
    assertTrue(ExternalCodec.isEnroll(octets));
    assertEquals(enroll, ExternalCodec.decodeEnroll(octets));
    assertEquals(Reason.OTHER_OPCODE, reasonAgainst(hex(octets)));
  }

  @Test
  void theSourceBufferStaysAsItIs() throws MalformedMessageException {
    ByteBuffer source = ByteBuffer.wrap(HEX.parseHex("ffff00090000" + ID + REST)).position(2);
    ExternalCodec.decode(source.asReadOnlyBuffer(), KEY);
    assertEquals(OptionalLong.of(KEY.id()), ExternalCodec.authId(source));
    assertEquals(new EndpointNotify(), ExternalCodec.decode(source, KEY).message());
    assertEquals(2, source.position());
  }
}
