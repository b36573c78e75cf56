// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.cipher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import dev.weft.crypto.BouncyCastleAeadProvider;
import dev.weft.crypto.ChaCha20Poly1305;
import dev.weft.crypto.JdkAeadProvider;
import dev.weft.crypto.vector.VectorAeadProvider;
import dev.weft.dataplane.userspace.OpensslAeadProvider;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The ciphers that use the machine, by the same suite, and all ciphers against each other. */
class TransportAeadTest {

  private static final int TAG_LENGTH = TransportAead.TAG_LENGTH;
  private static final int MAX_LENGTH = 65_535;
  private static final byte[] NOTHING = {};

  /** The vectors of the module crypto; its README names their source. */
  private static final Path WYCHEPROOF =
      Path.of("..", "crypto", "src/test/resources/vectors/wycheproof/chacha20_poly1305_test.json");

  /** Those that this suite is for. */
  static Stream<AeadProvider> fastProviders() {
    return Stream.of(new VectorAeadProvider(), new OpensslAeadProvider());
  }

  private static Stream<AeadProvider> portableProviders() {
    return Stream.of(new JdkAeadProvider(), new BouncyCastleAeadProvider());
  }

  private static void assumeAvailable(AeadProvider provider) {
    assumeTrue(provider.probe().isAvailable(), () -> provider.name() + ": " + provider.probe());
  }

  private static byte[] counting(int length) {
    byte[] octets = new byte[length];
    for (int i = 0; i < length; i++) {
      octets[i] = (byte) i;
    }
    return octets;
  }

  private static byte[] expected(byte[] key, long counter, byte[] plaintext) {
    return ChaCha20Poly1305.seal(key, ChaCha20Poly1305.nonce(counter), NOTHING, plaintext);
  }

  private static byte[] octets(MemorySegment segment, long offset, long length) {
    return segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private static void put(byte[] octets, MemorySegment segment, long offset) {
    MemorySegment.copy(octets, 0, segment, ValueLayout.JAVA_BYTE, offset, octets.length);
  }

  /** Two segments on the heap, two native ones, and both ways between them. */
  private static List<List<MemorySegment>> pairs(Arena arena, int length) {
    MemorySegment heap = MemorySegment.ofArray(new byte[length]);
    MemorySegment otherHeap = MemorySegment.ofArray(new byte[length]);
    MemorySegment off = arena.allocate(length);
    MemorySegment otherOff = arena.allocate(length);
    return List.of(
        List.of(off, otherOff),
        List.of(heap, otherHeap),
        List.of(heap, off),
        List.of(off, heap),
        List.of(off, off),
        List.of(heap, heap));
  }

  /** Their nonces and associated data are not those of data packets; keys and messages serve. */
  @ParameterizedTest
  @MethodSource("fastProviders")
  void keysAndMessagesOfWycheproofAgreeWithTheControlPath(AeadProvider provider)
      throws IOException {
    assumeAvailable(provider);
    int count = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4096);
      for (JsonNode group : new ObjectMapper().readTree(WYCHEPROOF.toFile()).get("testGroups")) {
        for (JsonNode test : group.get("tests")) {
          byte[] key = HexFormat.of().parseHex(test.get("key").textValue());
          byte[] plaintext = HexFormat.of().parseHex(test.get("msg").textValue());
          long counter = 0x8000_0000_0000_0000L + test.get("tcId").intValue();
          byte[] sealed = expected(key, counter, plaintext);
          put(plaintext, memory, 0);
          try (TransportAead aead = provider.create(key)) {
            aead.seal(counter, memory, 0, plaintext.length, memory, 0);
            assertArrayEquals(sealed, octets(memory, 0, sealed.length));
            assertTrue(aead.open(counter, memory, 0, sealed.length, memory, 0));
            assertArrayEquals(plaintext, octets(memory, 0, plaintext.length));
          }
          count++;
        }
      }
    }
    assertEquals(325, count);
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void everyShortLengthAgreesInEveryKindOfMemory(AeadProvider provider) {
    assumeAvailable(provider);
    byte[] key = counting(32);
    try (Arena arena = Arena.ofConfined();
        TransportAead aead = provider.create(key)) {
      List<List<MemorySegment>> pairs = pairs(arena, 700);
      for (int length = 0; length <= 600; length++) {
        // Octets of 0xff make the authenticator carry as far as it can.
        byte[] plaintext = new byte[length];
        Arrays.fill(plaintext, (byte) (length % 3 == 0 ? 0xff : length));
        byte[] sealed = expected(key, length, plaintext);
        for (List<MemorySegment> pair : pairs) {
          assertSealsAndOpens(
              aead, length, plaintext, sealed, pair.getFirst(), pair.getLast(), length % 17);
        }
      }
    }
  }

