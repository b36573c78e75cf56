// SPDX-License-Identifier: Apache-2.0

package dev.weft.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** How much of the processors a thread gets beside others. Source: setpriority(2). */
public final class ThreadNice {

  private static final int PRIO_PROCESS = 0;
  private static final int LEAST = 19;

  private ThreadNice() {}

  /**
   * Lets all others go before the calling platform thread, for good. Linux gives each thread a nice
   * value of its own, which Java's priorities do not change.
   *
   * @return false if that is not possible here; then nothing changed
   */
  public static boolean giveWay() {
    try {
      MethodHandle function =
          NativeLibrary.libc().call("setpriority", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
      MemorySegment errno = Errno.capture();
      // 0 is the calling thread.
      return (int) function.invokeExact(errno, PRIO_PROCESS, 0, LEAST) == 0;
    } catch (LinkageError | RuntimeException e) {
      return false;
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }
}
