// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Functions of a shared library, as method handles. Pointers are passed as {@code long} addresses,
 * so that calls make no objects; who calls keeps the memory alive. Thread-safe.
 */
public final class NativeLibrary {

  private static final Linker LINKER = Linker.nativeLinker();

  private final SymbolLookup symbols;

  private NativeLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /** The C library that this process is linked with. */
  public static NativeLibrary libc() {
    return new NativeLibrary(LINKER.defaultLookup());
  }

  /**
   * A library by its file name, such as {@code libcrypto.so.3}; empty if it cannot be loaded. It
   * stays loaded.
   */
  @SuppressWarnings("restricted")
  public static Optional<NativeLibrary> load(String fileName) {
    try {
      return Optional.of(new NativeLibrary(SymbolLookup.libraryLookup(fileName, Arena.global())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * A function that sets no {@code errno}.
   *
   * @param result the layout of the result
   * @param arguments the layouts of the arguments; pointers are {@link ValueLayout#JAVA_LONG}
   * @throws LinuxException if the library has no such function
   * @throws IllegalCallerException if native access is denied to this module
   */
  public MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(result, arguments));
  }

  /** The same for a function without result. */
  public MethodHandle procedure(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.ofVoid(arguments));
  }

  /**
   * A function that reports errors in {@code errno}. The handle's first parameter is the {@link
   * MemorySegment} that takes it: {@link Errno#capture()}.
   */
  public MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(result, arguments), ERRNO);
  }

  /** The same for a function with variable arguments, of which the first has that index. */
  public MethodHandle variadicCall(
      String name, int firstVariable, MemoryLayout result, MemoryLayout... arguments) {
    return link(
        name,
        FunctionDescriptor.of(result, arguments),
        ERRNO,
        Linker.Option.firstVariadicArg(firstVariable));
  }

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  @SuppressWarnings("restricted")
  private MethodHandle link(String name, FunctionDescriptor function, Linker.Option... options) {
    MemorySegment symbol =
        symbols
            .find(name)
            .orElseThrow(() -> new LinuxException("the library has no function " + name));
    return LINKER.downcallHandle(symbol, function, options);
  }
}
