// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Objects;

/** Reads the vector files of the test resources. */
public final class Vectors {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Vectors() {}

  public static JsonNode read(String path) {
    try (InputStream stream = Vectors.class.getResourceAsStream("/vectors/" + path)) {
      return JSON.readTree(Objects.requireNonNull(stream, path));
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  public static byte[] hex(JsonNode object, String field) {
    return hex(object.get(field).textValue());
  }

  public static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  public static String hex(byte[] octets) {
    return HexFormat.of().formatHex(octets);
  }

  /** The octets 0, 1, 2 and so on. */
  public static byte[] counting(int length) {
    byte[] octets = new byte[length];
    for (int i = 0; i < length; i++) {
      octets[i] = (byte) i;
    }
    return octets;
  }

  public static byte[] concatenate(byte[] first, byte[] second) {
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
