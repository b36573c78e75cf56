// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.linux.crypto.LibcryptoChaCha20Poly1305;
import dev.weft.spi.TransportAead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSL's cipher over memory segments. Packets in native memory are worked on where they are;
 * packets on the heap pass through a small native buffer, part by part. A packet that is refused
 * leaves zeros in the target. One thread at a time.
 */
final class OpensslAead implements TransportAead {

  /** Holds a packet of an Ethernet's MTU; a multiple of the cipher's blocks of 64 octets. */
  static final int STAGING_LENGTH = 2048;

  private final LibcryptoChaCha20Poly1305 cipher;

  /** For packets on the heap, made with the first: room for a part and for a tag. */
  private @Nullable MemorySegment staging;

  /** Takes a copy of the key. */
  OpensslAead(byte[] key) {
    cipher = new LibcryptoChaCha20Poly1305(key);
  }

  @Override
  public void seal(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset) {
    Objects.checkFromIndexSize(sourceOffset, (long) length, source.byteSize());
    Objects.checkFromIndexSize(targetOffset, (long) length + TAG_LENGTH, target.byteSize());
    if (isDirect(source, target)) {
      try {
        cipher.seal(
            counter, source.address() + sourceOffset, length, target.address() + targetOffset);
      } finally {
        Reference.reachabilityFence(source);
        Reference.reachabilityFence(target);
      }
    } else {
      MemorySegment part = staging();
      long tag = part.address() + STAGING_LENGTH;
      cipher.startSeal(counter);
      passInParts(source, sourceOffset, length, target, targetOffset, part);
      cipher.finishSeal(tag);
      MemorySegment.copy(part, STAGING_LENGTH, target, targetOffset + length, TAG_LENGTH);
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
    Objects.checkFromIndexSize(sourceOffset, (long) length, source.byteSize());
    if (length < TAG_LENGTH) {
      return false;
    }
    int plaintextLength = length - TAG_LENGTH;
    Objects.checkFromIndexSize(targetOffset, (long) plaintextLength, target.byteSize());
    boolean authentic;
    if (isDirect(source, target)) {
      try {
        authentic =
            cipher.open(
                counter, source.address() + sourceOffset, length, target.address() + targetOffset);
      } finally {
        Reference.reachabilityFence(source);
        Reference.reachabilityFence(target);
      }
    } else {
      MemorySegment part = staging();
      MemorySegment.copy(source, sourceOffset + plaintextLength, part, STAGING_LENGTH, TAG_LENGTH);
      cipher.startOpen(counter, part.address() + STAGING_LENGTH);
      passInParts(source, sourceOffset, plaintextLength, target, targetOffset, part);
      authentic = cipher.finishOpen();
    }
    if (!authentic) {
      // The library decrypts before it knows.
      target.asSlice(targetOffset, plaintextLength).fill((byte) 0);
    }
    return authentic;
  }

  /**
   * Whether the library may be given the addresses. Addresses evade the checks of segments, so
   * these are made here.
   */
  private static boolean isDirect(MemorySegment source, MemorySegment target) {
    if (target.isReadOnly()) {
      throw new IllegalArgumentException("the target is read-only");
    }
    if (!source.isNative() || !target.isNative()) {
      return false;
    }
    if (!source.scope().isAlive() || !target.scope().isAlive()) {
      throw new IllegalStateException("the memory of a packet was given back");
    }
    return true;
  }

  private void passInParts(
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset,
      MemorySegment part) {
    for (int done = 0; done < length; done += STAGING_LENGTH) {
      int octets = Math.min(length - done, STAGING_LENGTH);
      MemorySegment.copy(source, sourceOffset + done, part, 0, octets);
      cipher.update(part.address(), octets, part.address());
      MemorySegment.copy(part, 0, target, targetOffset + done, octets);
    }
  }

  private MemorySegment staging() {
    MemorySegment memory = staging;
    if (memory == null) {
      // Given back by the garbage collector: closing may happen on another thread, and an arena
      // that
      // allows that stops all threads.
      memory = Arena.ofAuto().allocate(STAGING_LENGTH + TAG_LENGTH, Long.BYTES);
      staging = memory;
    }
    return memory;
  }

  @Override
  public void close() {
    cipher.close();
    if (staging != null) {
      staging.fill((byte) 0);
      staging = null;
    }
  }
}
