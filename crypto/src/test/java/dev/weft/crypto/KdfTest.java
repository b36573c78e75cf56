// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.weft.crypto.vectors.Vectors;
import org.junit.jupiter.api.Test;

/** Expected values were computed with the HMAC and BLAKE2s of CPython's standard library. */
class KdfTest {

  @Test
  void hmacWithShortEmptyAndLongKeys() {
    assertEquals(
        "eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd",
        Vectors.hex(Kdf.hmac(new byte[0])));
    assertEquals(
        "82623be5bc0a391b24dce53e67d028eff92d586de0485ac37822e597d049c74f",
        Vectors.hex(Kdf.hmac(Vectors.counting(32), "abc".getBytes(US_ASCII))));
    assertEquals(
        "c4c95271905c6f69c1dd7c6fbc0cb3735457a660ccc2c4370f28825e7abef5af",
        Vectors.hex(Kdf.hmac(Vectors.counting(100), Vectors.counting(200))));
  }

  @Test
  void hmacConcatenatesItsInputs() {
    assertArrayEquals(
        Kdf.hmac(Vectors.counting(32), "abc".getBytes(US_ASCII)),
        Kdf.hmac(Vectors.counting(32), "a".getBytes(US_ASCII), "bc".getBytes(US_ASCII)));
  }

  @Test
  void outputsDependOnTheirPositionAndNotOnTheirNumber() {
    byte[] key = Vectors.counting(32);
    byte[] input = "input".getBytes(US_ASCII);
    byte[][] outputs = Kdf.kdf3(key, input);
    assertEquals(
        "87b7f70b24183c6db5dc4f6d9f4c47cdb203321aa2a0bef714896adb3107a040",
        Vectors.hex(outputs[0]));
    assertEquals(
        "538a02e1eb2e31b7e4d4b82476d1fe2acf50085d3fb584537279195f5d1f5824",
        Vectors.hex(outputs[1]));
    assertEquals(
        "9ad858025593be88de0f9442a589cfe84a88dc19e4753d93684d1c5efc4837f9",
        Vectors.hex(outputs[2]));
    byte[][] two = Kdf.kdf2(key, input);
    assertArrayEquals(outputs[0], two[0]);
    assertArrayEquals(outputs[1], two[1]);
    assertArrayEquals(outputs[0], Kdf.kdf1(key, input));
  }
}
