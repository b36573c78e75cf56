// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.crypto.vectors.Vectors;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same suite for every provider, and the providers against each other. */
class AeadProviderTest {

  private static final int TAG_LENGTH = TransportAead.TAG_LENGTH;
  private static final byte[] NOTHING = {};

  static Stream<AeadProvider> providers() {
    return Stream.of(new JdkAeadProvider(), new BouncyCastleAeadProvider());
  }

  private static byte[] seal(TransportAead aead, long counter, byte[] plaintext) {
    byte[] sealed = new byte[plaintext.length + TAG_LENGTH];
    aead.seal(
        counter,
        MemorySegment.ofArray(plaintext),
        0,
        plaintext.length,
        MemorySegment.ofArray(sealed),
        0);
    return sealed;
  }

  private static boolean open(TransportAead aead, long counter, byte[] sealed, byte[] plaintext) {
    return aead.open(
        counter,
        MemorySegment.ofArray(sealed),
        0,
        sealed.length,
        MemorySegment.ofArray(plaintext),
        0);
  }

  private static void assertOpens(
      TransportAead aead, long counter, byte[] sealed, byte[] expected) {
    byte[] plaintext = new byte[expected.length];
    assertTrue(open(aead, counter, sealed, plaintext));
    assertArrayEquals(expected, plaintext);
  }

  private static void assertRefuses(TransportAead aead, long counter, byte[] sealed) {
    byte[] plaintext = new byte[sealed.length - TAG_LENGTH];
    Arrays.fill(plaintext, (byte) 0x5a);
    byte[] before = plaintext.clone();
    assertFalse(open(aead, counter, sealed, plaintext));
    assertArrayEquals(before, plaintext, "unauthentic plaintext left the cipher");
  }

  @ParameterizedTest
  @MethodSource("providers")
  void isAvailable(AeadProvider provider) {
    assertTrue(provider.probe().isAvailable());
  }

  @Test
  void namesAndPriorities() {
    assertEquals(List.of("jdk", "bouncycastle"), providers().map(AeadProvider::name).toList());
    assertEquals(List.of(200, 100), providers().map(AeadProvider::priority).toList());
  }

  @Test
  void isDeclaredAsAServiceTwice() throws IOException {
    List<String> names = providers().map(provider -> provider.getClass().getName()).toList();
    try (InputStream stream =
        JdkAeadProvider.class.getResourceAsStream(
            "/META-INF/services/" + AeadProvider.class.getName())) {
      String text =
          new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(names, text.lines().toList());
    }
    Module module = JdkAeadProvider.class.getModule();
    assertTrue(module.isNamed());
    assertTrue(
        module.getDescriptor().provides().stream()
            .anyMatch(
                provides ->
                    provides.service().equals(AeadProvider.class.getName())
                        && provides.providers().equals(names)));
  }

