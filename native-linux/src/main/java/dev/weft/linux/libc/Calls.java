// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

/** What wrappers of native functions share. */
public final class Calls {

  private Calls() {}

  /** Method handles declare {@link Throwable}; a native call throws unchecked ones only. */
  public static RuntimeException unexpected(Throwable thrown) {
    return switch (thrown) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(thrown);
    };
  }
}
