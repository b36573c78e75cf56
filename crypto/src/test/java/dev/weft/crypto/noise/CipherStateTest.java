// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.noise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.ChaCha20Poly1305;
import dev.weft.crypto.vectors.Vectors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CipherStateTest {

  private static final byte[] NOTHING = {};

  private static CipherState keyed() {
    CipherState state = new CipherState();
    state.initializeKey(Vectors.counting(32));
    return state;
  }

  @Test
  void startsWithoutKey() throws Exception {
    CipherState state = new CipherState();
    assertFalse(state.hasKey());
    assertArrayEquals(new byte[3], state.encryptWithAd(NOTHING, new byte[3]));
    assertArrayEquals(new byte[3], state.decryptWithAd(NOTHING, new byte[3]));
    assertEquals(0, state.nonce());
    assertThrows(IllegalStateException.class, state::key);
    assertThrows(IllegalStateException.class, state::rekey);
    assertThrows(IllegalArgumentException.class, () -> state.initializeKey(new byte[31]));
  }

  @Test
  void nonceCountsMessagesAndStaysAfterAFailure() throws Exception {
    CipherState sender = keyed();
    CipherState receiver = keyed();
    for (int i = 0; i < 3; i++) {
      assertEquals(i, receiver.nonce());
      byte[] sealed = sender.encryptWithAd(NOTHING, new byte[] {1});
      assertThrows(
          AuthenticationFailedException.class, () -> receiver.decryptWithAd(new byte[1], sealed));
      assertEquals(i, receiver.nonce());
      assertArrayEquals(new byte[] {1}, receiver.decryptWithAd(NOTHING, sealed));
    }
  }

  @Test
  void lastNonceIsNeverUsedForAMessage() {
    CipherState state = keyed();
    state.setNonce(-2);
    assertEquals(16, state.encryptWithAd(NOTHING, NOTHING).length);
    assertThrows(IllegalStateException.class, () -> state.encryptWithAd(NOTHING, NOTHING));
    assertThrows(IllegalStateException.class, () -> state.decryptWithAd(NOTHING, new byte[16]));
  }

  @Test
  void rekeyEncryptsZerosWithTheLastNonce() {
    CipherState state = keyed();
    state.setNonce(9);
    state.rekey();
    byte[] sealed =
        ChaCha20Poly1305.seal(
            Vectors.counting(32), Vectors.hex("00000000ffffffffffffffff"), NOTHING, new byte[32]);
    assertArrayEquals(Arrays.copyOf(sealed, 32), state.key());
    assertEquals(9, state.nonce());
  }

  @Test
  void copiesAreIndependent() {
    CipherState state = keyed();
    state.setNonce(4);
    CipherState copy = state.copy();
    state.destroy();
    assertEquals(4, copy.nonce());
    assertArrayEquals(Vectors.counting(32), copy.key());
    assertThrows(IllegalStateException.class, () -> state.encryptWithAd(NOTHING, NOTHING));
  }
}