  /** Their associated data and nonces are not those of data packets; keys and messages serve. */
  @ParameterizedTest
  @MethodSource("providers")
  void keysAndMessagesOfWycheproofAgreeWithTheControlPath(AeadProvider provider) {
    int count = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/chacha20_poly1305_test.json").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        byte[] key = Vectors.hex(test, "key");
        byte[] plaintext = Vectors.hex(test, "msg");
        long counter = 0x8000_0000_0000_0000L + test.get("tcId").intValue();
        byte[] expected =
            ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(counter), NOTHING, plaintext);
        try (TransportAead aead = provider.create(key)) {
          assertArrayEquals(expected, seal(aead, counter, plaintext));
          assertOpens(aead, counter, expected, plaintext);
        }
        count++;
      }
    }
    assertEquals(325, count);
  }

  @Test
  void providersAgreeOnRandomLengths() {
    SplittableRandom random = new SplittableRandom(0x5eed_0001L);
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    random.nextBytes(key);
    try (TransportAead left = new JdkAeadProvider().create(key);
        TransportAead right = new BouncyCastleAeadProvider().create(key)) {
      for (int i = 0; i < 3_000; i++) {
        int length = i % 200 == 0 ? 2_001 + random.nextInt(63_535) : random.nextInt(2_001);
        assertAgree(left, right, random, length, i);
      }
      for (int length : new int[] {0, 1, 15, 16, 17, 63, 64, 65, 65_534, 65_535}) {
        assertAgree(left, right, random, length, 10_000L + length);
      }
    }
  }

  private static void assertAgree(
      TransportAead left, TransportAead right, SplittableRandom random, int length, long counter) {
    byte[] plaintext = new byte[length];
    random.nextBytes(plaintext);
    byte[] sealed = seal(left, counter, plaintext);
    assertArrayEquals(sealed, seal(right, counter, plaintext));
    assertOpens(left, counter, sealed, plaintext);
    assertOpens(right, counter, sealed, plaintext);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void opensARepeatedCounter(AeadProvider provider) {
    byte[] key = Vectors.counting(32);
    byte[] plaintext = Vectors.counting(100);
    try (TransportAead sender = provider.create(key);
        TransportAead receiver = provider.create(key)) {
      byte[] sealed = seal(sender, 7, plaintext);
      for (int i = 0; i < 5; i++) {
        assertOpens(receiver, 7, sealed, plaintext);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void forgeriesWithTheSameCounterLeaveNoTrace(AeadProvider provider) {
    byte[] key = Vectors.counting(32);
    byte[] plaintext = Vectors.counting(100);
    try (TransportAead sender = provider.create(key);
        TransportAead receiver = provider.create(key)) {
      byte[] sealed = seal(sender, 7, plaintext);
      byte[] forged = sealed.clone();
      forged[3] ^= 1;
      for (int i = 0; i < 5; i++) {
        assertRefuses(receiver, 7, forged);
        assertRefuses(receiver, 7, new byte[TAG_LENGTH]);
        assertRefuses(receiver, 7, new byte[3_000]);
        assertOpens(receiver, 7, sealed, plaintext);
      }
      assertOpens(receiver, 8, seal(sender, 8, plaintext), plaintext);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void sealingTheSameCounterAgainThrowsAndTheNextWorks(AeadProvider provider) {
    byte[] key = Vectors.counting(32);
    try (TransportAead aead = provider.create(key)) {
      seal(aead, 1, new byte[10]);
      assertThrows(IllegalStateException.class, () -> seal(aead, 1, new byte[10]));
      assertOpens(aead, 2, seal(aead, 2, new byte[10]), new byte[10]);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void refusedRangesDoNotUseUpTheCounter(AeadProvider provider) {
    try (TransportAead aead = provider.create(new byte[32])) {
      MemorySegment segment = MemorySegment.ofArray(new byte[64]);
      assertThrows(IndexOutOfBoundsException.class, () -> aead.seal(0, segment, 0, 49, segment, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> aead.seal(0, segment, 60, 5, segment, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> aead.seal(0, segment, 0, -1, segment, 0));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> aead.seal(0, segment, 0, Integer.MAX_VALUE, segment, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> aead.seal(0, segment, -1, 1, segment, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> aead.open(0, segment, 0, 65, segment, 0));
      assertThrows(
          IndexOutOfBoundsException.class, () -> aead.open(0, segment, 0, 64, segment, 20));
      assertDoesNotThrow(() -> aead.seal(0, segment, 0, 48, segment, 0));
      assertTrue(aead.open(0, segment, 0, 64, segment, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void shorterThanATagIsRefused(AeadProvider provider) {
    try (TransportAead aead = provider.create(new byte[32])) {
      MemorySegment segment = MemorySegment.ofArray(new byte[64]);
      for (int length = 0; length < TAG_LENGTH; length++) {
        assertFalse(aead.open(0, segment, 0, length, segment, 0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void everyKindOfSegmentGivesTheSame(AeadProvider provider) {
    byte[] key = Vectors.counting(32);
    byte[] plaintext = Vectors.counting(200);
    byte[] expected = ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(5), NOTHING, plaintext);
    try (Arena arena = Arena.ofConfined()) {
      for (MemorySegment segment :
          List.of(
              arena.allocate(400),
              MemorySegment.ofArray(new byte[400]),
              MemorySegment.ofArray(new long[50]),
              MemorySegment.ofArray(new byte[500]).asSlice(37, 400))) {
        try (TransportAead aead = provider.create(key)) {
          // In place, at an odd offset.
          MemorySegment.copy(plaintext, 0, segment, ValueLayout.JAVA_BYTE, 13, 200);
          aead.seal(5, segment, 13, 200, segment, 13);
          assertArrayEquals(expected, segment.asSlice(13, 216).toArray(ValueLayout.JAVA_BYTE));
          assertTrue(aead.open(5, segment, 13, 216, segment, 13));
          assertArrayEquals(plaintext, segment.asSlice(13, 200).toArray(ValueLayout.JAVA_BYTE));
        }
        try (TransportAead aead = provider.create(key)) {
          // From an array that cannot be written to.
          MemorySegment source = MemorySegment.ofArray(plaintext).asReadOnly();
          aead.seal(5, source, 0, 200, segment, 100);
          assertArrayEquals(expected, segment.asSlice(100, 216).toArray(ValueLayout.JAVA_BYTE));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void onlyTheRangeOfTheResultIsWritten(AeadProvider provider) {
    try (TransportAead aead = provider.create(new byte[32])) {
      byte[] target = new byte[100];
      Arrays.fill(target, (byte) 0x5a);
      MemorySegment source = MemorySegment.ofArray(new byte[20]);
      aead.seal(0, source, 0, 20, MemorySegment.ofArray(target), 30);
      for (int i = 0; i < target.length; i++) {
        if (i < 30 || i >= 30 + 20 + TAG_LENGTH) {
          assertEquals(0x5a, target[i], "octet " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void keysAreCopiedAndChecked(AeadProvider provider) {
    byte[] key = Vectors.counting(32);
    try (TransportAead aead = provider.create(key)) {
      Arrays.fill(key, (byte) 0);
      assertArrayEquals(
          ChaCha20Poly1305.seal(
              Vectors.counting(32), ChaCha20Poly1305.nonce(0), NOTHING, new byte[5]),
          seal(aead, 0, new byte[5]));
    }
    assertThrows(IllegalArgumentException.class, () -> provider.create(new byte[31]));
    assertThrows(IllegalArgumentException.class, () -> provider.create(new byte[33]));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void closeIsIdempotentAndFinal(AeadProvider provider) {
    TransportAead aead = provider.create(new byte[32]);
    seal(aead, 0, new byte[5]);
    aead.close();
    aead.close();
    assertThrows(IllegalStateException.class, () -> seal(aead, 1, new byte[5]));
    assertThrows(IllegalStateException.class, () -> open(aead, 1, new byte[20], new byte[4]));
    TransportAead unused = provider.create(new byte[32]);
    assertDoesNotThrow(unused::close);
  }
}
