// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.weft.linux.libc.Errno;
import dev.weft.linux.libc.NativeLibrary;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Assertions;

/** What only tests do with descriptors. */
final class FileDescriptors {

  private static final MethodHandle FCNTL =
      NativeLibrary.libc().variadicCall("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  private static final int F_SETFL = 4;

  private FileDescriptors() {}

  static void setBlocking(int descriptor) throws Throwable {
    int result = (int) FCNTL.invokeExact(Errno.capture(), descriptor, F_SETFL, 0);
    Assertions.assertEquals(0, result);
  }
}
