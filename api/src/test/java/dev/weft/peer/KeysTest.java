// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.spi.RandomSource;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeysTest {

  private static final byte[] OCTETS = new byte[32];
  private static final String TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  static {
    for (int i = 0; i < 32; i++) {
      OCTETS[i] = (byte) i;
    }
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  /** A source that gives the same octet for ever. */
  private static RandomSource always(int octet) {
    return new RandomSource() {
      @Override
      public void nextBytes(byte[] target) {
        Arrays.fill(target, (byte) octet);
      }

      @Override
      public int nextInt(int bound) {
        return 0;
      }
    };
  }

  // RFC 7748 §6.1 (both key pairs) and §5.2 (the first iteration, whose u is the base point 9).
  @ParameterizedTest
  @CsvSource({
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a,"
        + "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb,"
        + "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    "0900000000000000000000000000000000000000000000000000000000000000,"
        + "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
  })
  void thePublicKeyIsTheScalarTimesTheBasePoint(String privateKey, String publicKey) {
    byte[] scalar = hex(privateKey);

    assertEquals(PublicKey.of(hex(publicKey)), PrivateKey.of(scalar).publicKey());
    scalar[0] &= (byte) 0xf8;
    scalar[31] = (byte) ((scalar[31] & 0x7f) | 0x40);
    assertEquals(PublicKey.of(hex(publicKey)), PrivateKey.of(scalar).publicKey());
  }

  @Test
  void keysOfOnlyZerosAndOnlyOnesHavePublicKeys() {
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);

    assertNotEquals(PrivateKey.of(new byte[32]).publicKey(), PrivateKey.of(ones).publicKey());
  }

  @Test
  void generatedPrivateKeysAreClampedAndPresharedKeysAreNot() {
    byte[] ones = PrivateKey.generate(always(0xff)).octets();
    byte[] zeros = PrivateKey.generate(always(0)).octets();

    assertEquals((byte) 0xf8, ones[0]);
    assertEquals((byte) 0x7f, ones[31]);
    assertEquals((byte) 0x40, zeros[31]);
    assertEquals((byte) 0xff, PresharedKey.generate(always(0xff)).octets()[31]);
    assertNotEquals(PrivateKey.generate(), PrivateKey.generate());
  }

  @Test
  void keysAreReadAndWrittenAsBase64() {
    assertArrayEquals(OCTETS, PublicKey.parse(TEXT).octets());
    assertArrayEquals(OCTETS, PrivateKey.parse(TEXT).octets());
    assertArrayEquals(OCTETS, PresharedKey.parse(TEXT).octets());
    assertEquals(TEXT, PublicKey.of(OCTETS).toString());
    assertEquals(TEXT, PrivateKey.of(OCTETS).exportBase64());
    assertEquals(TEXT, PresharedKey.of(OCTETS).exportBase64());
    assertEquals("AAECAwQF…", PublicKey.of(OCTETS).shortName());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRETk", // 43: no padding
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRETkeyA=", // too long
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRETke", // 33 octets
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRET==", // 31 octets
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRETl=", // bits behind the last octet
        "SECRETkey_SECRETkey-SECRETkeySECRETkeySECR0=", // the alphabet of URLs
        " SECRETkeySECRETkeySECRETkeySECRETkeySECRE0=",
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRE0=\n",
        "SECRETkeySECRET=keySECRETkeySECRETkeySECRE0=",
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRETé=",
        "SECRETkeySECRETkeySECRETkeySECRETkeySECRE\0\0="
      })
  void textThatIsNoKeyIsRefusedWithoutRepeatingIt(String text) {
    List<Function<String, Object>> parsers =
        List.of(PublicKey::parse, PrivateKey::parse, PresharedKey::parse);
    for (Function<String, Object> parser : parsers) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> parser.apply(text));
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      assertFalse(trace.toString().contains("SECRET"), e::toString);
      assertEquals(null, e.getCause());
    }
  }

  @Test
  void messagesNameTheKindOfKey() {
    assertEquals(
        "a private key is 44 characters of base64, not 3 characters",
        assertThrows(IllegalArgumentException.class, () -> PrivateKey.parse("abc")).getMessage());
    assertEquals(
        "a preshared key is the base64 form of 32 octets; this text is not",
        assertThrows(IllegalArgumentException.class, () -> PresharedKey.parse("!".repeat(44)))
            .getMessage());
    assertEquals(
        "a public key has 32 octets, not 31",
        assertThrows(IllegalArgumentException.class, () -> PublicKey.of(new byte[31]))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> PrivateKey.of(new byte[33]));
    assertThrows(IllegalArgumentException.class, () -> PresharedKey.of(new byte[0]));
  }

  @Test
  void keysAreEqualByKindAndOctets() {
    assertEquals(PublicKey.of(OCTETS), PublicKey.parse(TEXT));
    assertEquals(PublicKey.of(OCTETS).hashCode(), PublicKey.parse(TEXT).hashCode());
    assertEquals(PrivateKey.of(OCTETS), PrivateKey.parse(TEXT));
    assertEquals(PrivateKey.of(OCTETS).hashCode(), PrivateKey.parse(TEXT).hashCode());
    assertEquals(PresharedKey.of(OCTETS), PresharedKey.parse(TEXT));
    assertNotEquals((Object) PrivateKey.of(OCTETS), PresharedKey.of(OCTETS));
    assertNotEquals((Object) PublicKey.of(OCTETS), PrivateKey.of(OCTETS));
    byte[] other = OCTETS.clone();
    other[31] ^= 1;
    assertNotEquals(PublicKey.of(OCTETS), PublicKey.of(other));
    assertNotEquals(PrivateKey.of(OCTETS), PrivateKey.of(other));
    assertNotEquals(PresharedKey.of(OCTETS), PresharedKey.of(other));
  }

  @Test
  void keysKeepCopies() {
    byte[] octets = OCTETS.clone();
    PublicKey publicKey = PublicKey.of(octets);
    PrivateKey privateKey = PrivateKey.of(octets);
    octets[0] = 99;
    publicKey.octets()[0] = 99;
    privateKey.octets()[0] = 99;

    assertArrayEquals(OCTETS, publicKey.octets());
    assertArrayEquals(OCTETS, privateKey.octets());
    assertNotSame(privateKey.octets(), privateKey.octets());
  }

  @Test
  void secretsAreNeverPrintedNorTheirHashesTold() {
    assertEquals("PrivateKey[redacted]", PrivateKey.of(OCTETS).toString());
    assertEquals("PresharedKey[redacted]", PresharedKey.of(OCTETS).toString());
    assertEquals(PrivateKey.of(OCTETS).hashCode(), PrivateKey.of(new byte[32]).hashCode());
    PeerConfig peer =
        PeerConfig.builder(PublicKey.of(OCTETS))
            .presharedKey(PresharedKey.of(new byte[32]))
            .build();
    assertTrue(peer.toString().contains("PresharedKey[redacted]"), peer::toString);
  }

  @Test
  void aDestroyedSecretGivesNothingAndEqualsOnlyItself() {
    PrivateKey key = PrivateKey.of(OCTETS);
    PrivateKey same = PrivateKey.of(OCTETS);
    assertFalse(key.isDestroyed());
    key.destroy();
    key.destroy();

    assertTrue(key.isDestroyed());
    assertThrows(IllegalStateException.class, key::octets);
    assertThrows(IllegalStateException.class, key::publicKey);
    assertThrows(IllegalStateException.class, key::exportBase64);
    assertEquals(key, key);
    assertNotEquals(key, same);
    assertNotEquals(same, key);
    PrivateKey zeros = PrivateKey.of(new byte[32]);
    assertNotEquals(key, zeros);
    assertEquals("PrivateKey[redacted]", key.toString());
    assertEquals(same.hashCode(), key.hashCode());
  }

  @Test
  void publicKeysAreInUnsignedOrder() {
    byte[] high = OCTETS.clone();
    high[0] = (byte) 0x80;

    assertTrue(PublicKey.of(OCTETS).compareTo(PublicKey.of(high)) < 0);
    assertEquals(0, PublicKey.of(OCTETS).compareTo(PublicKey.parse(TEXT)));
  }

  @Test
  void aPeerIdIsTheFirst8OctetsOfTheKey() {
    PeerId id = PublicKey.of(OCTETS).peerId();

    assertEquals("0001020304050607", id.toString());
    assertEquals(new PeerId(0x0001020304050607L), id);
    assertArrayEquals(Arrays.copyOf(OCTETS, 8), id.octets());
    assertEquals(id, PeerId.of(id.octets()));
    assertTrue(new PeerId(1).compareTo(new PeerId(-1)) < 0);
    assertEquals(
        "a peer id has 8 octets, not 7",
        assertThrows(IllegalArgumentException.class, () -> PeerId.of(new byte[7])).getMessage());
  }

  @Test
  void everyLastCharacterThatIsReadIsWrittenAgain() {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int read = 0;
    for (int i = 0; i < alphabet.length(); i++) {
      char last = alphabet.charAt(i);
      String text = "A".repeat(42) + last + "=";
      boolean canonical =
          Base64.getEncoder().encodeToString(Base64.getDecoder().decode(text)).equals(text);
      if (canonical) {
        assertEquals(text, PublicKey.parse(text).toString());
        read++;
      } else {
        assertThrows(IllegalArgumentException.class, () -> PublicKey.parse(text), text);
      }
    }
    assertEquals(16, read);
  }
}
