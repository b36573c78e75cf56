// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto.vector;

import dev.weft.spi.TransportAead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * ChaCha20-Poly1305 (RFC 8439 §2.8) in vector registers. One thread at a time. A tag is verified
 * before anything is decrypted.
 *
 * <p>The compiled code is for native memory alone: met with two kinds of segments, the compiler
 * would keep vectors in objects. So packets on the heap pass through native memory, which follows
 * the longest packet seen.
 */
final class VectorAead implements TransportAead {

  private static final int BLOCK = Keystream.BLOCK;
  private static final int MIN_CAPACITY = 256;
  private static final int MAX_ROUNDED_CAPACITY = 1 << 16;

  private final Keystream keystream = new Keystream();
  private final ChaChaLanes chaCha;
  private final Poly1305 poly = new Poly1305();

  /** For packets on the heap, made with the first. */
  private @Nullable MemorySegment staging;

  private boolean closed;

  /** Takes a copy of the key. */
  VectorAead(byte[] key) {
    chaCha = new ChaChaLanes(key, keystream);
  }

  /** Bits of the registers that this code uses. */
  static int registerBits() {
    return Keystream.LANES * Integer.SIZE;
  }

  @Override
  public void seal(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    requireOpen();
    Objects.checkFromIndexSize(sourceOffset, (long) length, source.byteSize());
    Objects.checkFromIndexSize(targetOffset, (long) length + TAG_LENGTH, target.byteSize());
    requireWritable(target);
    if (source.isNative() && target.isNative()) {
      sealNative(counter, source, sourceOffset, length, target, targetOffset);
    } else {
      MemorySegment packet = staging(Math.addExact(length, TAG_LENGTH));
      MemorySegment.copy(source, sourceOffset, packet, 0, length);
      sealNative(counter, packet, 0, length, packet, 0);
      MemorySegment.copy(packet, 0, target, targetOffset, length + TAG_LENGTH);
    }
  }

  @Override
  public boolean open(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    requireOpen();
    Objects.checkFromIndexSize(sourceOffset, (long) length, source.byteSize());
    if (length < TAG_LENGTH) {
      return false;
    }
    int plaintextLength = length - TAG_LENGTH;
    Objects.checkFromIndexSize(targetOffset, (long) plaintextLength, target.byteSize());
    requireWritable(target);
    if (source.isNative() && target.isNative()) {
      return openNative(counter, source, sourceOffset, plaintextLength, target, targetOffset);
    }
    MemorySegment packet = staging(length);
    MemorySegment.copy(source, sourceOffset, packet, 0, length);
    if (!openNative(counter, packet, 0, plaintextLength, packet, 0)) {
      return false;
    }
    MemorySegment.copy(packet, 0, target, targetOffset, plaintextLength);
    return true;
  }

  private void sealNative(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    int blocks = blocks(length);
    int made = start(blocks, counter);
    crypt(blocks, made, counter, source, sourceOffset, length, target, targetOffset);
    poly.authenticate(target, targetOffset, length);
    poly.writeTag(target, targetOffset + length);
  }

  private boolean openNative(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    int blocks = blocks(length);
    int made = start(blocks, counter);
    poly.authenticate(source, sourceOffset, length);
    if (!poly.hasTag(source, sourceOffset + length)) {
      return false;
    }
    crypt(blocks, made, counter, source, sourceOffset, length, target, targetOffset);
    return true;
  }

  /** Blocks of keystream that a packet needs: the first is the authenticator's key. */
  private static int blocks(int length) {
    return 1 + length / BLOCK + (length % BLOCK == 0 ? 0 : 1);
  }

  private int start(int blocks, long counter) {
    int made = chaCha.make(0, blocks, counter);
    poly.start(
        keystream.firstWords(0),
        keystream.firstWords(1),
        keystream.firstWords(2),
        keystream.firstWords(3));
    return made;
  }

  private void crypt(
      int blocks,
      int firstMade,
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    int block = firstMade;
    int done = Math.min(length, (firstMade - 1) * BLOCK);
    keystream.xor(1, source, sourceOffset, done, target, targetOffset);
    while (done < length) {
      int made = chaCha.make(block, blocks - block, counter);
      int octets = Math.min(length - done, made * BLOCK);
      keystream.xor(0, source, sourceOffset + done, octets, target, targetOffset + done);
      block += made;
      done += octets;
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this cipher was closed");
    }
  }

  private static void requireWritable(MemorySegment target) {
    if (target.isReadOnly()) {
      throw new IllegalArgumentException("the target is read-only");
    }
  }

  private MemorySegment staging(int length) {
    MemorySegment memory = staging;
    if (memory == null || memory.byteSize() < length) {
      eraseStaging();
      // Given back by the garbage collector: closing may happen on another thread, and an arena
      // that
      // allows that stops all threads.
      memory = Arena.ofAuto().allocate(capacity(length), Long.BYTES);
      staging = memory;
    }
    return memory;
  }

  /** The next power of two, so that slowly growing packets cause few new segments. */
  private static int capacity(int length) {
    if (length > MAX_ROUNDED_CAPACITY) {
      return length;
    }
    return length <= MIN_CAPACITY ? MIN_CAPACITY : Integer.highestOneBit(length - 1) << 1;
  }

  private void eraseStaging() {
    if (staging != null) {
      staging.fill((byte) 0);
      staging = null;
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      chaCha.erase();
      keystream.erase();
      poly.erase();
      eraseStaging();
    }
  }
}
