// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.vectors.Vectors;
import dev.weft.spi.RandomSource;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {

  private static final byte[] PASSPHRASE = "twelve chars".getBytes(UTF_8);

  /** Fills with one octet. */
  private record Constant(byte octet) implements RandomSource {
    @Override
    public void nextBytes(byte[] target) {
      Arrays.fill(target, octet);
    }

    @Override
    public int nextInt(int bound) {
      return 0;
    }
  }

  @Test
  void generatedSecretsAreClamped() {
    byte[] ones = Secrets.generate(new Constant((byte) 0xff));
    assertEquals("f8" + "ff".repeat(30) + "7f", Vectors.hex(ones));
    assertTrue(Secrets.isClamped(ones));
    byte[] zeros = Secrets.generate(new Constant((byte) 0));
    assertEquals("00".repeat(31) + "40", Vectors.hex(zeros));
    assertFalse(Secrets.isClamped(new byte[32]));
  }

  @Test
  void eraseOverwritesEveryArray() {
    byte[] first = {1, 2};
    byte[] second = {3};
    Secrets.erase(first, second);
    assertArrayEquals(new byte[2], first);
    assertArrayEquals(new byte[1], second);
  }

  @Test
  void roundsAndSaltApartAreTheSameAsTheOptionText() {
    assertArrayEquals(
        PassphraseSecrets.derive("1000,salt", PASSPHRASE),
        PassphraseSecrets.derive(1000, "salt", PASSPHRASE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"010,s", "0x8,s", "0X8,s", "8,s", " \t+8,s"})
  void roundsFollowTheConventionsOfC(String option) {
    // The text itself is hashed as well, so only the acceptance is the same.
    assertEquals(Secrets.LENGTH, PassphraseSecrets.derive(option, PASSPHRASE).length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        ",s",
        "8",
        "0,s",
        "0x,s",
        "08,s",
        "-1,s",
        "+,s",
        "8 ,s",
        "0x100000000,s",
        "99999999999999999999999999,s",
        "\u0668,s"
      })
  void roundsRefuseEverythingElse(String option) {
    assertThrows(
        IllegalArgumentException.class, () -> PassphraseSecrets.derive(option, PASSPHRASE));
  }

  @Test
  void constantTimeComparisons() {
    assertTrue(ConstantTime.equals(new byte[] {1, 2}, new byte[] {1, 2}));
    assertFalse(ConstantTime.equals(new byte[] {1, 2}, new byte[] {1, 3}));
    assertFalse(ConstantTime.equals(new byte[] {1, 2}, new byte[] {1}));
    assertTrue(ConstantTime.isZero(new byte[0]));
    assertTrue(ConstantTime.isZero(new byte[32]));
    assertFalse(ConstantTime.isZero(new byte[] {0, (byte) 0x80}));
  }

  @Test
  void sha512OfAbc() {
    assertEquals(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        Vectors.hex(Sha512.hash("a".getBytes(UTF_8), "bc".getBytes(UTF_8))));
  }

  @Test
  void agreementIsMutualAndVerifiesLengths() {
    byte[] alice = Vectors.counting(32);
    byte[] bob = Blake2s.hash(alice);
    byte[] left = new byte[32];
    byte[] right = new byte[32];
    assertTrue(X25519.agree(alice, X25519.publicKey(bob), left));
    assertTrue(X25519.agree(bob, X25519.publicKey(alice), right));
    assertArrayEquals(left, right);
    assertThrows(IllegalArgumentException.class, () -> X25519.agree(alice, new byte[31], left));
    assertThrows(IllegalArgumentException.class, () -> X25519.publicKey(new byte[33]));
  }

  @Test
  void overlayAddressesAreEqualByValue() {
    assertEquals(OverlayAddresses.ofId("a"), OverlayAddresses.ofId("a"));
    assertEquals(OverlayAddresses.ofId("a").hashCode(), OverlayAddresses.ofId("a").hashCode());
    assertFalse(OverlayAddresses.ofId("a").equals(OverlayAddresses.ofPort(1)));
    assertEquals("fda293cd6008c296", OverlayAddresses.ofId("a").toString());
  }
}
