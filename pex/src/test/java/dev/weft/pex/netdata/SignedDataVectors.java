// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** What the reference tool signed, and what the reference daemon said to signed data. */
final class SignedDataVectors {

  private static final JsonNode ROOT = read();

  private SignedDataVectors() {}

  private static JsonNode read() {
    try (InputStream in =
        Objects.requireNonNull(
            SignedDataVectors.class.getResourceAsStream("/vectors/signed-data.json"))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Signed by the tool. */
  static List<JsonNode> signed() {
    return list("signed");
  }

  /** Validated by the daemon. */
  static List<JsonNode> validated() {
    return list("validation");
  }

  private static List<JsonNode> list(String name) {
    List<JsonNode> cases = new ArrayList<>();
    ROOT.get(name).forEach(cases::add);
    return cases;
  }

  static byte[] hex(JsonNode object, String field) {
    return HexFormat.of().parseHex(object.get(field).textValue());
  }

  static byte[] base64(JsonNode object, String field) {
    return Base64.getDecoder().decode(object.get(field).textValue());
  }
}
