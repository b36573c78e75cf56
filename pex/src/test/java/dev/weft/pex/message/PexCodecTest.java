// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.peer.PeerId;
import dev.weft.pex.message.MalformedMessageException.Reason;
import dev.weft.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class PexCodecTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final long ONES = 0x0101010101010101L;
  private static final String ID = "e825adfe7a19f765";

  @TestFactory
  Stream<DynamicTest> recordedMessages() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream in =
        Objects.requireNonNull(
            PexCodecTest.class.getResourceAsStream("/vectors/pex-in-tunnel.json"))) {
      int number = 0;
      for (JsonNode entry : new ObjectMapper().readTree(in).get("messages")) {
        String name = number++ + " " + entry.get("name").asText();
        tests.add(DynamicTest.dynamicTest(name, () -> checkRecorded(entry)));
      }
    }
    assertEquals(30, tests.size());
    return tests.stream();
  }

  private static void checkRecorded(JsonNode entry) throws MalformedMessageException {
    byte[] octets = HEX.parseHex(entry.get("hex").asText());
    JsonNode decoded = entry.get("decoded");
    PexDatagram datagram = PexCodec.decode(ByteBuffer.wrap(octets));
    assertEquals(decoded.get("id").asText(), datagram.sender().toString());
    assertEquals(decoded.get("opcode_name").asText(), datagram.message().opcode().name());
    assertEquals(expected(decoded), datagram.message());
    assertEquals(ByteBuffer.wrap(octets), PexCodec.encode(datagram));
  }

  static PexMessage expected(JsonNode decoded) {
    return switch (PexOpcode.of(decoded.get("opcode").asInt()).orElseThrow()) {
      case HELLO -> new Hello(InetAddress.ofLiteral(decoded.get("local_addr").asText()));
      case NOTIFY_PEERS -> {
        List<PeerEndpoint> peers = new ArrayList<>();
        for (JsonNode peer : decoded.get("peers")) {
          peers.add(
              new PeerEndpoint(
                  id(peer.get("peer_id").asText()),
                  (peer.get("flags").asInt() & 2) != 0,
                  new Endpoint(
                      InetAddress.ofLiteral(peer.get("address").asText()),
                      peer.get("port").asInt())));
        }
        yield new NotifyPeers(peers);
      }
      case QUERY -> {
        List<PeerId> peers = new ArrayList<>();
        decoded.get("peer_ids").forEach(peer -> peers.add(id(peer.asText())));
        yield new Query(peers);
      }

      case PING -> new Ping();
      case PONG -> new Pong();
      default -> ExternalCodecTest.expected(decoded);
    };
  }

  private static PeerId id(String hex) {
    return PeerId.of(HEX.parseHex(hex));
  }

  private static Reason reasonAgainst(byte[] octets) {
    return assertThrows(
            MalformedMessageException.class, () -> PexCodec.decode(ByteBuffer.wrap(octets)))
        .reason();
  }

  private static Reason reasonAgainst(String hex) {
    return reasonAgainst(HEX.parseHex(hex));
  }

  private static PexMessage decode(String hex) throws MalformedMessageException {
    return PexCodec.decode(ByteBuffer.wrap(HEX.parseHex(hex))).message();
  }

  @Test
  void anythingShorterThanAHeaderIsRefused() {
    assertEquals(Reason.TOO_SHORT, reasonAgainst(""));
    assertEquals(Reason.TOO_SHORT, reasonAgainst("00030000e825adfe7a19f7"));
  }

  @Test
  void anotherVersionIsRefused() {
    assertEquals(Reason.VERSION, reasonAgainst("01030000" + ID));
  }

  @Test
  void unknownOpcodesAndThoseOfOtherNetworksAreToldApart() {
    assertEquals(Reason.OTHER_OPCODE, reasonAgainst("00090000" + ID));
    assertEquals(Reason.OTHER_OPCODE, reasonAgainst("000a0002" + ID + "0d80"));
    assertEquals(Reason.OTHER_OPCODE, reasonAgainst("000b0049" + ID + "00".repeat(73)));
    assertEquals(Reason.UNKNOWN_OPCODE, reasonAgainst("000d0000" + ID));
    assertEquals(Reason.UNKNOWN_OPCODE, reasonAgainst("00110000" + ID));
    assertEquals(Reason.UNKNOWN_OPCODE, reasonAgainst("00ff0000" + ID));
  }

  @Test
  void aPayloadShorterThanAnnouncedIsRefused() {
    assertEquals(Reason.TRUNCATED, reasonAgainst("00020008" + ID + "00".repeat(7)));
  }

  @Test
  void octetsBehindTheAnnouncedPayloadAreIgnored() throws MalformedMessageException {
    assertEquals(
        new Query(List.of(id(ID))), decode("00020008" + ID + ID + "22bf033b3b1935d3" + "ff"));
  }

  @Test
  void octetsThatMakeNoWholeEntryAreIgnored() throws MalformedMessageException {
    assertEquals(new Query(List.of(id(ID))), decode("0002000f" + ID + ID + "00".repeat(7)));
    assertEquals(new NotifyPeers(List.of()), decode("0001001b" + ID + "00".repeat(27)));
    assertEquals(new Ping(), decode("00030003" + ID + "ffffff"));
  }

  @Test
  void aHelloWithoutRoomForAnAddressIsRefused() {
    MalformedMessageException refusal =
        assertThrows(
            MalformedMessageException.class, () -> decode("00000011" + ID + "00".repeat(17)));
    assertEquals(Reason.PAYLOAD, refusal.reason());
    assertEquals(29, refusal.offset());
    assertEquals(0, refusal.getStackTrace().length);
  }

  @Test
  void updatesWithoutRoomForTheirFieldsAreRefused() throws MalformedMessageException {
    for (String opcode : List.of("05", "08", "0c")) {
      assertEquals(Reason.PAYLOAD, reasonAgainst("00" + opcode + "000f" + ID + "00".repeat(15)));
    }
    assertEquals(Reason.PAYLOAD, reasonAgainst("0006002f" + ID + "00".repeat(47)));
    assertTrue(decode("00060030" + ID + "00".repeat(48)) instanceof UpdateResponse);
    assertEquals(Reason.PAYLOAD, reasonAgainst("00070010" + ID + "00".repeat(16)));
    assertTrue(decode("00070011" + ID + "00".repeat(17)) instanceof UpdateResponseData);
  }

  @Test
  void chunksFillAMessageAndNoMore() {
    assertEquals(964, UpdateResponse.MAX_CHUNK_IN_TUNNEL);
    assertEquals(996, UpdateResponseData.MAX_CHUNK_IN_TUNNEL);
    PexMessage full = new UpdateResponseData(1, 2, Chunk.of(new byte[996]));
    assertEquals(1024, PexCodec.encode(new PexDatagram(id(ID), full)).remaining());
    PexMessage longer = new UpdateResponseData(1, 2, Chunk.of(new byte[997]));
    assertThrows(
        IllegalArgumentException.class, () -> PexCodec.encode(new PexDatagram(id(ID), longer)));
  }

  @Test
  void paddingIsReadWhateverItIsAndWrittenAsZero() throws MalformedMessageException {
    PexMessage data = decode("00070011" + ID + "01".repeat(12) + "ffffffff" + "02");
    assertEquals(new UpdateResponseData(ONES, 0x01010101, Chunk.of(new byte[] {2})), data);
    assertEquals(
        ByteBuffer.wrap(HEX.parseHex("00070011" + ID + "01".repeat(12) + "00000000" + "02")),
        PexCodec.encode(new PexDatagram(id(ID), data)));
  }

  @Test
  void unknownFlagsDoNotMatter() throws MalformedMessageException {
    assertEquals(
        new Hello(InetAddress.ofLiteral("192.0.2.10")),
        decode("00000012" + ID + "fffe" + "c000020a" + "ff".repeat(12)));
  }

  @Test
  void anIpv4MappedAddressIsIpv4() throws MalformedMessageException {
    assertEquals(
        new Hello(InetAddress.ofLiteral("192.0.2.10")),
        decode("00000012" + ID + "0001" + "00".repeat(10) + "ffffc000020a"));
  }

  @Test
  void aDatagramLongerThanAllowedIsCutOff() throws MalformedMessageException {
    // 1012 octets of payload fit and 1013 do not. PEX §5.
    assertTrue(decode("000203f4" + ID + "00".repeat(2000)) instanceof Query);
    assertEquals(Reason.TRUNCATED, reasonAgainst("000203f5" + ID + "00".repeat(2000)));
  }

  @Test
  void asManyEntriesAsTheSpecificationSaysFit() {
    assertEquals(36, NotifyPeers.MAX_PEERS);
    assertEquals(126, Query.MAX_PEERS);
    PexMessage full = new Query(Collections.nCopies(Query.MAX_PEERS, id(ID)));
    assertEquals(1020, PexCodec.encode(new PexDatagram(id(ID), full)).remaining());
  }

  @Test
  void theSourceBufferStaysAsItIs() throws MalformedMessageException {
    ByteBuffer source = ByteBuffer.wrap(HEX.parseHex("ffff" + "00030000" + ID)).position(2);
    PexCodec.decode(source.asReadOnlyBuffer());
    assertEquals(new Ping(), PexCodec.decode(source).message());
    assertEquals(2, source.position());
  }
}
