// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.config.NetworkData;
import dev.weft.crypto.Ed25519;
import dev.weft.overlay.InvalidConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Signed network data from anybody: as they are, with a signature that is right whatever they are
 * (as who has the key can make it), and as a document to be signed.
 */
final class SignedNetworkDataFuzz {

  private static final byte[] SEED = new byte[32];
  private static final byte[] KEY = Ed25519.publicKey(SEED);
  private static final long VERSION = 1;

  static Stream<byte[]> seeds() {
    return Stream.concat(
            SignedDataVectors.signed().stream(), SignedDataVectors.validated().stream())
        .map((JsonNode recorded) -> SignedDataVectors.hex(recorded, "bin_hex"));
  }

  @MethodSource("seeds")
  @FuzzTest
  void isVerifiedOrRefused(byte[] octets) {
    verify(octets);
    if (octets.length >= 116) {
      byte[] signed = octets.clone();
      System.arraycopy(KEY, 0, signed, 80, KEY.length);
      byte[] signature = Ed25519.sign(SEED, Arrays.copyOfRange(signed, 72, signed.length));
      System.arraycopy(signature, 0, signed, 8, signature.length);
      verify(signed);
      sign(new String(octets, 116, octets.length - 116, StandardCharsets.UTF_8));
    }
    sign(new String(octets, StandardCharsets.UTF_8));
  }

  private static void verify(byte[] octets) {
    SignedNetworkData data;
    try {
      data = SignedNetworkData.verify(octets);
    } catch (InvalidNetworkDataException e) {
      assertEquals(0, e.getStackTrace().length);
      assertTrue(String.valueOf(e.getMessage()).length() < 200, e::toString);
      return;
    }
    assertArrayEquals(octets, data.octets());
    assertNotEquals(0, data.version());
    assertTrue(octets.length <= SignedNetworkData.MAX_OCTETS);
    String json = data.json();
    assertEquals(-1, json.indexOf('\0'));
    try {
      NetworkData.parse(json);
    } catch (InvalidConfigurationException e) {
      assertFalse(e.problems().isEmpty());
    }
    assertChangesAreSeen(octets);
  }

  /** One bit of each field, but not of the padding. */
  private static void assertChangesAreSeen(byte[] octets) {
    for (int at : new int[] {0, 4, 8, 40, 72, 80, 112, octets.length - 1}) {
      byte[] changed = octets.clone();
      changed[at] ^= 1;
      assertThrows(InvalidNetworkDataException.class, () -> SignedNetworkData.verify(changed));
    }
  }

  private static void sign(String text) {
    try {
      SignedNetworkData signed = SignedNetworkData.sign(SEED, VERSION, text);
      assertEquals(text, signed.json());
      assertEquals(signed, SignedNetworkData.verify(signed.octets(), signed.authKey()));
    } catch (InvalidConfigurationException e) {
      assertFalse(e.problems().isEmpty());
    } catch (InvalidNetworkDataException e) {
      throw new AssertionError("what was signed here is refused", e);
    }
  }
}
