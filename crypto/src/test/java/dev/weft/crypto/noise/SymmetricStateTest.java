// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.Blake2s;
import dev.weft.crypto.Kdf;
import dev.weft.crypto.vectors.Vectors;
import org.junit.jupiter.api.Test;

class SymmetricStateTest {

  private static final String WIREGUARD = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
  private static final byte[] IDENTIFIER = "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(US_ASCII);
  private static final byte[] NOTHING = {};

  private static SymmetricState keyed() {
    SymmetricState state = SymmetricState.initializeSymmetric(WIREGUARD);
    state.mixKey(Vectors.counting(32));
    return state;
  }

  @Test
  void startOfWireGuard() {
    SymmetricState state = SymmetricState.initializeSymmetric(WIREGUARD);
    assertEquals(
        "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36",
        Vectors.hex(state.handshakeHash()));
    state.mixHash(IDENTIFIER);
    assertEquals(
        "2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3",
        Vectors.hex(state.handshakeHash()));
  }

  @Test
  void shortProtocolNamesArePadded() {
    byte[] hash = SymmetricState.initializeSymmetric("Noise_short").handshakeHash();
    assertEquals(
        Vectors.hex("Noise_short".getBytes(US_ASCII)) + "00".repeat(21), Vectors.hex(hash));
  }

  @Test
  void precomputedStartEqualsTheComputedOne() {
    SymmetricState computed = SymmetricState.initializeSymmetric(WIREGUARD);
    byte[] chainingKey = Blake2s.hash(WIREGUARD.getBytes(US_ASCII));
    computed.mixHash(IDENTIFIER);
    SymmetricState precomputed =
        SymmetricState.of(chainingKey, Blake2s.hash(chainingKey, IDENTIFIER));
    computed.mixKey(new byte[32]);
    precomputed.mixKey(new byte[32]);
    assertArrayEquals(
        computed.encryptAndHash(new byte[12]), precomputed.encryptAndHash(new byte[12]));
    assertArrayEquals(computed.handshakeHash(), precomputed.handshakeHash());
    assertThrows(
        IllegalArgumentException.class, () -> SymmetricState.of(new byte[31], new byte[32]));
  }

  @Test
  void mixKeyAndHashIsTheThreefoldDerivation() {
    byte[] chainingKey = Vectors.counting(32);
    byte[] hash = new byte[32];
    byte[] psk = Blake2s.hash(chainingKey);
    SymmetricState state = SymmetricState.of(chainingKey, hash);
    state.mixKeyAndHash(psk);
    byte[][] outputs = Kdf.kdf3(chainingKey, psk);
    assertArrayEquals(Blake2s.hash(hash, outputs[1]), state.handshakeHash());
    byte[][] keys = Kdf.kdf2(outputs[0], NOTHING);
    TransportCiphers ciphers = state.split();
    assertArrayEquals(keys[0], ciphers.fromInitiator().key());
    assertArrayEquals(keys[1], ciphers.fromResponder().key());
  }

  @Test
  void messagesPassUnchangedWithoutKey() throws Exception {
    SymmetricState state = SymmetricState.initializeSymmetric(WIREGUARD);
    assertFalse(state.hasKey());
    assertArrayEquals(new byte[5], state.encryptAndHash(new byte[5]));
    assertArrayEquals(new byte[5], state.decryptAndHash(new byte[5]));
  }

  @Test
  void aRefusedMessageChangesNothing() throws Exception {
    SymmetricState sender = keyed();
    SymmetricState receiver = keyed();
    byte[] sealed = sender.encryptAndHash(new byte[12]);
    byte[] forged = sealed.clone();
    forged[0] ^= 1;
    byte[] before = receiver.handshakeHash();
    assertThrows(AuthenticationFailedException.class, () -> receiver.decryptAndHash(forged));
    assertArrayEquals(before, receiver.handshakeHash());
    assertArrayEquals(new byte[12], receiver.decryptAndHash(sealed));
    assertArrayEquals(sender.handshakeHash(), receiver.handshakeHash());
  }

  @Test
  void aCopyGoesItsOwnWay() {
    SymmetricState original = keyed();
    SymmetricState copy = original.copy();
    byte[] before = original.handshakeHash();
    copy.mixKey(new byte[32]);
    byte[] sealed = copy.encryptAndHash(new byte[12]);
    assertArrayEquals(before, original.handshakeHash());
    original.mixKey(new byte[32]);
    assertArrayEquals(sealed, original.encryptAndHash(new byte[12]));
    copy.destroy();
    assertFalse(original.isDestroyed());
  }

  @Test
  void destroyedStatesRefuseEverything() {
    SymmetricState state = keyed();
    TransportCiphers ciphers = state.split();
    state.destroy();
    state.destroy();
    ciphers.destroy();
    assertTrue(state.isDestroyed());
    assertThrows(IllegalStateException.class, () -> state.mixKey(new byte[32]));
    assertThrows(IllegalStateException.class, () -> state.mixHash(new byte[32]));
    assertThrows(IllegalStateException.class, () -> state.mixKeyAndHash(new byte[32]));
    assertThrows(IllegalStateException.class, () -> state.encryptAndHash(NOTHING));
    assertThrows(IllegalStateException.class, () -> state.decryptAndHash(new byte[16]));
    assertThrows(IllegalStateException.class, state::handshakeHash);
    assertThrows(IllegalStateException.class, state::split);
    assertThrows(IllegalStateException.class, state::copy);
    assertTrue(ciphers.fromInitiator().isDestroyed());
    assertThrows(IllegalStateException.class, () -> ciphers.fromResponder().key());
  }

  @Test
  void nothingSecretIsPrinted() {
    SymmetricState state = keyed();
    assertEquals("SymmetricState[redacted]", state.toString());
    assertEquals(
        "TransportCiphers[fromInitiator=CipherState[redacted],"
            + " fromResponder=CipherState[redacted]]",
        state.split().toString());
  }
}
