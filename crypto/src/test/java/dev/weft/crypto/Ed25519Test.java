// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.crypto.vectors.Vectors;
import java.math.BigInteger;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

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
