// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Attributes of a stranger, without and with the word in front. */
final class BlobmsgFuzz {

  static Stream<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (JsonNode vector : Vectors.json("blobmsg.json").get("cases")) {
      seeds.add(Vectors.hex(vector.get("data")));
      seeds.add(Vectors.hex(vector.get("with_head")));
    }
    for (JsonNode vector : Vectors.json("tokens.json").get("cases")) {
      seeds.add(Vectors.hex(vector.get("plaintext_blob")));
    }
    for (JsonNode scenario : Vectors.json("enroll.json").get("scenarios")) {
      for (JsonNode message : scenario.get("messages")) {
        if (message.has("plaintext_blobmsg")) {
          seeds.add(Vectors.hex(message.get("plaintext_blobmsg")));
        }
      }
    }
    seeds.add(HexFormat.of().parseHex("8600000c00016100" + "00010000"));
    return seeds.stream();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isReadOrRefused(byte[] octets) {
    try {
      survives(Blobmsg.decode(octets), octets.length);
    } catch (MalformedBlobException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
    try {
      survives(Blobmsg.decodeWithHead(octets), octets.length);
    } catch (MalformedBlobException e) {
      assertTrue(e.offset() >= 0 && e.offset() <= octets.length);
    }
  }

  /** What was read can be written, and is read the same again. */
  private static void survives(BlobValue.Table table, int octets) {
    assertTrue(count(table) * 8 <= octets, "no more values than octets for them");
    byte[] written;
    try {
      written = Blobmsg.encode(table);
    } catch (IllegalArgumentException e) {
      // An octet that is not UTF-8 became three.
      assertTrue(octets * 3 > Blobmsg.MAX_OCTETS);
      return;
    }
    try {
      assertEquals(table, Blobmsg.decode(written));
    } catch (MalformedBlobException e) {
      throw new AssertionError("what was written cannot be read", e);
    }
    TokenContent.fromTable(table)
        .ifPresent(
            content -> assertEquals(content, TokenContent.fromTable(content.toTable()).get()));
  }

  private static int count(BlobValue value) {
    return switch (value) {
      case BlobValue.Table table ->
          table.attributes().values().stream().mapToInt(v -> 1 + count(v)).sum();
      case BlobValue.Array array -> array.elements().stream().mapToInt(v -> 1 + count(v)).sum();
      default -> 0;
    };
  }
}
