// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.BouncyCastleAeadProvider;
import dev.weft.crypto.JdkAeadProvider;
import dev.weft.crypto.vectors.Vectors;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole handshakes and their transport messages, byte for byte. */
class NoiseVectorsTest {

  private static final List<AeadProvider> PROVIDERS =
      List.of(new JdkAeadProvider(), new BouncyCastleAeadProvider());

  static Stream<String> protocols() {
    return Stream.of(
        "Noise_IK_25519_ChaChaPoly_BLAKE2s",
        "Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s",
        "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
        "Noise_IK1_25519_ChaChaPoly_BLAKE2s");
  }

  private static JsonNode vector(String protocol) {
    JsonNode vectors =
        Vectors.read("noise/cacophony-ik-25519-chachapoly-blake2s.json").get("vectors");
    assertEquals(protocols().count(), vectors.size());
    for (JsonNode vector : vectors) {
      if (vector.get("protocol_name").textValue().equals(protocol)) {
        return vector;
      }
    }
    throw new AssertionError(protocol);
  }

  private static byte[] psk(JsonNode vector, String field) {
    JsonNode psks = vector.get(field);
    return psks == null ? new byte[0] : Vectors.hex(psks.get(0).textValue());
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void bothSidesProduceAndReadEveryMessage(String protocol) throws Exception {
    JsonNode vector = vector(protocol);
    NoiseHandshake initiator =
        new NoiseHandshake(
            protocol,
            Vectors.hex(vector, "init_prologue"),
            Vectors.hex(vector, "init_static"),
            Vectors.hex(vector, "init_ephemeral"),
            Vectors.hex(vector, "init_remote_static"),
            psk(vector, "init_psks"));
    NoiseHandshake responder =
        new NoiseHandshake(
            protocol,
            Vectors.hex(vector, "resp_prologue"),
            Vectors.hex(vector, "resp_static"),
            Vectors.hex(vector, "resp_ephemeral"),
            null,
            psk(vector, "resp_psks"));
    JsonNode messages = vector.get("messages");
    assertEquals(6, messages.size());

    byte[] first = Vectors.hex(messages.get(0), "ciphertext");
    byte[] firstPayload = Vectors.hex(messages.get(0), "payload");
    assertArrayEquals(first, initiator.writeMessage(firstPayload));
    assertArrayEquals(firstPayload, responder.readMessage(first));
    byte[] second = Vectors.hex(messages.get(1), "ciphertext");
    byte[] secondPayload = Vectors.hex(messages.get(1), "payload");
    assertArrayEquals(second, responder.writeMessage(secondPayload));
    assertArrayEquals(secondPayload, initiator.readMessage(second));

    byte[] handshakeHash = Vectors.hex(vector, "handshake_hash");
    assertArrayEquals(handshakeHash, initiator.symmetric().handshakeHash());
    assertArrayEquals(handshakeHash, responder.symmetric().handshakeHash());

    TransportCiphers left = initiator.symmetric().split();
    TransportCiphers right = responder.symmetric().split();
    for (int i = 2; i < messages.size(); i++) {
      byte[] payload = Vectors.hex(messages.get(i), "payload");
      byte[] ciphertext = Vectors.hex(messages.get(i), "ciphertext");
      CipherState sender = i % 2 == 0 ? left.fromInitiator() : right.fromResponder();
      CipherState receiver = i % 2 == 0 ? right.fromInitiator() : left.fromResponder();
      assertTransportCiphersAgree(sender, payload, ciphertext);
      assertArrayEquals(ciphertext, sender.encryptWithAd(new byte[0], payload));
      assertArrayEquals(payload, receiver.decryptWithAd(new byte[0], ciphertext));
    }
  }

  /** The ciphers for data packets read and write the transport messages of the vectors as well. */
  private static void assertTransportCiphersAgree(
      CipherState state, byte[] payload, byte[] ciphertext) {
    for (AeadProvider provider : PROVIDERS) {
      try (TransportAead aead = provider.create(state.key())) {
        byte[] sealed = new byte[ciphertext.length];
        byte[] opened = new byte[payload.length];
        MemorySegment packet = MemorySegment.ofArray(sealed);
        aead.seal(state.nonce(), MemorySegment.ofArray(payload), 0, payload.length, packet, 0);
        assertArrayEquals(ciphertext, sealed, provider.name());
        assertTrue(
            aead.open(state.nonce(), packet, 0, sealed.length, MemorySegment.ofArray(opened), 0));
        assertArrayEquals(payload, opened, provider.name());
      }
    }
  }
}
