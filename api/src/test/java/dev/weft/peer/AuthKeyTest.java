// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthKeyTest {

  private static final byte[] OCTETS = new byte[32];
  private static final String TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  static {
    for (int i = 0; i < 32; i++) {
      OCTETS[i] = (byte) i;
    }
  }

  @Test
  void textAndOctetsAreTheSameKey() {
    assertEquals(AuthKey.of(OCTETS), AuthKey.parse(TEXT));
    assertEquals(AuthKey.of(OCTETS).hashCode(), AuthKey.parse(TEXT).hashCode());
    assertEquals(TEXT, AuthKey.of(OCTETS).toString());
    assertArrayEquals(OCTETS, AuthKey.parse(TEXT).octets());
  }

  @Test
  void theIdIsTheFirstEightOctets() {
    assertEquals(0x0001020304050607L, AuthKey.parse(TEXT).id());
  }

  @Test
  void nobodyElseCanChangeAKey() {
    byte[] octets = OCTETS.clone();
    AuthKey key = AuthKey.of(octets);
    octets[0] = 99;
    key.octets()[1] = 99;
    assertEquals(AuthKey.parse(TEXT), key);
  }

  @Test
  void anAuthKeyIsNoHostKey() {
    assertNotEquals((Object) PublicKey.of(OCTETS), AuthKey.of(OCTETS));
  }

  @Test
  void theOrderIsThatOfUnsignedOctets() {
    byte[] high = new byte[32];
    Arrays.fill(high, (byte) 0xff);
    assertTrue(AuthKey.of(high).compareTo(AuthKey.of(OCTETS)) > 0);
    assertEquals(0, AuthKey.of(OCTETS).compareTo(AuthKey.parse(TEXT)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "!AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
      })
  void otherTextIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> AuthKey.parse(text));
  }

  @Test
  void otherLengthsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> AuthKey.of(new byte[31]));
    assertThrows(IllegalArgumentException.class, () -> AuthKey.of(new byte[33]));
  }
}
