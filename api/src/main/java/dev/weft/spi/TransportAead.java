// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

import java.lang.foreign.MemorySegment;

/**
 * ChaCha20-Poly1305 (RFC 8439) for WireGuard data packets: no associated data, the nonce is four
 * zero octets and the counter as a little-endian u64 (WG §5.4.6). One instance has one key and one
 * direction and is used by one thread at a time. Nothing is allocated that grows with the number of
 * packets in flight.
 *
 * <p>Source and target may be the same segment at the same offset (in place), or must not overlap.
 * Segments may be on the heap or native.
 */
public interface TransportAead extends AutoCloseable {

  /** Octets of the authentication tag that {@link #seal} appends. */
  int TAG_LENGTH = 16;

  /** Octets of a key. */
  int KEY_LENGTH = 32;

  /**
   * Encrypts {@code length} octets and writes {@code length + TAG_LENGTH} octets to the target.
   *
   * @param counter the nonce; using one twice may throw {@link IllegalStateException}
   * @param length octets of plaintext, 0 or more
   * @throws IndexOutOfBoundsException if a range is outside its segment
   */
  void seal(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset);

  /**
   * Verifies and decrypts {@code length} octets of ciphertext with tag, writing {@code length -
   * TAG_LENGTH} octets of plaintext to the target.
   *
   * @param counter the nonce
   * @param length octets of ciphertext including the tag
   * @return false if the tag is wrong or {@code length} is below {@link #TAG_LENGTH}; what the
   *     target range holds then is unspecified and must not be used
   * @throws IndexOutOfBoundsException if a range is outside its segment
   */
  boolean open(
      long counter,
      MemorySegment source,
      long sourceOffset,
      int length,
      MemorySegment target,
      long targetOffset);

  /** Erases the key as far as the implementation can. Idempotent. */
  @Override
  void close();
}
