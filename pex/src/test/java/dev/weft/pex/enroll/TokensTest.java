// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.ServiceDefinition;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.enroll.InvalidTokenException.Reason;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TokensTest {

  private static final JsonNode CASES = Vectors.json("tokens.json").get("cases");
  private static final PrivateKey GATEWAY = key("source_private_hex");
  private static final PrivateKey AP1 = key("target_private_hex");
  private static final byte[] SALT = Vectors.hex(CASES.get(0).at("/fields/salt"));
  private static final byte[] OTHER_SALT = new byte[8];

  private static final NetworkRevision NETWORK = network(List.of("gateway", "ap1", "ap2"));

  private final Tokens gateway = new Tokens(GATEWAY, Vectors.random(SALT));
  private final Tokens ap1 = new Tokens(AP1, Vectors.random(OTHER_SALT));

  private static PrivateKey key(String name) {
    return PrivateKey.of(Vectors.hex(CASES.get(0).get(name)));
  }

  private static NetworkRevision network(List<String> members) {
    return new NetworkRevision(
        0,
        List.of(
            host("gateway", 1, GATEWAY.publicKey()),
            host("ap1", 2, AP1.publicKey()),
            host("ap2", 3, PublicKey.parse("Ir8DOzsZNdNrEP24qmiIXE9bFuv4j51Cdym8ZebZXGg=")),
            host("weak", 4, PublicKey.of(new byte[32]))),
        List.of(new ServiceDefinition("l2-tunnel", "vxlan", Map.of(), members)),
        51820,
        Duration.ofSeconds(10));
  }

  private static Host host(String name, int number, PublicKey key) {
    Inet6Address address = (Inet6Address) InetAddress.ofLiteral("fd00:1:2:3::" + number);
    return Host.builder(name, key, address).build();
  }

  private static TokenContent content(JsonNode json) {
    TokenContent content =
        TokenContent.createdAt(Instant.ofEpochSecond(json.get("created").asLong()));
    if (json.has("user")) {
      content = content.withUser(json.get("user").asText());
    }
    return json.has("service") ? content.withService(json.get("service").asText()) : content;
  }

  @Test
  void recordedTokensAreMadeOctetByOctet() {
    for (JsonNode vector : CASES) {
      String token = gateway.create(NETWORK, "ap1", content(vector.get("info_json")));
      assertEquals(vector.get("token_b64").asText(), token);
    }
  }

  @Test
  void recordedTokensAreRead() throws Exception {
    Set<String> ids = new HashSet<>();
    for (JsonNode vector : CASES) {
      Token token = ap1.parse(NETWORK, vector.get("token_b64").asText());
      assertEquals(vector.at("/parse_output/host").asText(), token.source().name());
      assertEquals(content(vector.get("parse_output")), token.content());
      assertTrue(ids.add(token.id()));
    }
  }

  @Test
  void theTokenOfTheLiveNetworkIsReadAndMadeAgain() throws Exception {
    String text = Vectors.json("live/enroll/token.json").get("token").asText();
    Token token = ap1.parse(NETWORK, text);
    assertEquals("gateway", token.source().name());
    assertEquals(
        created(1_795_338_660)
            .withUser("root")
            .withGroup("root")
            .withData(BlobValue.Table.of(Map.of("x", 1))),
        token.content());
    byte[] salt = HexFormat.of().parseHex(token.id(), 0, 16);
    Tokens again = new Tokens(GATEWAY, Vectors.random(salt));
    assertEquals(text, again.create(NETWORK, "ap1", token.content()));
  }

  @Test
  void changingAnyCharacterSpoilsARecordedToken() {
    for (JsonNode vector : CASES) {
      assertFalse(vector.get("accepted_after_changing_one_character").asBoolean());
      String text = vector.get("token_b64").asText();
      for (int i = 0; i < text.length(); i++) {
        char other = text.charAt(i) == 'A' ? 'B' : 'A';
        String altered = text.substring(0, i) + other + text.substring(i + 1);
        assertThrows(InvalidTokenException.class, () -> ap1.parse(NETWORK, altered), altered);
      }
    }
  }

  @Test
  void everythingThatATokenCanSayArrives() throws Exception {
    TokenContent content =
        TokenContent.createdAt(Instant.ofEpochSecond(1_700_000_000))
            .withUser("root")
            .withGroup("wheel")
            .withService("l2-tunnel")
            .withData(BlobValue.Table.of(Map.of("n", 1)));
    assertEquals(content, ap1.parse(NETWORK, gateway.create(NETWORK, "ap1", content)).content());
  }

  @Test
  void textThatIsNoTokenIsRefusedWithItsReason() {
    String token = CASES.get(0).get("token_b64").asText();
    refused(Reason.BASE64, "no base64!");
    refused(Reason.BASE64, token + "=");
    refused(Reason.BASE64, token.substring(1) + "\n");
    refused(Reason.LENGTH, "");
    refused(Reason.LENGTH, Base64.getEncoder().encodeToString(new byte[56]));
    refused(Reason.LENGTH, "A".repeat(Tokens.MAX_LENGTH + 4));
    refused(Reason.UNKNOWN_SOURCE, "A".repeat(4) + "B".repeat(80));
    refused(Reason.MAC, token.substring(0, token.length() - 4));
  }

  @Test
  void aChangedNonceIsUnderNoMacButSaysNothingReadable() {
    byte[] octets = Base64.getDecoder().decode(CASES.get(0).get("token_b64").asText());
    octets[16] ^= 1;
    refused(Reason.CONTENT, Base64.getEncoder().encodeToString(octets));
  }

  @Test
  void aTokenIsForItsTargetOnly() {
    String forAp2 =
        gateway.create(NETWORK, "ap2", TokenContent.createdAt(Instant.ofEpochSecond(1)));
    refused(Reason.MAC, forAp2);
  }

  @Test
  void aTokenShownToItsMakerAsItsTargetsIsRefused() {
    String token = gateway.create(NETWORK, "ap1", TokenContent.createdAt(Instant.ofEpochSecond(1)));
    byte[] octets = Base64.getDecoder().decode(token);
    System.arraycopy(AP1.publicKey().octets(), 0, octets, 0, 8);
    InvalidTokenException e =
        assertThrows(
            InvalidTokenException.class,
            () -> gateway.parse(NETWORK, Base64.getEncoder().encodeToString(octets)));
    assertEquals(Reason.REFLECTED, e.reason());
    assertEquals("the token was made here for another host", e.getMessage());
  }

  @Test
  void aHostMayMakeATokenForItself() throws Exception {
    String token =
        gateway.create(NETWORK, "gateway", TokenContent.createdAt(Instant.ofEpochSecond(1)));
    assertEquals("gateway", gateway.parse(NETWORK, token).source().name());
  }

  @Test
  void bothHostsAreMembersOfTheService() {
    String token = CASES.get(2).get("token_b64").asText();
    for (List<String> members : List.of(List.of("gateway", "ap2"), List.of("ap1", "ap2"))) {
      NetworkRevision network = network(members);
      assertEquals(
          Reason.NOT_MEMBER,
          assertThrows(InvalidTokenException.class, () -> ap1.parse(network, token)).reason());
      TokenContent content = content(CASES.get(2).get("info_json"));
      assertThrows(IllegalArgumentException.class, () -> gateway.create(network, "ap1", content));
    }
    TokenContent unknown =
        TokenContent.createdAt(Instant.ofEpochSecond(1)).withService("no such service");
    assertThrows(IllegalArgumentException.class, () -> gateway.create(NETWORK, "ap1", unknown));
  }

  @Test
  void aTokenCannotBeMadeForWhomThereIsNoKey() {
    TokenContent content = TokenContent.createdAt(Instant.ofEpochSecond(1));
    assertThrows(IllegalArgumentException.class, () -> gateway.create(NETWORK, "who", content));
    assertThrows(IllegalArgumentException.class, () -> gateway.create(NETWORK, "weak", content));
    assertThrows(
        IllegalArgumentException.class,
        () -> gateway.create(NETWORK, "ap1", content.withUser("x".repeat(Tokens.MAX_LENGTH))));
  }

  @Test
  void theCallerLearnsTheAge() {
    Instant now = Instant.ofEpochSecond(1_700_000_100);
    assertEquals(100, content(CASES.get(0).get("info_json")).ageSeconds(now));
    assertEquals(-1, TokenContent.createdAt(now.plusSeconds(1)).ageSeconds(now));
    assertEquals(Long.MAX_VALUE, created(Long.MIN_VALUE).ageSeconds(now));
    assertEquals(1_700_000_100 - Long.MAX_VALUE, created(Long.MAX_VALUE).ageSeconds(now));
    assertEquals(Long.MIN_VALUE, created(Long.MAX_VALUE).ageSeconds(Instant.ofEpochSecond(-2)));
  }

  private static TokenContent created(long seconds) {
    return new TokenContent(
        seconds, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  @Test
  void contentOfTheWrongTypeIsRefused() {
    for (Map<String, ?> values :
        List.of(
            Map.of("user", "root"),
            Map.of("created", "now"),
            Map.of("created", 1L, "user", 1),
            Map.of("created", 1L, "group", 1),
            Map.of("created", 1L, "service", 1),
            Map.of("created", 1L, "data", 1))) {
      assertEquals(
          Optional.empty(), TokenContent.fromTable(BlobValue.Table.of(values)), values.toString());
    }
  }

  private void refused(Reason reason, String text) {
    assertEquals(
        reason,
        assertThrows(InvalidTokenException.class, () -> ap1.parse(NETWORK, text), text).reason(),
        text);
  }
}
