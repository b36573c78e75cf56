// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import dev.weft.spi.TransportAead;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * What the portable ciphers share: packets pass through one array on the heap, because ciphers over
 * arrays were measured faster than over direct buffers. The array follows the longest packet seen,
 * so that peers which only exchange keepalives stay small. Plaintext reaches the target only after
 * its tag was verified. One thread at a time.
 */
abstract sealed class StagedAead implements TransportAead permits JdkAead, BouncyCastleAead {

  private static final int NONCE_LENGTH = 12;
  private static final int NONCE_COUNTER = NONCE_LENGTH - Long.BYTES;
  private static final int MIN_CAPACITY = 128;
  private static final int MAX_ROUNDED_CAPACITY = 1 << 16;

  private final byte[] nonce = new byte[NONCE_LENGTH];
  private final ByteBuffer nonceCounter = ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN);
  private byte[] staging = {};
  private boolean closed;

  /**
   * Encrypts {@code length} octets at the start of the array in place and appends the tag.
   *
   * @throws IllegalStateException if the nonce was used before
   */
  abstract void sealInPlace(byte[] nonce, byte[] packet, int length);

  /** Verifies and decrypts {@code length} octets, tag included, at the start of the array. */
  abstract boolean openInPlace(byte[] nonce, byte[] packet, int length);

  /** Erases the key; called once. */
  abstract void eraseKey();

  @Override
  public final void seal(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    requireOpen();
    Objects.checkFromIndexSize(sourceOffset, (long) length, source.byteSize());
    Objects.checkFromIndexSize(targetOffset, (long) length + TAG_LENGTH, target.byteSize());
    byte[] packet = staging(Math.addExact(length, TAG_LENGTH));
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, sourceOffset, packet, 0, length);
    sealInPlace(nonce(counter), packet, length);
    MemorySegment.copy(packet, 0, target, ValueLayout.JAVA_BYTE, targetOffset, length + TAG_LENGTH);
  }

  @Override
  public final boolean open(
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
    Objects.checkFromIndexSize(targetOffset, (long) length - TAG_LENGTH, target.byteSize());
    byte[] packet = staging(length);
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, sourceOffset, packet, 0, length);
    if (!openInPlace(nonce(counter), packet, length)) {
      return false;
    }
    MemorySegment.copy(packet, 0, target, ValueLayout.JAVA_BYTE, targetOffset, length - TAG_LENGTH);
    return true;
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      Arrays.fill(staging, (byte) 0);
      staging = new byte[0];
      eraseKey();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this cipher was closed");
    }
  }

  private byte[] nonce(long counter) {
    nonceCounter.putLong(NONCE_COUNTER, counter);
    return nonce;
  }

  private byte[] staging(int length) {
    if (staging.length < length) {
      Arrays.fill(staging, (byte) 0);
      staging = new byte[capacity(length)];
    }
    return staging;
  }

  /** The next power of two, so that slowly growing packets cause few new arrays. */
  private static int capacity(int length) {
    if (length > MAX_ROUNDED_CAPACITY) {
      return length;
    }
    return length <= MIN_CAPACITY ? MIN_CAPACITY : Integer.highestOneBit(length - 1) << 1;
  }
}
