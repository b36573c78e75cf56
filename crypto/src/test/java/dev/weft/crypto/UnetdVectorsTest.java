// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.vectors.Vectors;
import dev.weft.peer.PublicKey;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** The recorded vectors of the reference daemon and its tools, all of them. */
class UnetdVectorsTest {

  private static JsonNode primitives(String name) {
    return Vectors.read("unetd/primitives.json").get(name);
  }

  private static byte[] base64(JsonNode object, String field) {
    return Base64.getDecoder().decode(object.get(field).textValue());
  }

  @Test
  void sipHashInBothOctetOrders() {
    int count = 0;
    for (JsonNode test : primitives("siphash").get("cases")) {
      long hash = SipHash.hash(Vectors.hex(test, "key"), Vectors.hex(test, "data"));
      assertEquals(Long.parseUnsignedLong(test.get("value").textValue(), 16), hash);
      assertArrayEquals(Vectors.hex(test, "le64"), SipHash.littleEndian(hash));
      assertEquals(ByteBuffer.wrap(Vectors.hex(test, "be64")).getLong(), hash);
      count++;
    }
    assertEquals(45, count);
  }

  @Test
  void chaCha20InPlace() {
    int count = 0;
    for (JsonNode test : primitives("chacha20").get("cases")) {
      byte[] data = Vectors.hex(test, "plaintext");
      ChaCha20.xor(Vectors.hex(test, "key"), Vectors.hex(test, "nonce"), data);
      assertArrayEquals(Vectors.hex(test, "ciphertext"), data);
      ChaCha20.xor(Vectors.hex(test, "key"), Vectors.hex(test, "nonce"), data, 0, data.length);
      assertArrayEquals(Vectors.hex(test, "plaintext"), data);
      count++;
    }
    assertEquals(9, count);
  }

  @Test
  void x25519() {
    int count = 0;
    for (JsonNode test : primitives("x25519").get("cases")) {
      byte[] secret = Vectors.hex(test, "secret");
      byte[] peerSecret = Vectors.hex(test, "peer_secret");
      assertArrayEquals(Vectors.hex(test, "public"), X25519.publicKey(secret));
      assertArrayEquals(Vectors.hex(test, "peer_public"), X25519.publicKey(peerSecret));
      byte[] shared = Vectors.hex(test, "shared");
      assertArrayEquals(shared, X25519.multiply(secret, Vectors.hex(test, "peer_public")));
      assertArrayEquals(shared, X25519.multiply(peerSecret, Vectors.hex(test, "public")));
      count++;
    }
    assertEquals(6, count);
  }

  @Test
  void onlyAgreementRefusesTheZeroPoint() {
    JsonNode test = primitives("x25519").get("all_zero_peer_public");
    byte[] secret = Vectors.hex(test, "secret");
    byte[] point = Vectors.hex(test, "peer_public");
    assertArrayEquals(Vectors.hex(test, "shared"), X25519.multiply(secret, point));
    byte[] shared = new byte[X25519.LENGTH];
    assertFalse(X25519.agree(secret, point, shared));
  }

  @Test
  void hmacSha512() {
    int count = 0;
    for (JsonNode test : primitives("hmac_sha512").get("cases")) {
      assertArrayEquals(
          Vectors.hex(test, "mac"),
          HmacSha512.hmac(Vectors.hex(test, "key"), Vectors.hex(test, "data")));
      count++;
    }
    assertEquals(5, count);
  }

  @Test
  void ed25519() {
    int count = 0;
    for (JsonNode test : primitives("ed25519").get("cases")) {
      byte[] seed = Vectors.hex(test, "secret");
      byte[] publicKey = Vectors.hex(test, "public");
      byte[] message = Vectors.hex(test, "message");
      byte[] signature = Vectors.hex(test, "signature");
      assertArrayEquals(publicKey, Ed25519.publicKey(seed));
      assertArrayEquals(signature, Ed25519.sign(seed, message));
      assertEquals(
          test.get("verify").booleanValue(), Ed25519.verify(publicKey, message, signature));
      signature[40] ^= 1;
      assertEquals(
          test.get("verify_with_bit_flipped_in_signature_byte_40").booleanValue(),
          Ed25519.verify(publicKey, message, signature));
      count++;
    }
    assertEquals(5, count);
  }

