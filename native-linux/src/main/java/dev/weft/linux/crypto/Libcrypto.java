// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.crypto;

import dev.weft.linux.libc.Calls;
import dev.weft.linux.libc.LinuxException;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether OpenSSL's libcrypto is there, and which. It is looked for once per process. Thread-safe.
 */
public final class Libcrypto {

  /** By preference: OpenSSL 3, OpenSSL 1.1, and whatever a development package calls it. */
  private static final List<String> FILE_NAMES =
      List.of("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so");

  private static final int OPENSSL_VERSION = 0;
  private static final int MAX_VERSION_LENGTH = 256;

  private Libcrypto() {}

  /** What looking for the library ended in. */
  private sealed interface Search {

    /**
     * A library that has what is needed.
     *
     * @param cipher the address of its {@code EVP_CIPHER}, for the life of the process
     */
    record Found(EvpFunctions functions, long cipher, String version) implements Search {}

    /** None; the reason is for a person. */
    record Missing(String reason) implements Search {}
  }

  private static final Search SEARCH = search(FILE_NAMES);

  /** Why the library cannot be used; empty if it can. */
  public static Optional<String> problem() {
    return problem(SEARCH);
  }

  /** What the library says of its version, such as {@code OpenSSL 3.0.19 27 Jan 2026}. */
  public static Optional<String> version() {
    return switch (SEARCH) {
      case Search.Found found -> Optional.of(found.version());
      case Search.Missing missing -> Optional.empty();
    };
  }

  /** Why none of these files can be used. Never throws. */
  static Optional<String> problemOf(List<String> fileNames) {
    return problem(search(fileNames));
  }

  private static Optional<String> problem(Search search) {
    return switch (search) {
      case Search.Found found -> Optional.empty();
      case Search.Missing(String reason) -> Optional.of(reason);
    };
  }

  /**
   * The functions, which hot paths keep in a constant.
   *
   * @throws LinuxException if there is no library
   */
  static EvpFunctions functions() {
    return found().functions();
  }

  /** The address of the {@code EVP_CIPHER}. */
  static long cipher() {
    return found().cipher();
  }

  private static Search.Found found() {
    return switch (SEARCH) {
      case Search.Found found -> found;
      case Search.Missing(String reason) -> throw new LinuxException(reason);
    };
  }

  private static Search search(List<String> fileNames) {
    List<String> problems = new ArrayList<>();
    for (String fileName : fileNames) {
      try {
        Optional<NativeLibrary> library = NativeLibrary.load(fileName);
        if (library.isPresent()) {
          return bind(library.get());
        }
        problems.add(fileName + " cannot be loaded");
      } catch (LinuxException e) {
        problems.add(fileName + ": " + e.getMessage());
      } catch (RuntimeException | LinkageError e) {
        // Native access is denied, or this platform has no linker: no file name changes that.
        return new Search.Missing("no native access: " + e.getMessage());
      }
    }
    return new Search.Missing(String.join("; ", problems));
  }

  private static Search bind(NativeLibrary library) {
    EvpFunctions functions = EvpFunctions.of(library);
    long cipher = functions.chaCha20Poly1305(library);
    if (cipher == 0) {
      throw new LinuxException("the library offers no ChaCha20-Poly1305");
    }
    return new Search.Found(functions, cipher, version(functions));
  }

  @SuppressWarnings("restricted")
  private static String version(EvpFunctions functions) {
    try {
      long text = (long) functions.version().invokeExact(OPENSSL_VERSION);
      return MemorySegment.ofAddress(text).reinterpret(MAX_VERSION_LENGTH).getString(0);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
