// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.crypto;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.LinuxException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * ChaCha20-Poly1305 of libcrypto for one key, without associated data; the nonce is four zero
 * octets and a counter as little-endian u64. Packets are native memory given by address, which the
 * caller has checked and keeps alive. Source and target are the same or do not overlap.
 *
 * <p>One thread at a time, closing included: closing frees what a call under way would use. Making
 * one and closing it may happen on any thread. A call allocates nothing.
 */
public final class LibcryptoChaCha20Poly1305 implements AutoCloseable {

  /** Octets of a key. */
  public static final int KEY_LENGTH = 32;

  /** Octets of a tag. */
  public static final int TAG_LENGTH = 16;

  // EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG of openssl/evp.h.
  private static final int GET_TAG = 0x10;
  private static final int SET_TAG = 0x11;

  // What EVP_CipherInit_ex takes for its direction.
  private static final int DECRYPT = 0;
  private static final int ENCRYPT = 1;
  private static final int SUCCESS = 1;

  // What an instance has of native memory besides its context: the nonce of 12 octets, the length
  // that the library reports, and the key while the context is made.
  private static final long NONCE = 0;
  private static final long COUNTER = NONCE + 4;
  private static final long WRITTEN = COUNTER + Long.BYTES;
  private static final long KEY = WRITTEN + Integer.BYTES;
  private static final long SCRATCH_SIZE = KEY + KEY_LENGTH;

  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Loaded with the first instance; a missing library then throws from the constructor. */
  private static final class Binding {
    static final EvpFunctions EVP = Libcrypto.functions();
    static final long CIPHER = Libcrypto.cipher();
  }

  private final MemorySegment scratch;
  private final long nonce;
  private final long written;

  /** The context's address; 0 after closing. */
  private long context;

  /**
   * Starts a cipher.
   *
   * @param key 32 octets; copied
   * @throws IllegalArgumentException if the key is not 32 octets long
   * @throws LinuxException if {@link Libcrypto#problem} names one, or the library refuses
   */
  @SuppressWarnings("restricted")
  public LibcryptoChaCha20Poly1305(byte[] key) {
    if (key.length != KEY_LENGTH) {
      throw new IllegalArgumentException(
          "a ChaCha20-Poly1305 key has " + KEY_LENGTH + " octets, not " + key.length);
    }
    Libcrypto.problem()
        .ifPresent(
            problem -> {
              throw new LinuxException(problem);
            });
    long address = Binding.EVP.allocate(SCRATCH_SIZE);
    this.scratch = MemorySegment.ofAddress(address).reinterpret(SCRATCH_SIZE);
    this.nonce = address + NONCE;
    this.written = address + WRITTEN;
    boolean started = false;
    try {
      context = (long) Binding.EVP.newContext().invokeExact();
      MemorySegment.copy(key, 0, scratch, ValueLayout.JAVA_BYTE, KEY, KEY_LENGTH);
      started =
          context != 0
              && (int)
                      Binding.EVP
                          .init()
                          .invokeExact(context, Binding.CIPHER, 0L, address + KEY, nonce, ENCRYPT)
                  == SUCCESS;
      if (!started) {
        throw new LinuxException("libcrypto refused to start ChaCha20-Poly1305");
      }
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    } finally {
      scratch.asSlice(KEY, KEY_LENGTH).fill((byte) 0);
      if (!started) {
        release();
      }
    }
  }

  /**
   * Encrypts {@code length} octets and writes {@code length + TAG_LENGTH}.
   *
   * @throws IllegalStateException if this is closed
   */
  public void seal(long counter, long source, int length, long target) {
    startSeal(counter);
    update(source, length, target);
    finishSeal(target + length);
  }

  /**
   * Decrypts {@code length} octets, tag included, and writes {@code length - TAG_LENGTH}; the
   * caller must not use what was written unless this returns true.
   *
   * @param length at least {@link #TAG_LENGTH}
   * @throws IllegalStateException if this is closed
   */
  public boolean open(long counter, long source, int length, long target) {
    int plaintextLength = length - TAG_LENGTH;
    startOpen(counter, source + plaintextLength);
    update(source, plaintextLength, target);
    return finishOpen();
  }

  /** Begins a packet to encrypt that is passed in parts. */
  public void startSeal(long counter) {
    start(counter, ENCRYPT);
  }

  /**
   * Begins a packet to decrypt that is passed in parts.
   *
   * @param tag the address of the tag that it must have; copied
   */
  public void startOpen(long counter, long tag) {
    start(counter, DECRYPT);
    try {
      check(
          (int) Binding.EVP.control().invokeExact(context, SET_TAG, TAG_LENGTH, tag),
          "setting a tag");
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private void start(long counter, int direction) {
    requireOpen();
    scratch.set(U64, COUNTER, counter);
    try {
      check(
          (int) Binding.EVP.init().invokeExact(context, 0L, 0L, 0L, nonce, direction),
          "starting a packet");
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** The next part of the packet; all but the last are multiples of 64 octets. */
  public void update(long source, int length, long target) {
    requireOpen();
    if (length == 0) {
      return;
    }
    try {
      check(
          (int) Binding.EVP.update().invokeExact(context, target, written, source, length),
          "a packet");
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Ends a packet that was begun with {@link #startSeal} and writes its tag. */
  public void finishSeal(long tag) {
    requireOpen();
    try {
      // Writes no octets: a stream cipher has none left.
      check((int) Binding.EVP.finish().invokeExact(context, tag, written), "ending a packet");
      check(
          (int) Binding.EVP.control().invokeExact(context, GET_TAG, TAG_LENGTH, tag),
          "taking a tag");
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Ends a packet that was begun with {@link #startOpen}; whether it had the expected tag. */
  public boolean finishOpen() {
    requireOpen();
    try {
      return (int) Binding.EVP.finish().invokeExact(context, written, written) == SUCCESS;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private void requireOpen() {
    if (context == 0) {
      throw new IllegalStateException("this cipher was closed");
    }
  }

  private static void check(int result, String what) {
    if (result != SUCCESS) {
      throw new IllegalStateException("libcrypto failed at " + what);
    }
  }

  /** Erases the key and frees the context. Idempotent. */
  @Override
  public void close() {
    if (context != 0) {
      release();
    }
  }

  private void release() {
    long released = context;
    context = 0;
    try {
      Binding.EVP.freeContext().invokeExact(released);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    Binding.EVP.free(scratch.address(), SCRATCH_SIZE);
  }
}
