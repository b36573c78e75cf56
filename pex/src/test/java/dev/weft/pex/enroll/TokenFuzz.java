// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.ChaCha20;
import dev.weft.crypto.HmacSha512;
import dev.weft.crypto.Sha512;
import dev.weft.crypto.X25519;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.peer.PrivateKey;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Texts that somebody shows as tokens. The first octet chooses: the rest is the text, or the octets
 * of a token, or what a host of the network says in a token of its own.
 */
final class TokenFuzz {

  private static final JsonNode CASES = Vectors.json("tokens.json").get("cases");
  private static final byte[] SOURCE = Vectors.hex(CASES.get(0).get("source_private_hex"));
  private static final PrivateKey TARGET =
      PrivateKey.of(Vectors.hex(CASES.get(0).get("target_private_hex")));
  private static final Set<String> KNOWN =
      StreamSupport.stream(CASES.spliterator(), false)
          .map(vector -> vector.get("token_b64").asText())
          .collect(Collectors.toSet());
  private static final byte[] SALT = new byte[8];
  private static final byte[] KEY =
      Sha512.hash(X25519.multiply(SOURCE, TARGET.publicKey().octets()), SALT);
  private static final int PLAIN = 56;

  private static final NetworkRevision NETWORK =
      new NetworkRevision(
          0,
          List.of(host("gateway", 1, PrivateKey.of(SOURCE)), host("ap1", 2, TARGET)),
          List.of(new ServiceDefinition("l2-tunnel", "vxlan", Map.of(), List.of("gateway", "ap1"))),
          51820,
          Duration.ofSeconds(10));

  private static final Tokens READER = new Tokens(TARGET, Vectors.random(SALT.clone()));
  private static final Tokens OTHER =
      new Tokens(TARGET, Vectors.random(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));

  private static Host host(String name, int number, PrivateKey key) {
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return Host.builder(name, key.publicKey(), address).build();
  }

  static Stream<byte[]> seeds() {
    List<byte[]> seeds = new ArrayList<>();
    for (JsonNode vector : CASES) {
      String text = vector.get("token_b64").asText();
      seeds.add(seed(0, text.getBytes(StandardCharsets.US_ASCII)));
      seeds.add(seed(1, Vectors.hex(vector.get("token_hex"))));
      seeds.add(seed(2, Vectors.hex(vector.get("plaintext_blob"))));
    }
    return seeds.stream();
  }

  private static byte[] seed(int kind, byte[] content) {
    return ByteBuffer.allocate(1 + content.length).put((byte) kind).put(content).array();
  }

  @MethodSource("seeds")
  @FuzzTest
  void isReadOrRefused(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    switch (Math.floorMod(input[0], 3)) {
      case 0 -> parse(new String(content, StandardCharsets.ISO_8859_1), false);
      case 1 -> parse(Base64.getEncoder().encodeToString(content), false);
      default -> parse(Base64.getEncoder().encodeToString(sealed(content)), true);
    }
  }

  /** A token with the right MAC. */
  private static byte[] sealed(byte[] content) {
    byte[] data = content.clone();
    byte[] nonce = new byte[ChaCha20.NONCE_LENGTH];
    ChaCha20.xor(Arrays.copyOf(KEY, ChaCha20.KEY_LENGTH), nonce, data);
    return ByteBuffer.allocate(PLAIN + data.length)
        .put(PrivateKey.of(SOURCE).publicKey().peerId().octets())
        .put(SALT)
        .put(nonce)
        .put(HmacSha512.hmac(KEY, data), 0, 32)
        .put(data)
        .array();
  }

  private static void parse(String text, boolean ofAHost) {
    Token token;
    try {
      token = OTHER.parse(NETWORK, text);
    } catch (InvalidTokenException e) {
      assertFalse(KNOWN.contains(text));
      assertEquals(0, e.getStackTrace().length);
      return;
    }
    assertTrue(ofAHost || isOneOfTheKnown(text), text);
    assertEquals("gateway", token.source().name());
    assertEquals(32, token.id().length());
    token.content().ageSeconds(Instant.EPOCH);
    if (ofAHost) {
      // Its own salt: the reader must think that it comes back.
      assertReflected(text);
    }
  }

  /** The same octets, though perhaps with other last bits in base64. */
  private static boolean isOneOfTheKnown(String text) {
    byte[] octets = Base64.getDecoder().decode(text);
    return KNOWN.contains(Base64.getEncoder().encodeToString(octets));
  }

  private static void assertReflected(String text) {
    try {
      READER.parse(NETWORK, text);
      throw new AssertionError("a token with the reader's own salt");
    } catch (InvalidTokenException e) {
      assertEquals(InvalidTokenException.Reason.REFLECTED, e.reason());
    }
  }
}
