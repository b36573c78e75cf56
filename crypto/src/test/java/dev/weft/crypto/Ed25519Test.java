// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.vectors.Vectors;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519Test {

  private static final byte[] SEED = Vectors.counting(32);
  private static final byte[] MESSAGE = Vectors.counting(10);

  /** RFC 8032 §5.1. */
  private static final BigInteger GROUP_ORDER =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

  @Test
  void aScalarIncreasedByTheGroupOrderIsRefused() {
    byte[] publicKey = Ed25519.publicKey(SEED);
    byte[] signature = Ed25519.sign(SEED, MESSAGE);
    assertTrue(Ed25519.verify(publicKey, MESSAGE, signature));
    byte[] bigEndian = reversed(Arrays.copyOfRange(signature, 32, 64));
    byte[] increased = new BigInteger(1, bigEndian).add(GROUP_ORDER).toByteArray();
    byte[] scalar = Arrays.copyOf(reversed(increased), 32);
    System.arraycopy(scalar, 0, signature, 32, 32);
    assertFalse(Ed25519.verify(publicKey, MESSAGE, signature));
  }

  @Test
  void pointsThatAreNotCanonicalAreRefused() {
    // The neutral point with y = 1 written as p + 1, as the public key and as R; S is zero.
    byte[] canonical = new byte[32];
    canonical[0] = 1;
    byte[] other = Vectors.hex("ee" + "ff".repeat(30) + "7f");
    assertFalse(Ed25519.verify(other, MESSAGE, Arrays.copyOf(canonical, 64)));
    assertFalse(Ed25519.verify(canonical, MESSAGE, Arrays.copyOf(other, 64)));
    assertFalse(Ed25519.verify(Ed25519.publicKey(SEED), MESSAGE, Arrays.copyOf(other, 64)));
  }

  /** The points whose order divides 8, in every encoding that decodes; y = p - 1 has x = 0. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      })
  void publicKeysOfSmallOrderVerifyNothing(String point) {
    // With S = 0 the equation is R = -kA; a key of small order leaves eight values at most for kA,
    // so that one of a few messages would fit one of these R.
    byte[] signature = new byte[64];
    for (String r : List.of(point, "01" + "00".repeat(31), "ec" + "ff".repeat(30) + "7f")) {
      System.arraycopy(Vectors.hex(r), 0, signature, 0, 32);
      for (int message = 0; message < 64; message++) {
        assertFalse(Ed25519.verify(Vectors.hex(point), new byte[] {(byte) message}, signature));
      }
    }
  }

  @Test
  void otherLengthsAreRefused() {
    byte[] publicKey = Ed25519.publicKey(SEED);
    byte[] signature = Ed25519.sign(SEED, MESSAGE);
    assertFalse(Ed25519.verify(publicKey, MESSAGE, Arrays.copyOf(signature, 63)));
    assertFalse(Ed25519.verify(publicKey, MESSAGE, Arrays.copyOf(signature, 65)));
    assertFalse(Ed25519.verify(Arrays.copyOf(publicKey, 31), MESSAGE, signature));
    assertFalse(Ed25519.verify(new byte[0], MESSAGE, new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> Ed25519.publicKey(new byte[31]));
    assertThrows(IllegalArgumentException.class, () -> Ed25519.sign(new byte[33], MESSAGE));
  }

  private static byte[] reversed(byte[] octets) {
    byte[] result = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      result[i] = octets[octets.length - 1 - i];
    }
    return result;
  }
}
