// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of libcrypto. A record, because the compiler treats the handles of a constant
 * record as constants, as it does those of static fields, while making one may fail without a class
 * that cannot be initialised. None is a critical call: that was measured slower for these
 * functions.
 *
 * @param newContext {@code EVP_CIPHER_CTX_new}
 * @param freeContext {@code EVP_CIPHER_CTX_free}; erases the key
 * @param init {@code EVP_CipherInit_ex}
 * @param update {@code EVP_CipherUpdate}
 * @param finish {@code EVP_CipherFinal_ex}
 * @param control {@code EVP_CIPHER_CTX_ctrl}
 * @param allocate {@code CRYPTO_zalloc}
 * @param free {@code CRYPTO_clear_free}
 * @param version {@code OpenSSL_version}
 */
record EvpFunctions(
    MethodHandle newContext,
    MethodHandle freeContext,
    MethodHandle init,
    MethodHandle update,
    MethodHandle finish,
    MethodHandle control,
    MethodHandle allocate,
    MethodHandle free,
    MethodHandle version) {

  /**
   * Binds them.
   *
   * @throws LinuxException if one is missing, as in OpenSSL before 1.1.0
   */
  static EvpFunctions of(NativeLibrary library) {
    return new EvpFunctions(
        library.function("EVP_CIPHER_CTX_new", JAVA_LONG),
        library.procedure("EVP_CIPHER_CTX_free", JAVA_LONG),
        library.function(
            "EVP_CipherInit_ex",
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT),
        library.function(
            "EVP_CipherUpdate", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT),
        library.function("EVP_CipherFinal_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        library.function("EVP_CIPHER_CTX_ctrl", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG),
        library.function("CRYPTO_zalloc", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT),
        library.procedure("CRYPTO_clear_free", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT),
        library.function("OpenSSL_version", JAVA_LONG, JAVA_INT));
  }

  /**
   * The cipher: fetched where the library can (OpenSSL 3), so that not every start of a cipher
   * looks for it, else the library's own constant. It is never given back.
   *
   * @return an address, or 0 if the library does not offer this cipher
   */
  long chaCha20Poly1305(NativeLibrary library) {
    try {
      MethodHandle fetch;
      try {
        fetch = library.function("EVP_CIPHER_fetch", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      } catch (LinuxException olderThanThree) {
        return (long) library.function("EVP_chacha20_poly1305", JAVA_LONG).invokeExact();
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment name = arena.allocateFrom("ChaCha20-Poly1305");
        return (long) fetch.invokeExact(0L, name.address(), 0L);
      }
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * Memory of zeros, from the library's allocator: cheap to get and to give back on any thread.
   *
   * @throws OutOfMemoryError if there is none
   */
  long allocate(long octets) {
    try {
      long address = (long) allocate.invokeExact(octets, 0L, 0);
      if (address == 0) {
        throw new OutOfMemoryError("native memory for a cipher");
      }
      return address;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /** Erases memory and gives it back. */
  void free(long address, long octets) {
    try {
      free.invokeExact(address, octets, 0L, 0);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
