// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Enroll;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The vectors of this package, and what reads them. */
final class Vectors {

  /** Header and extended header of an external message. PEX §5. */
  private static final int HEADERS = 28;

  private static final byte VERSION = 0;
  private static final byte ENROLL = 11;

  private Vectors() {}

  static JsonNode json(String name) {
    try (InputStream in =
        Objects.requireNonNull(Vectors.class.getResourceAsStream("/vectors/" + name), name)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] hex(JsonNode node) {
    return HexFormat.of().parseHex(node.asText());
  }

  static String hex(byte[] octets) {
    return HexFormat.of().formatHex(octets);
  }

  /** JSON as the recorded program turns it into blobmsg. */
  static BlobValue blob(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> table(node);
      case ARRAY -> {
        List<BlobValue> elements = new ArrayList<>();
        node.forEach(element -> elements.add(blob(element)));
        yield new BlobValue.Array(elements);
      }
      case STRING -> new BlobValue.Text(node.asText());
      case BOOLEAN -> new BlobValue.Bool(node.asBoolean());
      case NULL -> new BlobValue.Nothing();
      case NUMBER ->
          node.isIntegralNumber()
              ? BlobValue.of(node.asLong())
              : new BlobValue.Real(node.asDouble());
      default -> throw new IllegalArgumentException(node.toString());
    };
  }

  static BlobValue.Table table(JsonNode node) {
    Map<String, BlobValue> attributes = new LinkedHashMap<>();
    node.properties().forEach(entry -> attributes.put(entry.getKey(), blob(entry.getValue())));
    return new BlobValue.Table(attributes);
  }

  /** A whole external datagram. */
  static byte[] datagram(Enroll message) {
    ByteBuffer target = ByteBuffer.allocate(HEADERS + message.payloadOctets());
    target.put(VERSION).put(ENROLL).putShort((short) message.payloadOctets());
    target.put(message.session().peerId().octets()).put(new byte[HEADERS - target.position()]);
    message.encode(target);
    return target.array();
  }

  /** The message of a whole external datagram that is known to be well-formed. */
  static Enroll message(byte[] datagram) {
    ByteBuffer source = ByteBuffer.wrap(datagram);
    source.position(HEADERS);
    int op = Byte.toUnsignedInt(source.get());
    byte[] session = new byte[PublicKey.LENGTH];
    source.get(session);
    byte[] hmac = new byte[Enroll.HMAC_LENGTH];
    source.get(hmac);
    long nonce = source.getLong();
    byte[] data = new byte[source.remaining()];
    source.get(data);
    return new Enroll(op, PublicKey.of(session), hmac, nonce, data);
  }

  /** Gives these octets, once. */
  static RandomSource random(byte[] octets) {
    return new RandomSource() {
      @Override
      public void nextBytes(byte[] target) {
        if (target.length != octets.length) {
          throw new IllegalArgumentException("asked for " + target.length + " octets");
        }
        System.arraycopy(octets, 0, target, 0, octets.length);
      }

      @Override
      public int nextInt(int bound) {
        throw new UnsupportedOperationException();
      }
    };
  }
}
