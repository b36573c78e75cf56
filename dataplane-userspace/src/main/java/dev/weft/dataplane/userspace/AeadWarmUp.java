// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.linux.libc.ThreadNice;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Runs the warming up of ciphers beside everything else. */
final class AeadWarmUp {

  static final String THREAD_NAME = "weft-aead-warm-up";

  private AeadWarmUp() {}

  /**
   * Starts a thread that waits, ends with its work and does not keep the process alive.
   *
   * @param delay before the work; who interrupts the thread meanwhile prevents the work
   */
  @SuppressWarnings("ThreadPriorityCheck") // Only a courtesy: nothing depends on it.
  static Thread start(Runnable work, Duration delay) {
    // A platform thread: the work computes for seconds, and a virtual one would hold up others.
    return Thread.ofPlatform()
        .name(THREAD_NAME)
        .daemon(true)
        .priority(Thread.MIN_PRIORITY)
        .start(
            () -> {
              if (hasWaited(delay)) {
                // Java's priority means nothing on Linux.
                boolean _ = ThreadNice.giveWay();
                work.run();
              }
            });
  }

  private static boolean hasWaited(Duration delay) {
    try {
      // Nobody counts down: only the time ends this.
      return !new CountDownLatch(1).await(delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }
}
