// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.netdata.InvalidNetworkDataException.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SignedNetworkDataTest {

  private static final String MALLEATED = "signature S replaced by S + group order (malleated)";
  private static final byte[] SEED = new byte[32];
  private static final long VERSION = 1_700_000_000;
  private static final String EMPTY = "{\"config\":{},\"hosts\":{}}";

  static {
    Arrays.fill(SEED, (byte) 7);
  }

  @TestFactory
  Stream<DynamicTest> signingGivesTheRecordedOctets() {
    List<JsonNode> cases = SignedDataVectors.signed();
    assertEquals(4, cases.size());
    return cases.stream()
        .map(c -> DynamicTest.dynamicTest(c.get("length") + " octets", () -> signsAsRecorded(c)));
  }

  private static void signsAsRecorded(JsonNode recorded) throws InvalidNetworkDataException {
    byte[] blob = SignedDataVectors.hex(recorded, "bin_hex");
    AuthKey key = AuthKey.parse(recorded.get("auth_public_b64").textValue());
    String json = recorded.get("json_utf8").textValue();
    long timestamp = recorded.get("timestamp").longValue();

    SignedNetworkData signed =
        SignedNetworkData.sign(
            SignedDataVectors.base64(recorded, "auth_secret_b64"), timestamp, json);

    assertArrayEquals(blob, signed.octets());
    assertEquals(recorded.get("length").intValue(), signed.length());
    assertArrayEquals(
        SignedDataVectors.hex(recorded, "signature_hex"),
        Arrays.copyOfRange(signed.octets(), 8, 72));
    SignedNetworkData verified = SignedNetworkData.verify(blob, key);
    assertEquals(signed, verified);
    assertEquals(timestamp, verified.version());
    assertEquals(json, verified.json());
    assertEquals(key, verified.authKey());
  }

  @TestFactory
  Stream<DynamicTest> validationEndsAsRecorded() {
    List<JsonNode> cases = SignedDataVectors.validated();
    assertEquals(21, cases.size());
    return cases.stream()
        .map(c -> DynamicTest.dynamicTest(c.get("case").textValue(), () -> validatesAsRecorded(c)));
  }

  private static void validatesAsRecorded(JsonNode recorded) throws InvalidNetworkDataException {
    byte[] blob = SignedDataVectors.hex(recorded, "bin_hex");
    Optional<AuthKey> expected =
        Optional.ofNullable(recorded.get("expected_key_b64").textValue()).map(AuthKey::parse);
    Optional<Outcome> outcome =
        switch (recorded.get("result").intValue()) {
          case 0 -> Optional.empty();
          case -1 -> Optional.of(Outcome.MALFORMED);
          case -2 -> Optional.of(Outcome.KEY_MISMATCH);
          case -3 -> Optional.of(Outcome.BAD_SIGNATURE);
          default -> throw new AssertionError(recorded);
        };
    if (recorded.get("case").textValue().equals(MALLEATED)) {
      // The one case where a strict verifier differs, which is harmless. PEX §4.
      outcome = Optional.of(Outcome.BAD_SIGNATURE);
    }
    if (outcome.isPresent()) {
      assertEquals(outcome.get(), outcome(blob, expected));
      return;
    }
    SignedNetworkData data = SignedNetworkData.verify(blob, expected);
    // The version is unsigned: one of the cases is 2^63.
    assertEquals(recorded.get("timestamp").asText(), Long.toUnsignedString(data.version()));
    byte[] tail = Arrays.copyOfRange(blob, recorded.get("json_offset").intValue(), blob.length - 1);
    String text = new String(tail, StandardCharsets.UTF_8);
    assertEquals(text.split("\0", -1)[0], data.json());
    assertArrayEquals(blob, data.octets());
  }

  private static Outcome outcome(byte[] blob, Optional<AuthKey> expected) {
    InvalidNetworkDataException e =
        assertThrows(
            InvalidNetworkDataException.class, () -> SignedNetworkData.verify(blob, expected));
    assertEquals(0, e.getStackTrace().length);
    return e.outcome();
  }

  @Test
  void versionsAreComparedUnsigned() {
    SignedNetworkData data = SignedNetworkData.sign(SEED, 1L << 63, EMPTY);
    assertTrue(data.isNewerThan(Long.MAX_VALUE));
    assertTrue(data.isNewerThan(0));
    assertFalse(data.isNewerThan(1L << 63));
    assertFalse(data.isNewerThan(-1));
  }

  @Test
  void theLayoutIsLookedAtBeforeTheKeyAndTheKeyBeforeTheSignature() {
    Optional<AuthKey> other = Optional.of(AuthKey.of(new byte[32]));
    byte[] wrongEverything = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    wrongEverything[8] ^= 1;
    wrongEverything[wrongEverything.length - 1] = 1;
    assertEquals(Outcome.KEY_MISMATCH, outcome(wrongEverything, other));
    assertEquals(Outcome.BAD_SIGNATURE, outcome(wrongEverything, Optional.empty()));
    wrongEverything[115] = 1;
    assertEquals(Outcome.MALFORMED, outcome(wrongEverything, other));
  }

  @Test
  void noTimestampIsMalformed() {
    byte[] blob = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    Arrays.fill(blob, 72, 80, (byte) 0);
    assertEquals(Outcome.MALFORMED, outcome(resigned(blob), Optional.empty()));
  }

  @Test
  void anotherMagicIsMalformed() {
    byte[] blob = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    blob[0] ^= 1;
    assertEquals(Outcome.MALFORMED, outcome(blob, Optional.empty()));
  }

  @Test
  void nothingAtAllIsMalformed() {
    assertEquals(Outcome.MALFORMED, outcome(new byte[0], Optional.empty()));
  }

  @Test
  void everySingleBitCountsButThoseOfThePadding() throws InvalidNetworkDataException {
    SignedNetworkData data = SignedNetworkData.sign(SEED, VERSION, EMPTY);
    for (int bit = 0; bit < data.length() * 8; bit++) {
      byte[] blob = data.octets();
      blob[bit / 8] ^= (byte) (1 << bit % 8);
      if (bit / 8 >= 5 && bit / 8 < 8) {
        assertEquals(data.json(), SignedNetworkData.verify(blob).json());
      } else {
        outcome(blob, Optional.of(data.authKey()));
      }
    }
  }

  @Test
  void emptyTextIsValid() throws InvalidNetworkDataException {
    byte[] blob = Arrays.copyOf(SignedNetworkData.sign(SEED, VERSION, EMPTY).octets(), 117);
    blob[116] = 0;
    assertEquals("", SignedNetworkData.verify(resigned(blob)).json());
  }

  @Test
  void textThatIsNotUtf8KeepsItsOctets() throws InvalidNetworkDataException {
    byte[] blob = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    blob[117] = (byte) 0xff;
    resigned(blob);
    assertEquals("{\ufffd", SignedNetworkData.verify(blob).json().substring(0, 2));
    assertArrayEquals(blob, SignedNetworkData.verify(blob).octets());
  }

  @Test
  void aLastOctetOtherThanZeroIsRefusedThoughItIsSigned() {
    byte[] blob = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    blob[blob.length - 1] = ' ';
    assertEquals(Outcome.KEY_MISMATCH, outcome(resigned(blob), Optional.empty()));
  }

  /** Signs whatever is there, as somebody who has the key can. */
  private static byte[] resigned(byte[] blob) {
    byte[] signature = Ed25519.sign(SEED, Arrays.copyOfRange(blob, 72, blob.length));
    System.arraycopy(signature, 0, blob, 8, 64);
    return blob;
  }

  @Test
  void signingIsDeterministic() {
    SignedNetworkData data = SignedNetworkData.sign(SEED, VERSION, EMPTY);
    assertEquals(data, SignedNetworkData.sign(SEED, VERSION, EMPTY));
    assertEquals(data.hashCode(), SignedNetworkData.sign(SEED, VERSION, EMPTY).hashCode());
    assertNotEquals(data, SignedNetworkData.sign(SEED, VERSION + 1, EMPTY));
  }

  @Test
  void nobodyElseCanChangeTheOctets() throws InvalidNetworkDataException {
    byte[] blob = SignedNetworkData.sign(SEED, VERSION, EMPTY).octets();
    SignedNetworkData data = SignedNetworkData.verify(blob);
    blob[120] ^= 1;
    data.octets()[121] ^= 1;
    assertEquals(EMPTY, data.json());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{} x",
        "{\"hosts\": }",
        "{\"id\":\"a\0b\"}",
        "\ufeff{}",
        "{\"config\":{\"id\":\"\ud800\"}}"
      })
  void textThatNodesCouldNotLoadIsNotSigned(String text) {
    assertThrows(
        InvalidConfigurationException.class, () -> SignedNetworkData.sign(SEED, VERSION, text));
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 10_000, 60_000})
  void bombsOfDepthAreNotSigned(int depth) {
    String arrays = "{\"x\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
    String objects = "{\"x\":".repeat(depth) + "1" + "}".repeat(depth);
    for (String bomb : List.of(arrays, objects, arrays.substring(0, depth))) {
      assertThrows(
          InvalidConfigurationException.class, () -> SignedNetworkData.sign(SEED, VERSION, bomb));
    }
  }

  @Test
  void aBombOfDepthThatSomebodyElseSignedIsValidButNoDocument() throws InvalidNetworkDataException {
    byte[] bomb = "[".repeat(100_000).getBytes(StandardCharsets.US_ASCII);
    byte[] blob = new byte[117 + bomb.length];
    System.arraycopy(SignedNetworkData.sign(SEED, VERSION, EMPTY).octets(), 0, blob, 0, 116);
    System.arraycopy(bomb, 0, blob, 116, bomb.length);
    SignedNetworkData data = SignedNetworkData.verify(resigned(blob));
    assertThrows(InvalidConfigurationException.class, () -> NetworkData.parse(data.json()));
  }

  @Test
  void versionZeroMeansNoDataAndIsNotSigned() {
    assertThrows(IllegalArgumentException.class, () -> SignedNetworkData.sign(SEED, 0, EMPTY));
    assertThrows(
        IllegalArgumentException.class, () -> SignedNetworkData.sign(new byte[31], VERSION, EMPTY));
  }

  @Test
  void theLimitIsThatOfTheWholeBlob() throws InvalidNetworkDataException {
    int text = SignedNetworkData.MAX_OCTETS - 117;
    String fits = "{}" + " ".repeat(text - 2);
    SignedNetworkData data = SignedNetworkData.sign(SEED, VERSION, fits);
    assertEquals(SignedNetworkData.MAX_OCTETS, data.length());
    assertEquals(data, SignedNetworkData.verify(data.octets()));

    byte[] longer = resigned(Arrays.copyOf(data.octets(), data.length() + 1));
    assertEquals(Outcome.MALFORMED, outcome(longer, Optional.empty()));
    assertThrows(
        InvalidConfigurationException.class,
        () -> SignedNetworkData.sign(SEED, VERSION, fits + " "));
  }

  @Test
  void tooManyHostsAreRefusedWithTheNumberThatFits() {
    String json = network(2000).toJson();
    InvalidConfigurationException e =
        assertThrows(
            InvalidConfigurationException.class, () -> SignedNetworkData.sign(SEED, VERSION, json));
    var numbers =
        Pattern.compile(
                "found (\\d+) octets when signed, about (\\d+) for each of 2000 hosts,"
                    + " of which about (\\d+) fit; allowed: 131072 octets at most")
            .matcher(e.getMessage());
    assertTrue(numbers.find(), e.getMessage());
    assertEquals(json.length() + 117, Integer.parseInt(numbers.group(1)));
    int fit = Integer.parseInt(numbers.group(3));
    assertTrue(fit > 500 && fit < 2000, e.getMessage());
    assertTrue(
        SignedNetworkData.sign(SEED, VERSION, network(fit).toJson()).length()
            > SignedNetworkData.MAX_OCTETS * 9 / 10);
  }

  @Test
  void itIsToldIfOnlyWhiteSpaceIsInTheWay() {
    String json = network(1200).toPrettyJson();
    InvalidConfigurationException e =
        assertThrows(
            InvalidConfigurationException.class, () -> SignedNetworkData.sign(SEED, VERSION, json));
    assertTrue(e.problems().getFirst().found().contains("all fit without white space"));
  }

  private static NetworkData network(int hosts) {
    List<NetworkData.Host> all = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      byte[] key = ByteBuffer.allocate(32).putInt(i).array();
      all.add(
          NetworkData.Host.builder("host-" + (10_000 + i), PublicKey.of(key))
              .groups(List.of("ap"))
              .build());
    }
    return new NetworkData(NetworkData.Settings.of(3456, 3458, 10), all, List.of());
  }
}
