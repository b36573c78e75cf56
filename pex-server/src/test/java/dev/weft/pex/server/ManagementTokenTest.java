// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.OverlayException;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementTokenTest {

  private static final RandomSource RANDOM =
      new RandomSource() {
        @Override
        public void nextBytes(byte[] target) {
          Arrays.fill(target, (byte) 0xab);
        }

        @Override
        public int nextInt(int bound) {
          return 0;
        }
      };

  @TempDir private Path directory;

  @Test
  void isMadeOnceAndKept() throws IOException {
    Path file = directory.resolve("token");
    ManagementToken made = ManagementToken.load(file, RANDOM);
    String text = Files.readString(file).strip();
    assertEquals(43, text.length());
    assertTrue(made.matches(text));
    assertFalse(made.matches(text + "x"));
    assertFalse(made.matches(""));
    assertFalse(made.toString().contains(text));
    assertTrue(ManagementToken.load(file, RANDOM).matches(text));
    assertEquals(text, Files.readString(file).strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "too short", "a token with spaces in the midst of it", "ä234567890123456"})
  void isRefusedWithoutBeingShown(String content) throws IOException {
    Path file = Files.writeString(directory.resolve("token"), content);
    OverlayException refused =
        assertThrows(OverlayException.class, () -> ManagementToken.load(file, RANDOM));
    assertTrue(content.isEmpty() || !String.valueOf(refused.getMessage()).contains(content));
  }

  @Test
  void aFolderThatIsNotThereIsSaid() {
    OverlayException failure =
        assertThrows(
            OverlayException.class,
            () -> ManagementToken.load(directory.resolve("none/token"), RANDOM));
    assertTrue(String.valueOf(failure.getMessage()).contains("none"));
  }
}
