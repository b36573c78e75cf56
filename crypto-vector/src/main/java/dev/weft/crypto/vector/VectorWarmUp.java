// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import dev.weft.spi.TransportAead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Uses ciphers until the compiler has compiled all of their code. Stateless. */
final class VectorWarmUp {

  /** So many that the compiler has also seen the branches that few packets take. */
  private static final int PAIRS = 30_000;

  /** Every branch: one, two and four sets of registers, and all kinds of tails. */
  private static final int[] LENGTHS = {
    1_420, 0, 1_420, 32, 1_420, 100, 148, 1_420, 270, 1_420, 415, 1_420, 600, 1_280, 1_420, 2_063
  };

  private static final int MAX_LENGTH = 2_063;

  private VectorWarmUp() {}

  /** Returns when the code is fast, after seconds. */
  static void run() {
    byte[] key = new byte[TransportAead.KEY_LENGTH];
    // Checks differ by the kind of memory, and compiled code knows those it has met.
    Arena automatic = Arena.ofAuto();
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined();
        TransportAead sealing = new VectorAead(key);
        TransportAead opening = new VectorAead(key)) {
      MemorySegment[] plaintexts = {
        shared.allocate(MAX_LENGTH),
        automatic.allocate(MAX_LENGTH),
        confined.allocate(MAX_LENGTH),
        MemorySegment.ofArray(new byte[MAX_LENGTH])
      };
      MemorySegment[] packets = {
        shared.allocate(MAX_LENGTH + TransportAead.TAG_LENGTH),
        automatic.allocate(MAX_LENGTH + TransportAead.TAG_LENGTH)
      };
      for (int i = 0; i < PAIRS; i++) {
        int length = LENGTHS[i % LENGTHS.length];
        MemorySegment plaintext = plaintexts[i / 2 % 4];
        MemorySegment sealed = packets[i / 8 % 2];
        sealing.seal(i, plaintext, 0, length, sealed, 0);
        if (!opening.open(i, sealed, 0, length + TransportAead.TAG_LENGTH, plaintext, 0)) {
          throw new IllegalStateException("a packet of " + length + " octets was not opened");
        }
      }
    }
  }
}
