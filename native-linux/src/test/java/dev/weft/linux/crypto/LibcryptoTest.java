// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.crypto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibcryptoTest {

  private static final byte[] KEY = new byte[LibcryptoChaCha20Poly1305.KEY_LENGTH];
  private static final int TAG_LENGTH = LibcryptoChaCha20Poly1305.TAG_LENGTH;

  private boolean isThere;

  @BeforeEach
  void look() {
    isThere = Libcrypto.problem().isEmpty();
  }

  private void assumeThere() {
    assumeTrue(isThere, () -> "requires libcrypto: " + Libcrypto.problem());
  }

  @Test
  void hasEitherAVersionOrAProblem() {
    assertEquals(isThere, Libcrypto.version().isPresent());
    assertFalse(Libcrypto.version().equals(Optional.of("")));
  }

  @Test
  void aMissingLibraryIsAReason() {
    assertEquals(
        Optional.of("libweft-none.so.1 cannot be loaded; libweft-none.so cannot be loaded"),
        Libcrypto.problemOf(List.of("libweft-none.so.1", "libweft-none.so")));
  }

  @Test
  void aLibraryWithoutTheFunctionsIsAReason() {
    assertEquals(
        Optional.of("libc.so.6: the library has no function EVP_CIPHER_CTX_new"),
        Libcrypto.problemOf(List.of("libc.so.6")));
  }

  /**
   * The first octets are RFC 8439's keystream of the zero key and nonce, block 1 (§A.1, vector 2).
   */
  @Test
  void sealsWithTheKeystreamOfTheStandard() {
    assumeThere();
    try (Arena arena = Arena.ofConfined();
        LibcryptoChaCha20Poly1305 cipher = new LibcryptoChaCha20Poly1305(KEY)) {
      MemorySegment memory = arena.allocate(64 + TAG_LENGTH);
      cipher.seal(0, memory.address(), 64, memory.address());
      assertEquals(
          "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
              + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
          HexFormat.of().formatHex(memory.asSlice(0, 64).toArray(ValueLayout.JAVA_BYTE)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 64, 1000})
  void partsMakeTheSamePacket(int last) {
    assumeThere();
    try (Arena arena = Arena.ofConfined();
        LibcryptoChaCha20Poly1305 cipher = new LibcryptoChaCha20Poly1305(KEY)) {
      int length = 192 + last;
      MemorySegment whole = arena.allocate(length + TAG_LENGTH);
      cipher.seal(9, whole.address(), length, whole.address());
      MemorySegment parts = arena.allocate(length + TAG_LENGTH);
      long address = parts.address();
      cipher.startSeal(9);
      cipher.update(address, 64, address);
      cipher.update(address + 64, 128, address + 64);
      cipher.update(address + 192, last, address + 192);
      cipher.finishSeal(address + length);
      assertEquals(-1, whole.mismatch(parts));
      assertTrue(cipher.open(9, address, length + TAG_LENGTH, address));
      assertEquals(-1, parts.asSlice(0, length).mismatch(arena.allocate(length)));
      assertFalse(cipher.open(8, whole.address(), length + TAG_LENGTH, whole.address()));
    }
  }

  @Test
  void aClosedCipherTouchesNothing() {
    assumeThere();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(64);
      LibcryptoChaCha20Poly1305 cipher = new LibcryptoChaCha20Poly1305(KEY);
      cipher.close();
      cipher.close();
      long address = memory.address();
      assertThrows(IllegalStateException.class, () -> cipher.seal(0, address, 1, address));
      assertThrows(IllegalStateException.class, () -> cipher.open(0, address, 64, address));
      assertThrows(IllegalStateException.class, () -> cipher.update(address, 64, address));
      assertThrows(IllegalStateException.class, () -> cipher.finishSeal(address));
      assertThrows(IllegalStateException.class, cipher::finishOpen);
      assertEquals(-1, memory.mismatch(arena.allocate(64)));
    }
  }

  @Test
  void keysHaveOneLength() {
    assertThrows(IllegalArgumentException.class, () -> new LibcryptoChaCha20Poly1305(new byte[16]));
  }
}
