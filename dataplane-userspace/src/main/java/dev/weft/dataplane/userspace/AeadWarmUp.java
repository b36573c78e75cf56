// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.linux.libc.ThreadNice;

/** Runs the warming up of ciphers beside everything else. */
final class AeadWarmUp {

  static final String THREAD_NAME = "weft-aead-warm-up";

  private AeadWarmUp() {}

  /** Starts a thread that ends with its work and does not keep the process alive. */
  @SuppressWarnings("ThreadPriorityCheck") // Only a courtesy: nothing depends on it.
  static Thread start(Runnable work) {
    // A platform thread: the work computes for seconds, and a virtual one would hold up others.
    return Thread.ofPlatform()
        .name(THREAD_NAME)
        .daemon(true)
        .priority(Thread.MIN_PRIORITY)
        .start(
            () -> {
              // Java's priority means nothing on Linux.
              boolean _ = ThreadNice.giveWay();
              work.run();
            });
  }
}
