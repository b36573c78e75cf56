// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.standalone;

import dev.weft.spi.RandomSource;
import dev.weft.spi.TimeSource;
import java.security.SecureRandom;
import java.time.Instant;

/** The clocks and the randomness of this machine. Thread-safe. */
final class SystemEnvironment implements TimeSource, RandomSource {

  private final SecureRandom random = new SecureRandom();

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant wallClock() {
    return Instant.now();
  }

  @Override
  public void nextBytes(byte[] target) {
    random.nextBytes(target);
  }

  @Override
  public int nextInt(int bound) {
    return random.nextInt(bound);
  }
}
