// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.vectors.Vectors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Every case of the Wycheproof files; the numbers of cases are asserted, so none is lost. */
class WycheproofTest {

  private interface Case {
    void run(JsonNode group, JsonNode test) throws Exception;
  }

  private interface Seal {
    byte[] apply(byte[] key, byte[] nonce, byte[] associatedData, byte[] plaintext);
  }

  private interface Open {
    byte[] apply(byte[] key, byte[] nonce, byte[] associatedData, byte[] sealed)
        throws AuthenticationFailedException;
  }

  private static int forEach(String file, Case body) throws Exception {
    int count = 0;
    for (JsonNode group : Vectors.read("wycheproof/" + file).get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        try {
          body.run(group, test);
        } catch (Exception | AssertionError e) {
          throw new AssertionError(file + " tcId " + test.get("tcId"), e);
        }
        count++;
      }
    }
    return count;
  }

  private static boolean isValid(JsonNode test) {
    return test.get("result").textValue().equals("valid");
  }

  @Test
  void x25519() throws Exception {
    int[] refused = {0};
    int count =
        forEach(
            "x25519_test.json",
            (group, test) -> {
              byte[] scalar = Vectors.hex(test, "private");
              byte[] point = Vectors.hex(test, "public");
              byte[] expected = Vectors.hex(test, "shared");
              assertArrayEquals(expected, X25519.multiply(scalar, point));
              byte[] shared = new byte[X25519.LENGTH];
              boolean agreed = X25519.agree(scalar, point, shared);
              assertArrayEquals(expected, shared);
              assertEquals(!ConstantTime.isZero(expected), agreed);
              refused[0] += agreed ? 0 : 1;
            });
    assertEquals(518, count);
    assertEquals(31, refused[0]);
  }

  @Test
  void chaCha20Poly1305() throws Exception {
    aead(
        "chacha20_poly1305_test.json",
        ChaCha20Poly1305.NONCE_LENGTH,
        325,
        ChaCha20Poly1305::seal,
        ChaCha20Poly1305::open);
  }

  @Test
  void xChaCha20Poly1305() throws Exception {
    aead(
        "xchacha20_poly1305_test.json",
        XChaCha20Poly1305.NONCE_LENGTH,
        315,
        XChaCha20Poly1305::seal,
        XChaCha20Poly1305::open);
  }

  private static void aead(String file, int nonceLength, int cases, Seal seal, Open open)
      throws Exception {
    int[] otherNonceLengths = {0};
    int count =
        forEach(
            file,
            (group, test) -> {
              byte[] key = Vectors.hex(test, "key");
              byte[] nonce = Vectors.hex(test, "iv");
              byte[] associatedData = Vectors.hex(test, "aad");
              byte[] plaintext = Vectors.hex(test, "msg");
              byte[] sealed =
                  Vectors.concatenate(Vectors.hex(test, "ct"), Vectors.hex(test, "tag"));
              if (nonce.length != nonceLength) {
                otherNonceLengths[0]++;
                assertThrows(
                    IllegalArgumentException.class,
                    () -> open.apply(key, nonce, associatedData, sealed));
                assertThrows(
                    IllegalArgumentException.class,
                    () -> seal.apply(key, nonce, associatedData, plaintext));
              } else if (isValid(test)) {
                assertArrayEquals(sealed, seal.apply(key, nonce, associatedData, plaintext));
                assertArrayEquals(plaintext, open.apply(key, nonce, associatedData, sealed));
              } else {
                assertThrows(
                    AuthenticationFailedException.class,
                    () -> open.apply(key, nonce, associatedData, sealed));
              }
            });
    assertEquals(cases, count);
    assertEquals(9, otherNonceLengths[0]);
  }

  @Test
  void ed25519() throws Exception {
    int count =
        forEach(
            "ed25519_test.json",
            (group, test) ->
                assertEquals(
                    isValid(test),
                    Ed25519.verify(
                        Vectors.hex(group.get("publicKey"), "pk"),
                        Vectors.hex(test, "msg"),
                        Vectors.hex(test, "sig"))));
    assertEquals(151, count);
  }

  @Test
  void sipHash() throws Exception {
    int count =
        forEach(
            "siphash_2_4_test.json",
            (group, test) ->
                assertArrayEquals(
                    Vectors.hex(test, "tag"),
                    SipHash.littleEndian(
                        SipHash.hash(Vectors.hex(test, "key"), Vectors.hex(test, "msg")))));
    assertEquals(40, count);
  }

  @Test
  void hmacSha512() throws Exception {
    int count =
        forEach(
            "hmac_sha512_test.json",
            (group, test) -> {
              String tag = test.get("tag").textValue();
              byte[] mac = HmacSha512.hmac(Vectors.hex(test, "key"), Vectors.hex(test, "msg"));
              String computed =
                  Vectors.hex(Arrays.copyOf(mac, group.get("tagSize").intValue() / 8));
              if (isValid(test)) {
                assertEquals(tag, computed);
              } else {
                assertNotEquals(tag, computed);
              }
            });
    assertEquals(174, count);
  }
}
