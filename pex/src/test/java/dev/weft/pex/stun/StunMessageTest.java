// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.stun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.pex.stun.MalformedStunException.Reason;
import dev.weft.pex.stun.StunMessage.BindingError;
import dev.weft.pex.stun.StunMessage.BindingRequest;
import dev.weft.pex.stun.StunMessage.BindingSuccess;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class StunMessageTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final String COOKIE = "2112a442";
  private static final String ID = "0102030405060708090a0b0c";
  private static final TransactionId TRANSACTION =
      new TransactionId(0x01020304, 0x05060708090a0b0cL);

  // RFC 5769 §2: test vectors of STUN. The password of MESSAGE-INTEGRITY is of no use here.
  private static final String RFC_5769_REQUEST =
      "000100582112a442b7e7a701bc34d686fa87dfae"
          + "802200105354554e207465737420636c69656e74"
          + "002400046e0001ff80290008932ff9b151263b36"
          + "000600096576746a3a68367659202020"
          + "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
          + "80280004e57a3bcf";
  private static final String RFC_5769_RESPONSE_V4 =
      "0101003c2112a442b7e7a701bc34d686fa87dfae"
          + "8022000b7465737420766563746f7220"
          + "002000080001a147e112a643"
          + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
          + "80280004c07d4c96";
  private static final String RFC_5769_RESPONSE_V6 =
      "010100482112a442b7e7a701bc34d686fa87dfae"
          + "8022000b7465737420766563746f7220"
          + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
          + "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
          + "80280004c8fb0b4c";

  private static ByteBuffer hex(String text) {
    return ByteBuffer.wrap(HEX.parseHex(text));
  }

  private static StunMessage decode(String text) throws MalformedStunException {
    return StunMessage.decode(hex(text));
  }

  /** A message of the type, with a header around the attributes. */
  private static String message(String type, String attributes) {
    return type + HEX.toHexDigits((short) (attributes.length() / 2)) + COOKIE + ID + attributes;
  }

  private static Reason reasonAgainst(String text) {
    return assertThrows(MalformedStunException.class, () -> decode(text)).reason();
  }

  @Test
  void publishedResponsesAreRead() throws MalformedStunException {
    BindingSuccess v4 = (BindingSuccess) decode(RFC_5769_RESPONSE_V4);
    assertEquals(Optional.of(Endpoint.parse("192.0.2.1:32853")), v4.reflexive());
    assertTrue(v4.fingerprint());

    BindingSuccess v6 = (BindingSuccess) decode(RFC_5769_RESPONSE_V6);
    assertEquals(
        Optional.of(Endpoint.parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853")),
        v6.reflexive());
    assertTrue(v6.fingerprint());
  }

  @Test
  void aPublishedRequestIsReadAndItsPriorityIsNotUnderstood() throws MalformedStunException {
    BindingRequest request = (BindingRequest) decode(RFC_5769_REQUEST);
    assertEquals(List.of(0x0024), request.unknownAttributes());
    assertTrue(request.fingerprint());
  }

  @Test
  void fingerprintsAreWrittenAsTheyAreRead() throws MalformedStunException {
    StunMessage request = new BindingRequest(TRANSACTION, OptionalInt.of(7), List.of(), true);
    ByteBuffer octets = request.encode();
    assertEquals(20 + 8 + 8, octets.remaining());
    assertEquals(request, StunMessage.decode(octets));
  }

  @Test
  void aWrongFingerprintMeansThatItIsNotStun() {
    String wrong = RFC_5769_RESPONSE_V4.replace("c07d4c96", "c07d4c97");
    assertEquals(Reason.FINGERPRINT, reasonAgainst(wrong));
  }

  @Test
  void nothingFollowsAFingerprint() {
    ByteBuffer request =
        new BindingRequest(TRANSACTION, OptionalInt.empty(), List.of(), true).encode();
    byte[] content = new byte[request.remaining()];
    request.get(content);
    String octets = HEX.formatHex(content);
    String longer = octets.substring(0, 4) + "000c" + octets.substring(8) + "80220000";
    assertEquals(Reason.FINGERPRINT, reasonAgainst(longer));
    assertEquals(Reason.FINGERPRINT, reasonAgainst(message("0001", "80280000")));
  }

  @Test
  void theHeaderIsChecked() {
    assertEquals(Reason.TOO_SHORT, reasonAgainst(""));
    assertEquals(Reason.TOO_SHORT, reasonAgainst(message("0001", "").substring(2)));
    assertEquals(Reason.NOT_STUN, reasonAgainst(message("8001", "")));
    assertEquals(Reason.NOT_STUN, reasonAgainst(message("4001", "")));
    assertEquals(Reason.NOT_STUN, reasonAgainst(message("0001", "").replace(COOKIE, "2112a443")));
    assertEquals(Reason.LENGTH, reasonAgainst(message("0001", "") + "00000000"));
    assertEquals(Reason.LENGTH, reasonAgainst(message("0001", "8022")));
    assertEquals(Reason.OTHER_TYPE, reasonAgainst(message("0011", ""))); // an indication
    assertEquals(Reason.OTHER_TYPE, reasonAgainst(message("0003", ""))); // TURN's Allocate
    assertEquals(Reason.TOO_LONG, reasonAgainst(message("0001", "80220000".repeat(316))));
  }

  @Test
  void attributesMustFitIntoTheMessageWithTheirPadding() {
    assertEquals(Reason.TRUNCATED, reasonAgainst(message("0001", "80220001")));
    assertEquals(Reason.TRUNCATED, reasonAgainst(message("0001", "80220005" + "00000000")));
    assertEquals(Reason.TRUNCATED, reasonAgainst(message("0001", "8022ffff" + "00000000")));
  }

  @Test
  void addressesHaveTheLengthOfTheirFamily() {
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0101", "00200000")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0101", "00200004" + "0001a147")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0101", "00200008" + "0002a147e112a643")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0101", "00200008" + "0003a147e112a643")));
    assertEquals(
        Reason.ATTRIBUTE, reasonAgainst(message("0101", "0020000c" + "0001a147e112a64300000000")));
  }

  @Test
  void ofAnAttributeThatComesTwiceTheFirstCounts() throws MalformedStunException {
    BindingSuccess success =
        (BindingSuccess)
            decode(message("0101", "000100080001000ac0000201" + "000100080001000bc0000202"));
    assertEquals(Optional.of(Endpoint.parse("192.0.2.1:10")), success.reflexive());
  }

  @Test
  void aResponseOfAnOldServerIsUnderstood() throws MalformedStunException {
    // MAPPED-ADDRESS, SOURCE-ADDRESS and CHANGED-ADDRESS of RFC 3489.
    String old =
        "000100080001000ac0000201" + "0004000800010d96c0000203" + "0005000800010d97c0000204";
    BindingSuccess success = (BindingSuccess) decode(message("0101", old));
    assertEquals(Optional.of(Endpoint.parse("192.0.2.1:10")), success.reflexive());
  }

  @Test
  void xorMappedAddressCountsUnderItsOldNumberToo() throws MalformedStunException {
    String xored = "80200008" + "0001a147e112a643";
    BindingSuccess success =
        (BindingSuccess) decode(message("0101", "000100080001000ac0000203" + xored));
    assertEquals(Optional.of(Endpoint.parse("192.0.2.1:32853")), success.reflexive());
    // It need not be understood, so a strange one does no harm.
    BindingSuccess strange =
        (BindingSuccess) decode(message("0101", "000100080001000ac0000203" + "80200000"));
    assertEquals(Optional.of(Endpoint.parse("192.0.2.3:10")), strange.reflexive());
  }

  @Test
  void aResponseWithWhatMustBeUnderstoodAndIsNotIsDiscarded() {
    assertEquals(
        Reason.UNKNOWN_ATTRIBUTE,
        reasonAgainst(message("0101", "002000080001a147e112a643" + "7abc0000")));
  }

  @Test
  void aRequestTellsWhatIsNotUnderstoodUpToALimit() throws MalformedStunException {
    BindingRequest two =
        (BindingRequest) decode(message("0001", "7abc0000" + "7abd0000" + "7abc0000"));
    assertEquals(List.of(0x7abc, 0x7abd), two.unknownAttributes());

    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      many.append(HEX.toHexDigits((short) (0x7000 + i))).append("0000");
    }
    BindingRequest hundred = (BindingRequest) decode(message("0001", many.toString()));
    assertEquals(StunMessage.MAX_UNKNOWN_ATTRIBUTES, hundred.unknownAttributes().size());
  }

  @Test
  void aChangeRequestThatAsksForNothingIsNone() throws MalformedStunException {
    BindingRequest nothing = (BindingRequest) decode(message("0001", "0003000400000000"));
    assertEquals(List.of(), nothing.unknownAttributes());
    BindingRequest otherAddress = (BindingRequest) decode(message("0001", "0003000400000006"));
    assertEquals(List.of(0x0003), otherAddress.unknownAttributes());
  }

  @Test
  void thePaddingOfAResponsePortMayBeCounted() throws MalformedStunException {
    StunMessage expected = new BindingRequest(TRANSACTION, OptionalInt.of(40815), List.of(), false);
    assertEquals(expected, decode(message("0001", "00270002" + "9f6f0000")));
    assertEquals(expected, decode(message("0001", "00270004" + "9f6f0000")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0001", "00270003" + "9f6f0000")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0001", "00270000")));
  }

  @Test
  void optionalAttributesAndCredentialsAreIgnored() throws MalformedStunException {
    String attributes = "80220003" + "61626300" + "00060001" + "61000000" + "c0570004" + "00010000";
    assertEquals(new BindingRequest(TRANSACTION), decode(message("0001", attributes)));
  }

  @Test
  void errorsAreRead() throws MalformedStunException {
    String reason = "00090008" + "0000041462616400" + "000a0006" + "7abc7abd7abe0000";
    assertEquals(
        new BindingError(TRANSACTION, 420, List.of(0x7abc, 0x7abd, 0x7abe), false),
        decode(message("0111", reason)));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0111", "0009000400000214")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0111", "0009000400000464")));
    assertEquals(Reason.ATTRIBUTE, reasonAgainst(message("0111", "000900020400" + "0000")));
  }

  @Test
  void aDatagramIsReadFromItsPositionWhateverItsByteOrder() throws MalformedStunException {
    ByteBuffer octets = hex("ffff" + message("0101", "002000080001a147e112a643") + "ff");
    octets.order(ByteOrder.LITTLE_ENDIAN).position(2).limit(octets.limit() - 1);
    assertTrue(StunMessage.isResponse(octets));
    BindingSuccess success = (BindingSuccess) StunMessage.decode(octets);
    assertEquals(Optional.of(Endpoint.parse("192.0.2.1:32853")), success.reflexive());
    assertEquals(2, octets.position());
    assertEquals(ByteOrder.LITTLE_ENDIAN, octets.order());
  }

  @Test
  void onlyAnswersAreClaimed() {
    assertTrue(StunMessage.isResponse(hex(message("0101", ""))));
    assertTrue(StunMessage.isResponse(hex(message("0111", ""))));
    assertFalse(StunMessage.isResponse(hex(message("0001", ""))));
    assertFalse(StunMessage.isResponse(hex(message("0101", "") + "00")));
    assertFalse(StunMessage.isResponse(hex(message("0101", "").substring(2))));
    // WireGuard's messages, with a cookie where STUN has it.
    for (int type = 1; type <= 4; type++) {
      for (int length : new int[] {32, 64, 92, 148}) {
        ByteBuffer message = ByteBuffer.allocate(length);
        message.put(0, (byte) type).putInt(4, 0x2112a442);
        assertFalse(StunMessage.isResponse(message));
        assertFalse(StunMessage.isRequest(message));
      }
    }
  }

  @Test
  void valuesAreChecked() {
    OptionalInt none = OptionalInt.empty();
    List<Integer> nine = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThrows(
        IllegalArgumentException.class,
        () -> new BindingRequest(TRANSACTION, OptionalInt.of(65536), List.of(), false));
    assertThrows(
        IllegalArgumentException.class, () -> new BindingRequest(TRANSACTION, none, nine, false));
    assertThrows(
        IllegalArgumentException.class,
        () -> new BindingRequest(TRANSACTION, none, List.of(-1), false));
    assertThrows(
        IllegalArgumentException.class, () -> new BindingError(TRANSACTION, 200, List.of(), false));
  }
}