  @Test
  void idMask() {
    int count = 0;
    for (JsonNode test : primitives("pex_network_hash").get("cases")) {
      long nonce = ByteBuffer.wrap(Vectors.hex(test, "nonce")).getLong();
      long mask = SipHash.hash(nonce, nonce, Vectors.hex(test, "auth_key"));
      assertEquals(ByteBuffer.wrap(Vectors.hex(test, "mask")).getLong(), mask);
      count++;
    }
    assertEquals(6, count);
  }

  @Test
  void secretsAndTheirPublicKeys() {
    JsonNode keys = Vectors.read("unetd/keys.json");
    int count = 0;
    for (String list : new String[] {"secret_key", "generated"}) {
      for (JsonNode test : keys.get(list)) {
        byte[] secret = base64(test, "secret_b64");
        assertEquals(test.get("is_clamped").booleanValue(), Secrets.isClamped(secret));
        assertPublicKeys(test, secret);
        count++;
      }
    }
    assertEquals(10, count);
  }

  @Test
  void secretsFromPassphrases() {
    int count = 0;
    for (JsonNode test : Vectors.read("unetd/keys.json").get("seed")) {
      byte[] secret =
          PassphraseSecrets.derive(
              test.get("option_value").textValue(), Vectors.hex(test, "passphrase_hex"));
      assertArrayEquals(base64(test, "secret_b64"), secret);
      assertArrayEquals(Vectors.hex(test, "secret_hex"), secret);
      assertEquals(test.get("is_clamped").booleanValue(), Secrets.isClamped(secret));
      assertPublicKeys(test, secret);
      count++;
    }
    assertEquals(9, count);
  }

  @Test
  void xorOfSecretAndAdditionalKey() {
    int count = 0;
    for (JsonNode test : Vectors.read("unetd/keys.json").get("xor")) {
      byte[] secret = Secrets.xor(base64(test, "secret_b64"), base64(test, "xor_key_b64"));
      assertArrayEquals(base64(test, "effective_secret_b64"), secret);
      assertPublicKeys(test, secret);
      count++;
    }
    assertEquals(3, count);
  }

  @Test
  void derivationRefusesWhatTheToolRefuses() {
    int count = 0;
    for (JsonNode test : Vectors.read("unetd/keys.json").get("errors")) {
      String option = test.get("option_value").textValue();
      byte[] passphrase = new byte[test.get("passphrase_len").intValue()];
      if (test.get("exit_code").intValue() == 0) {
        assertEquals(Secrets.LENGTH, PassphraseSecrets.derive(option, passphrase).length);
      } else {
        assertThrows(
            IllegalArgumentException.class, () -> PassphraseSecrets.derive(option, passphrase));
      }
      count++;
    }
    assertEquals(6, count);
  }

  private static void assertPublicKeys(JsonNode test, byte[] secret) {
    assertArrayEquals(base64(test, "ed25519_public_b64"), Ed25519.publicKey(secret));
    assertArrayEquals(base64(test, "x25519_public_b64"), X25519.publicKey(secret));
  }

  @Test
  void hostAddresses() throws Exception {
    int networks = 0;
    int hosts = 0;
    for (JsonNode test : Vectors.read("unetd/host-addresses.json").get("cases")) {
      JsonNode id = test.get("id");
      OverlayAddresses addresses =
          id == null || id.isNull()
              ? OverlayAddresses.ofPort(test.get("effective_port").intValue())
              : OverlayAddresses.ofId(id.textValue());
      assertArrayEquals(Vectors.hex(test, "network_id_hex"), addresses.networkId());
      for (JsonNode host : test.get("hosts")) {
        PublicKey key = PublicKey.parse(host.get("public_key_b64").textValue());
        assertArrayEquals(Vectors.hex(host, "address_hex"), addresses.address(key).getAddress());
        assertEquals(
            InetAddress.getByName(host.get("address").textValue()), addresses.address(key));
        assertTrue(addresses.contains(addresses.address(key)));
        hosts++;
      }
      networks++;
    }
    assertEquals(11, networks);
    assertEquals(22, hosts);
  }

  @Test
  void vxlanNetworkIdentifiers() {
    int count = 0;
    for (JsonNode test : Vectors.read("unetd/vxlan-vni.json").get("cases")) {
      String service = test.get("service").textValue();
      assertEquals(test.get("vni").intValue(), OverlayAddresses.vni(service));
      assertArrayEquals(
          Vectors.hex(test, "siphash_le_hex"),
          SipHash.littleEndian(SipHash.hash(0, 0, service.getBytes(StandardCharsets.UTF_8))));
      count++;
    }
    assertEquals(10, count);
  }
}