  /** If both segments are the same, in place. */
  private static void assertSealsAndOpens(
      TransportAead aead,
      long counter,
      byte[] plaintext,
      byte[] sealed,
      MemorySegment source,
      MemorySegment target,
      int offset) {
    int sourceOffset = offset;
    int targetOffset = source.equals(target) ? offset : 17 - offset;
    put(plaintext, source, sourceOffset);
    aead.seal(counter, source, sourceOffset, plaintext.length, target, targetOffset);
    assertArrayEquals(sealed, octets(target, targetOffset, sealed.length));
    assertTrue(aead.open(counter, target, targetOffset, sealed.length, source, sourceOffset));
    assertArrayEquals(plaintext, octets(source, sourceOffset, plaintext.length));
  }

  @Test
  void allProvidersAgreeOnRandomLengths() {
    SplittableRandom random = new SplittableRandom(0x5eed_0002L);
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    random.nextBytes(key);
    List<AeadProvider> providers =
        Stream.concat(fastProviders(), portableProviders())
            .filter(provider -> provider.probe().isAvailable())
            .toList();
    assumeTrue(providers.size() > 2, "no fast cipher is available");
    try (Arena arena = Arena.ofConfined()) {
      List<TransportAead> aeads = providers.stream().map(p -> p.create(key)).toList();
      List<List<MemorySegment>> pairs = pairs(arena, MAX_LENGTH + TAG_LENGTH + 20);
      for (int i = 0; i < 3_000; i++) {
        int length = i % 100 == 0 ? random.nextInt(2_001, MAX_LENGTH + 1) : random.nextInt(2_001);
        byte[] plaintext = new byte[length];
        random.nextBytes(plaintext);
        if (i % 7 == 0) {
          Arrays.fill(plaintext, (byte) 0xff);
        }
        long counter = ((long) i << 40) + i;
        List<MemorySegment> pair = pairs.get(i % pairs.size());
        byte[] sealed = expected(key, counter, plaintext);
        for (TransportAead aead : aeads) {
          assertSealsAndOpens(
              aead, counter, plaintext, sealed, pair.getFirst(), pair.getLast(), i % 18);
        }
      }
      aeads.forEach(TransportAead::close);
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void damageIsRefusedAndItsPlaintextDoesNotGetOut(AeadProvider provider) {
    assumeAvailable(provider);
    SplittableRandom random = new SplittableRandom(0x5eed_0003L);
    byte[] key = counting(32);
    try (Arena arena = Arena.ofConfined();
        TransportAead aead = provider.create(key)) {
      for (List<MemorySegment> pair : pairs(arena, 5_000)) {
        MemorySegment source = pair.getFirst();
        MemorySegment target = pair.getLast();
        for (int i = 0; i < 300; i++) {
          int length = i < 100 ? i : random.nextInt(4_900);
          byte[] plaintext = counting(length);
          byte[] sealed = expected(key, i, plaintext);
          int bit = random.nextInt(sealed.length * Byte.SIZE);
          sealed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
          target.fill((byte) 0x5a);
          put(sealed, source, 0);
          assertFalse(aead.open(i, source, 0, sealed.length, target, 0));
          byte[] left = octets(target, 0, length);
          assertFalse(
              length > 8 && Arrays.equals(left, 0, 8, plaintext, 0, 8) && bit >= 64,
              "unauthentic plaintext left the cipher");
          sealed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
          put(sealed, source, 0);
          assertFalse(aead.open(i + 1L, source, 0, sealed.length, target, 0));
          put(sealed, source, 0);
          assertTrue(aead.open(i, source, 0, sealed.length, target, 0));
          assertArrayEquals(plaintext, octets(target, 0, length));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void rangesOutsideTheirSegmentAreRefused(AeadProvider provider) {
    assumeAvailable(provider);
    try (Arena arena = Arena.ofConfined();
        TransportAead aead = provider.create(new byte[32])) {
      for (MemorySegment segment :
          List.of(arena.allocate(64), MemorySegment.ofArray(new byte[64]))) {
        Class<IndexOutOfBoundsException> outside = IndexOutOfBoundsException.class;
        assertThrows(outside, () -> aead.seal(0, segment, 0, 49, segment, 0));
        assertThrows(outside, () -> aead.seal(0, segment, 60, 5, segment, 0));
        assertThrows(outside, () -> aead.seal(0, segment, 0, -1, segment, 0));
        assertThrows(outside, () -> aead.seal(0, segment, 0, Integer.MAX_VALUE, segment, 0));
        assertThrows(outside, () -> aead.seal(0, segment, -1, 1, segment, 0));
        assertThrows(outside, () -> aead.open(0, segment, 0, 65, segment, 0));
        assertThrows(outside, () -> aead.open(0, segment, 0, 64, segment, 20));
        for (int length = 0; length < TAG_LENGTH; length++) {
          assertFalse(aead.open(0, segment, 0, length, segment, 0));
        }
        MemorySegment readOnly = segment.asReadOnly();
        assertThrows(
            IllegalArgumentException.class, () -> aead.seal(0, segment, 0, 1, readOnly, 32));
        assertDoesNotThrow(() -> aead.seal(0, readOnly, 0, 16, segment, 32));
        aead.seal(0, segment, 0, 48, segment, 0);
        assertTrue(aead.open(0, segment, 0, 64, segment, 0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void memoryThatWasGivenBackIsRefused(AeadProvider provider) {
    assumeAvailable(provider);
    Arena arena = Arena.ofConfined();
    MemorySegment segment = arena.allocate(64);
    arena.close();
    try (TransportAead aead = provider.create(new byte[32])) {
      assertThrows(IllegalStateException.class, () -> aead.seal(0, segment, 0, 48, segment, 0));
      assertThrows(IllegalStateException.class, () -> aead.open(0, segment, 0, 48, segment, 0));
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void onlyTheRangeOfTheResultIsWritten(AeadProvider provider) {
    assumeAvailable(provider);
    try (Arena arena = Arena.ofConfined();
        TransportAead aead = provider.create(counting(32))) {
      MemorySegment source = arena.allocate(3_000);
      for (MemorySegment target :
          List.of(arena.allocate(3_100), MemorySegment.ofArray(new byte[3_100]))) {
        for (int length : new int[] {0, 1, 20, 63, 64, 255, 256, 1_000, 1_420, 3_000}) {
          target.fill((byte) 0x5a);
          aead.seal(length, source, 0, length, target, 30);
          byte[] all = octets(target, 0, 3_100);
          for (int i = 0; i < all.length; i++) {
            if (i < 30 || i >= 30 + length + TAG_LENGTH) {
              assertEquals(0x5a, all[i], "octet " + i);
            }
          }
          byte[] before = octets(source, 0, 3_000);
          assertTrue(aead.open(length, target, 30, length + TAG_LENGTH, source, 0));
          assertArrayEquals(before, octets(source, 0, 3_000));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void keysAreCopiedAndChecked(AeadProvider provider) {
    assumeAvailable(provider);
    byte[] key = counting(32);
    MemorySegment memory = MemorySegment.ofArray(new byte[64]);
    try (TransportAead aead = provider.create(key)) {
      Arrays.fill(key, (byte) 0);
      aead.seal(0, memory, 0, 5, memory, 0);
      assertArrayEquals(expected(counting(32), 0, new byte[5]), octets(memory, 0, 21));
    }
    assertThrows(IllegalArgumentException.class, () -> provider.create(new byte[31]));
    assertThrows(IllegalArgumentException.class, () -> provider.create(new byte[33]));
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void closeIsIdempotentAndFinal(AeadProvider provider) {
    assumeAvailable(provider);
    try (Arena arena = Arena.ofConfined()) {
      for (MemorySegment memory :
          List.of(arena.allocate(64), MemorySegment.ofArray(new byte[64]))) {
        TransportAead aead = provider.create(new byte[32]);
        aead.seal(0, memory, 0, 5, memory, 0);
        aead.close();
        aead.close();
        assertThrows(IllegalStateException.class, () -> aead.seal(1, memory, 0, 5, memory, 0));
        assertThrows(IllegalStateException.class, () -> aead.open(1, memory, 0, 20, memory, 0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void aPacketAllocatesNothing(AeadProvider provider) {
    assumeAvailable(provider);
    provider.warmUp();
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int[] lengths = {0, 32, 100, 400, 1_420, 1_420, 1_420, 9_000};
    int packets = 0;
    try (Arena arena = Arena.ofConfined();
        TransportAead sealing = provider.create(counting(32));
        TransportAead opening = provider.create(counting(32))) {
      MemorySegment plaintext = arena.allocate(9_100);
      MemorySegment sealed = arena.allocate(9_100);
      long before = 0;
      for (int i = 0; i < 60_000; i++) {
        if (i == 40_000) {
          before = thread.getCurrentThreadAllocatedBytes();
        }
        int length = lengths[i % lengths.length];
        sealing.seal(i, plaintext, 0, length, sealed, 0);
        assertTrue(opening.open(i, sealed, 0, length + TAG_LENGTH, plaintext, 0));
        packets += i < 40_000 ? 0 : 2;
      }
      double perPacket = (double) (thread.getCurrentThreadAllocatedBytes() - before) / packets;
      assertTrue(perPacket < 1, perPacket + " octets a packet");
    }
  }

  @ParameterizedTest
  @MethodSource("fastProviders")
  void instancesOfTwoThreadsDoNotMeet(AeadProvider provider) throws Exception {
    assumeAvailable(provider);
    try (ExecutorService threads =
        Executors.newFixedThreadPool(2, Thread.ofPlatform().name("aead-", 0).factory())) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        results.add(threads.submit(exchange(provider, (byte) i)));
      }
      for (Future<Integer> result : results) {
        assertEquals(2_000, result.get(60, TimeUnit.SECONDS));
      }
    }
  }

  private static Callable<Integer> exchange(AeadProvider provider, byte seed) {
    return () -> {
      byte[] key = new byte[32];
      Arrays.fill(key, seed);
      int good = 0;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate(2_000);
        for (int i = 0; i < 2_000; i++) {
          // A new cipher now and then, as at each new session.
          byte[] plaintext = counting(i % 1_500);
          put(plaintext, memory, 0);
          try (TransportAead aead = provider.create(key)) {
            aead.seal(i, memory, 0, plaintext.length, memory, 0);
            boolean opened = aead.open(i, memory, 0, plaintext.length + TAG_LENGTH, memory, 0);
            good += opened && Arrays.equals(plaintext, octets(memory, 0, plaintext.length)) ? 1 : 0;
          }
        }
      }
      return good;
    };
  }
}
