// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

/** Says why native calls cannot be made, for who must not fail because of it. */
public final class NativeAccess {

  private NativeAccess() {}

  /**
   * The reason behind a failure of bindings: their initialiser throws when native access is denied
   * ({@code --illegal-native-access=deny}) or a function is missing, once with the cause and later
   * with a memory of it.
   */
  public static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return "native calls are not possible: " + root;
  }
}
