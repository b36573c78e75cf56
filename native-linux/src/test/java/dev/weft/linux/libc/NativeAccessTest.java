// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class NativeAccessTest {

  @Test
  void theReasonIsTheInnermostCause() {
    Throwable failure =
        new ExceptionInInitializerError(new LinuxException("the library has no function foo"));
    String expected =
        "native calls are not possible: dev.weft.linux.libc.LinuxException: "
            + "the library has no function foo";
    assertEquals(expected, NativeAccess.reason(failure));
    assertEquals(expected, NativeAccess.reason(new IllegalStateException(failure)));
  }
}
