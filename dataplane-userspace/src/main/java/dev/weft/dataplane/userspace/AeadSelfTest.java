// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.TransportAead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Whether a cipher for data packets is right. Stateless and thread-safe. */
final class AeadSelfTest {

  /** Packets that {@link #exercise} seals and opens. */
  static final int PAIRS = 30_000;

  private static final long COUNTER = 0x0807060504030201L;
  private static final byte[] PLAINTEXT =
      "weft self-test of a data cipher!!".getBytes(StandardCharsets.US_ASCII);

  /** The plaintext under the key 80 81 .. 9f; two independent implementations agree on it. */
  private static final byte[] CIPHERTEXT =
      HexFormat.of()
          .parseHex(
              "96dc728c3796129439b417d94a989f4fa8f3e22df3b8070e5c81db80d4e63899"
                  + "e477692ec94d5556ad90a000e8be66296c");

  /** Keepalives, acknowledgements, the sizes of full packets, and the largest packets. */
  private static final int[] LENGTHS = {
    0, 16, 32, 48, 64, 80, 112, 144, 240, 272, 512, 576, 1_008, 1_280, 1_408, 1_420, 1_420, 1_420,
    1_424, 1_452, 1_500, 2_048, 8_952, 33
  };

  private static final int MAX_LENGTH = 65_535;

  /** How often a packet is compared, is damaged, and is of the largest size. */
  private static final int COMPARED = 16;

  private static final int DAMAGED = 61;
  private static final int LARGE = 499;

  private AeadSelfTest() {}

  /** Seals and opens a known packet, and refuses a damaged one. Never throws. */
  static boolean passes(AeadProvider provider) {
    byte[] packet = Arrays.copyOf(PLAINTEXT, CIPHERTEXT.length);
    MemorySegment memory = MemorySegment.ofArray(packet);
    try (TransportAead sealing = provider.create(key());
        TransportAead opening = provider.create(key())) {
      sealing.seal(COUNTER, memory, 0, PLAINTEXT.length, memory, 0);
      if (!Arrays.equals(packet, CIPHERTEXT)
          || !opening.open(COUNTER, memory, 0, packet.length, memory, 0)
          || !Arrays.equals(packet, 0, PLAINTEXT.length, PLAINTEXT, 0, PLAINTEXT.length)) {
        return false;
      }
      byte[] damaged = CIPHERTEXT.clone();
      damaged[0] ^= 1;
      MemorySegment damagedMemory = MemorySegment.ofArray(damaged);
      return !opening.open(COUNTER, damagedMemory, 0, damaged.length, damagedMemory, 0);
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }

  /**
   * Seals and opens packets of many sizes in native memory, as the planes do, with compiled code as
   * well as before; some are compared with what another provider makes of them. Takes up to a
   * second or so.
   *
   * @return whether all packets were right
   */
  static boolean exercise(AeadProvider provider, AeadProvider reference) {
    try (Arena arena = Arena.ofConfined();
        TransportAead sealing = provider.create(key());
        TransportAead opening = provider.create(key());
        TransportAead comparing = reference.create(key())) {
      int capacity = MAX_LENGTH + TransportAead.TAG_LENGTH;
      MemorySegment plaintext = arena.allocate(capacity);
      MemorySegment sealed = arena.allocate(capacity);
      MemorySegment other = arena.allocate(capacity);
      // Anything that has no pattern serves as plaintext.
      comparing.seal(-1, plaintext, 0, MAX_LENGTH, plaintext, 0);
      for (int i = 0; i < PAIRS; i++) {
        int length = i % LARGE == 0 ? MAX_LENGTH : LENGTHS[i % LENGTHS.length];
        int sealedLength = length + TransportAead.TAG_LENGTH;
        sealing.seal(i, plaintext, 0, length, sealed, 0);
        if (i % COMPARED == 0) {
          comparing.seal(i, plaintext, 0, length, other, 0);
          if (differ(sealed, other, sealedLength)) {
            return false;
          }
        }
        if (i % DAMAGED == 0) {
          flip(sealed, i % sealedLength);
          if (opening.open(i, sealed, 0, sealedLength, other, 0)) {
            return false;
          }
          flip(sealed, i % sealedLength);
        }
        if (!opening.open(i, sealed, 0, sealedLength, sealed, 0)
            || differ(sealed, plaintext, length)) {
          return false;
        }
      }
      return true;
    }
  }

  private static boolean differ(MemorySegment left, MemorySegment right, int length) {
    return MemorySegment.mismatch(left, 0, length, right, 0, length) >= 0;
  }

  private static void flip(MemorySegment memory, int octet) {
    memory.set(
        ValueLayout.JAVA_BYTE, octet, (byte) (memory.get(ValueLayout.JAVA_BYTE, octet) ^ 0x10));
  }

  private static byte[] key() {
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (0x80 + i);
    }
    return key;
  }
}
