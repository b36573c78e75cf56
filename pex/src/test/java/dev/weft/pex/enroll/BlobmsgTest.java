// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.pex.enroll.BlobValue.Array;
import dev.weft.pex.enroll.BlobValue.Bool;
import dev.weft.pex.enroll.BlobValue.Int32;
import dev.weft.pex.enroll.BlobValue.Int64;
import dev.weft.pex.enroll.BlobValue.Table;
import dev.weft.pex.enroll.BlobValue.Text;
import dev.weft.pex.enroll.MalformedBlobException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class BlobmsgTest {

  @TestFactory
  Stream<DynamicTest> recordedBlobsAreWrittenAndReadOctetByOctet() {
    return StreamSupport.stream(Vectors.json("blobmsg.json").get("cases").spliterator(), false)
        .map(
            vector ->
                DynamicTest.dynamicTest(
                    vector.get("json").asText(),
                    () -> {
                      Table table = parse(vector.get("json").asText());
                      byte[] data = Vectors.hex(vector.get("data"));
                      byte[] withHead = Vectors.hex(vector.get("with_head"));
                      assertArrayEquals(data, Blobmsg.encode(table));
                      assertArrayEquals(withHead, Blobmsg.encodeWithHead(table));
                      assertEquals(table, Blobmsg.decode(data));
                      assertEquals(table, Blobmsg.decodeWithHead(withHead));
                    }));
  }

  private static Table parse(String json) throws JsonProcessingException {
    return Vectors.table(new ObjectMapper().readTree(json));
  }

  @Test
  void javaValuesBecomeWhatJsonBecomes() throws Exception {
    assertEquals(
        parse("{\"a\":{\"t\":\"x\",\"n\":7,\"l\":[true,1.5,1234567890123]}}"),
        new Table(
            Map.of(
                "a",
                BlobValue.of(
                    new java.util.TreeMap<>(
                        Map.of("t", "x", "n", 7L, "l", List.of(true, 1.5, 1234567890123L)))))));
    assertThrows(IllegalArgumentException.class, () -> BlobValue.of(new Object()));
  }

  @Test
  void aTableGivesWhatHasTheAskedTypeOnly() {
    Table table = Table.of(Map.of("t", "x", "n", 7, "m", 1L << 40, "i", Map.of("a", 1)));
    assertEquals(Optional.of("x"), table.text("t"));
    assertEquals(OptionalLong.of(7), table.integer("n"));
    assertEquals(OptionalLong.of(1L << 40), table.integer("m"));
    assertEquals(Optional.of(new Table(Map.of("a", new Int32(1)))), table.table("i"));
    assertEquals(Optional.empty(), table.text("n"));
    assertEquals(OptionalLong.empty(), table.integer("t"));
    assertEquals(OptionalLong.empty(), table.integer("none"));
    assertEquals(Optional.empty(), table.table("none"));
  }

  @Test
  void ofAttributesWithOneNameTheFirstCounts() throws Exception {
    assertEquals(
        new Table(Map.of("a", new Text("1"))),
        decode("8300000a 0001 6100 3100 0000 8300000a 0001 6100 3200 0000"));
  }

  @Test
  void attributesOfAnUnknownTypeAreSkipped() throws Exception {
    assertEquals(
        new Table(Map.of("b", new Bool(true))),
        decode("8600000a 0001 6100 3100 0000 87000009 0001 6200 01000000"));
    assertEquals(
        new Table(Map.of("l", new Array(List.of(new Int32(2))))),
        decode("81000020 0001 6c00 8600000a 0000 0000 7100 0000 8500000c 0000 0000 00000002"));
  }

  @Test
  void textEndsAtItsFirstNul() throws Exception {
    assertEquals(new Table(Map.of("a", new Text("x"))), decode("8300000c 0001 6100 78007900"));
  }

  @Test
  void textThatIsNotUtf8IsReplaced() throws Exception {
    assertEquals(
        new Table(Map.of("a", new Text("\ufffd"))), decode("8300000a 0001 6100 ff00 0000"));
  }

  @Test
  void anyOctetButZeroIsTrue() throws Exception {
    assertEquals(
        new Table(Map.of("a", new Bool(true), "b", new Bool(false))),
        decode("87000009 0001 6100 07000000 87000009 0001 6200 00000000"));
  }

  @Test
  void brokenLengthsAreRefused() {
    refused(Reason.LENGTH, "83");
    refused(Reason.LENGTH, "83000003");
    refused(Reason.LENGTH, "83000000 00000000");
    refused(Reason.LENGTH, "8300000e 0001 6100 3100 0000"); // longer than there is
    refused(Reason.LENGTH, "8300000a 0001 6100 3100"); // without its padding
    refused(Reason.LENGTH, "83ffffff 0001 6100 3100 0000");
    refused(Reason.LENGTH, "82000014 0001 6100 83000010 0001 6200 3100 0000"); // out of its table
  }

  @Test
  void brokenNamesAreRefused() {
    refused(Reason.NAME, "0300000a 0001 6100 3100 0000"); // says that it has none
    refused(Reason.NAME, "83000004");
    refused(Reason.NAME, "83000008 0100 6100");
    refused(Reason.NAME, "83000008 0001 6161"); // without a NUL
    refused(Reason.NAME, "8300000c 0002 6100 0000 0000"); // with one in it
  }

  @Test
  void valuesThatDoNotFitTheirTypeAreRefused() {
    refused(Reason.VALUE, "83000008 0001 6100"); // text without an end
    refused(Reason.VALUE, "83000009 0001 6100 31000000");
    refused(Reason.VALUE, "8500000a 0001 6100 00010000");
    refused(Reason.VALUE, "8400000c 0001 6100 00000001");
    refused(Reason.VALUE, "8700000a 0001 6100 01010000");
    refused(Reason.VALUE, "8800000c 0001 6100 00000001");
    refused(Reason.VALUE, "80000009 0001 6100 01000000");
  }

  @Test
  void theWordInFrontSaysTheLength() {
    for (String blob : List.of("", "000000", "00000005", "00000003", "80000004", "0000000800")) {
      assertThrows(
          MalformedBlobException.class,
          () -> Blobmsg.decodeWithHead(HexFormat.of().parseHex(blob)),
          blob);
    }
  }

  @Test
  void nestingIsBounded() throws Exception {
    byte[] deepest = Blobmsg.encode(nested(Blobmsg.MAX_DEPTH));
    assertEquals(nested(Blobmsg.MAX_DEPTH), Blobmsg.decode(deepest));
    assertThrows(
        IllegalArgumentException.class, () -> Blobmsg.encode(nested(Blobmsg.MAX_DEPTH + 1)));
    refused(
        Reason.DEPTH,
        "8200"
            + HexFormat.of().toHexDigits((short) (deepest.length + 8))
            + "0001 6100"
            + Vectors.hex(deepest));
  }

  private static Table nested(int depth) {
    Table table = Table.empty();
    for (int level = 0; level < depth; level++) {
      table = new Table(Map.of("a", table));
    }
    return table;
  }

  @Test
  void theNumberOfAttributesIsBounded() throws Exception {
    Table most =
        new Table(
            Map.of(
                "l", new Array(Collections.nCopies(Blobmsg.MAX_ATTRIBUTES - 1, new Bool(true)))));
    assertEquals(most, Blobmsg.decode(Blobmsg.encode(most)));
    refused(Reason.ATTRIBUTES, "80000008 0000 0000".repeat(Blobmsg.MAX_ATTRIBUTES + 1));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Blobmsg.encode(
                new Table(
                    Map.of(
                        "l",
                        new Array(Collections.nCopies(Blobmsg.MAX_ATTRIBUTES, new Bool(true)))))));
  }

  @Test
  void theNumberOfOctetsIsBounded() throws Exception {
    Table most = new Table(Map.of("", new Text("x".repeat(Blobmsg.MAX_OCTETS - 9))));
    byte[] octets = Blobmsg.encode(most);
    assertEquals(Blobmsg.MAX_OCTETS, octets.length);
    assertEquals(most, Blobmsg.decode(octets));
    assertThrows(
        IllegalArgumentException.class,
        () -> Blobmsg.encode(new Table(Map.of("", new Text("x".repeat(Blobmsg.MAX_OCTETS - 8))))));
    assertThrows(
        MalformedBlobException.class,
        () -> Blobmsg.decode(Arrays.copyOf(octets, Blobmsg.MAX_OCTETS + 4)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Blobmsg.encode(new Table(Map.of("x".repeat(Blobmsg.MAX_OCTETS), new Int64(1)))));
  }

  @Test
  void nulInTextIsTheCallersMistake() {
    assertThrows(IllegalArgumentException.class, () -> new Text("a\0b"));
    assertThrows(IllegalArgumentException.class, () -> new Table(Map.of("a\0", new Bool(true))));
  }

  @Test
  void theExceptionSaysWhereAndHasNoStackTrace() {
    MalformedBlobException e =
        assertThrows(
            MalformedBlobException.class,
            () -> Blobmsg.decode("abc".getBytes(StandardCharsets.US_ASCII)));
    assertEquals("LENGTH at octet 0", e.getMessage());
    assertEquals(0, e.offset());
    assertEquals(0, e.getStackTrace().length);
  }

  private static Table decode(String hex) throws MalformedBlobException {
    return Blobmsg.decode(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static void refused(Reason reason, String hex) {
    assertEquals(
        reason, assertThrows(MalformedBlobException.class, () -> decode(hex), hex).reason(), hex);
  }
}
