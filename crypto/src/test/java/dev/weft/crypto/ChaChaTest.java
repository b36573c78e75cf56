// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.weft.crypto.vectors.Vectors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The examples of RFC 8439 and of the XChaCha draft, and the checks of arguments. */
class ChaChaTest {

  private static final byte[] SUNSCREEN =
      ("Ladies and Gentlemen of the class of '99: If I could offer you "
              + "only one tip for the future, sunscreen would be it.")
          .getBytes(US_ASCII);

  @Test
  void keyStreamAsInRfc8439Section242() {
    // The example starts at block 1 and its nonce starts with 4 zero octets: skip one block.
    byte[] data = new byte[64 + SUNSCREEN.length];
    System.arraycopy(SUNSCREEN, 0, data, 64, SUNSCREEN.length);
    ChaCha20.xor(Vectors.counting(32), Vectors.hex("0000004a00000000"), data);
    assertEquals(
        "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
            + "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
            + "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
            + "5af90bbf74a35be6b40b8eedf2785e42874d",
        Vectors.hex(Arrays.copyOfRange(data, 64, data.length)));
  }

  @Test
  void partsOfAnArrayLeaveTheRestAlone() {
    byte[] part = Vectors.counting(10);
    ChaCha20.xor(new byte[32], new byte[8], part);
    byte[] data = new byte[20];
    System.arraycopy(Vectors.counting(10), 0, data, 5, 10);
    ChaCha20.xor(new byte[32], new byte[8], data, 5, 10);
    assertArrayEquals(part, Arrays.copyOfRange(data, 5, 15));
    assertArrayEquals(new byte[5], Arrays.copyOf(data, 5));
    assertArrayEquals(new byte[5], Arrays.copyOfRange(data, 15, 20));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> ChaCha20.xor(new byte[32], new byte[8], data, 15, 6));
  }

  @Test
  void sealedMessageAsInRfc8439Section282() throws Exception {
    byte[] key = Arrays.copyOfRange(Vectors.counting(0xa0), 0x80, 0xa0);
    byte[] nonce = Vectors.hex("070000004041424344454647");
    byte[] associatedData = Vectors.hex("50515253c0c1c2c3c4c5c6c7");
    byte[] sealed = ChaCha20Poly1305.seal(key, nonce, associatedData, SUNSCREEN);
    assertEquals(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
            + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
            + "3ff4def08e4b7a9de576d26586cec64b6116"
            + "1ae10b594f09e26a7e902ecbd0600691",
        Vectors.hex(sealed));
    assertArrayEquals(SUNSCREEN, ChaCha20Poly1305.open(key, nonce, associatedData, sealed));
  }

  @Test
  void subkeyAsInTheDraftSection221() {
    byte[] nonce = Arrays.copyOf(Vectors.hex("000000090000004a0000000031415927"), 24);
    assertEquals(
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc",
        Vectors.hex(XChaCha20Poly1305.subkey(Vectors.counting(32), nonce)));
  }

  @Test
  void counterIsTheEndOfTheNonceInLittleEndian() {
    assertEquals(
        "000000000807060504030201", Vectors.hex(ChaCha20Poly1305.nonce(0x0102_0304_0506_0708L)));
  }

  @Test
  void failuresHaveNoStackTrace() {
    AuthenticationFailedException failure =
        assertThrows(
            AuthenticationFailedException.class,
            () -> ChaCha20Poly1305.open(new byte[32], new byte[12], new byte[0], new byte[15]));
    assertEquals(0, failure.getStackTrace().length);
  }

  @Test
  void refusesKeysOfOtherLengths() {
    byte[] none = {};
    assertThrows(
        IllegalArgumentException.class,
        () -> ChaCha20Poly1305.seal(new byte[16], new byte[12], none, none));
    assertThrows(
        IllegalArgumentException.class,
        () -> XChaCha20Poly1305.seal(new byte[31], new byte[24], none, none));
    assertThrows(
        IllegalArgumentException.class, () -> ChaCha20.xor(new byte[16], new byte[8], none));
    assertThrows(
        IllegalArgumentException.class, () -> ChaCha20.xor(new byte[32], new byte[12], none));
  }
}
