// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.util.Objects;
import org.bouncycastle.crypto.digests.Blake2sDigest;

/**
 * BLAKE2s: the hash and the keyed MAC of WireGuard. The static methods are thread-safe; an instance
 * takes input piece by piece and is confined to one thread at a time. Sources: RFC 7693; WG §5.4
 * ({@code Hash} and {@code Mac}).
 */
public final class Blake2s {

  /** Octets of a hash, and the most octets of any result or key. */
  public static final int HASH_LENGTH = 32;

  /** Octets of WireGuard's MAC. */
  public static final int MAC_LENGTH = 16;

  /** Octets of the blocks that are compressed; HMAC needs it. */
  public static final int BLOCK_LENGTH = 64;

  private final Blake2sDigest digest;
  private final int length;

  private Blake2s(Blake2sDigest digest, int length) {
    this.digest = digest;
    this.length = length;
  }

  /** An unkeyed hash of 32 octets, to be fed. */
  public static Blake2s unkeyed() {
    return unkeyed(HASH_LENGTH);
  }

  /**
   * An unkeyed hash, to be fed.
   *
   * @param length octets of the result, 1 to 32
   * @throws IllegalArgumentException if the length is outside its range
   */
  public static Blake2s unkeyed(int length) {
    requireLength(length);
    return new Blake2s(new Blake2sDigest(Byte.SIZE * length), length);
  }

  /**
   * A keyed MAC, to be fed.
   *
   * @param key 1 to 32 octets; may be erased afterwards
   * @param length octets of the result, 1 to 32
   * @throws IllegalArgumentException if a length is outside its range
   */
  public static Blake2s keyed(byte[] key, int length) {
    if (key.length == 0 || key.length > HASH_LENGTH) {
      throw new IllegalArgumentException("a BLAKE2s key has 1 to 32 octets, not " + key.length);
    }
    requireLength(length);
    return new Blake2s(new Blake2sDigest(key, length, null, null), length);
  }

  /** The hash of the concatenated inputs, 32 octets. */
  public static byte[] hash(byte[]... inputs) {
    return unkeyed().updateAll(inputs).finish();
  }

  /**
   * The keyed MAC of the concatenated inputs, 16 octets.
   *
   * @throws IllegalArgumentException if the key does not have 1 to 32 octets
   */
  public static byte[] mac(byte[] key, byte[]... inputs) {
    return finishKeyed(keyed(key, MAC_LENGTH).updateAll(inputs));
  }

  /**
   * The keyed MAC of a part of an array, 16 octets.
   *
   * @throws IllegalArgumentException if the key does not have 1 to 32 octets
   * @throws IndexOutOfBoundsException if the part is outside the array
   */
  public static byte[] mac(byte[] key, byte[] input, int offset, int length) {
    return finishKeyed(keyed(key, MAC_LENGTH).update(input, offset, length));
  }

  /**
   * The keyed hash of the concatenated inputs, 32 octets.
   *
   * @throws IllegalArgumentException if the key does not have 1 to 32 octets
   */
  public static byte[] keyedHash(byte[] key, byte[]... inputs) {
    return finishKeyed(keyed(key, HASH_LENGTH).updateAll(inputs));
  }

  /** Appends input. */
  public Blake2s update(byte[] input) {
    digest.update(input, 0, input.length);
    return this;
  }

  /**
   * Appends a part of an array.
   *
   * @throws IndexOutOfBoundsException if the part is outside the array
   */
  public Blake2s update(byte[] input, int offset, int count) {
    Objects.checkFromIndexSize(offset, count, input.length);
    digest.update(input, offset, count);
    return this;
  }

  /** The result of what was appended; the instance starts over, with its key if it has one. */
  public byte[] finish() {
    byte[] result = new byte[length];
    digest.doFinal(result, 0);
    return result;
  }

  /** Erases the key and what was appended as far as the implementation can. */
  public void destroy() {
    digest.clearKey();
    digest.reset();
  }

  private Blake2s updateAll(byte[][] inputs) {
    for (byte[] input : inputs) {
      update(input);
    }
    return this;
  }

  private static byte[] finishKeyed(Blake2s keyed) {
    byte[] result = keyed.finish();
    keyed.destroy();
    return result;
  }

  private static void requireLength(int length) {
    if (length < 1 || length > HASH_LENGTH) {
      throw new IllegalArgumentException("BLAKE2s gives 1 to 32 octets, not " + length);
    }
  }
}
