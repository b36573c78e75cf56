// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.linux;

import dev.weft.dataplane.userspace.device.DeviceEnvironment;
import dev.weft.spi.AeadProvider;
import dev.weft.spi.RandomSource;
import dev.weft.spi.TimeSource;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** What the core knows of the world. Used by whoever holds the core. */
final class CoreEnvironment implements DeviceEnvironment {

  private final Supplier<AeadProvider> ciphers;
  private final TimeSource time;
  private final RandomSource random;
  private final Set<Integer> indices = new HashSet<>();

  CoreEnvironment(Supplier<AeadProvider> ciphers, TimeSource time, RandomSource random) {
    this.ciphers = ciphers;
    this.time = time;
    this.random = random;
  }

  @Override
  public Instant wallClock() {
    return time.wallClock();
  }

  @Override
  public RandomSource random() {
    return random;
  }

  @Override
  public int allocateIndex() {
    byte[] octets = new byte[Integer.BYTES];
    while (true) {
      random.nextBytes(octets);
      int index = ByteBuffer.wrap(octets).getInt();
      if (indices.add(index)) {
        return index;
      }
    }
  }

  @Override
  public void releaseIndex(int index) {
    indices.remove(index);
  }

  @Override
  public AeadProvider aead() {
    return ciphers.get();
  }
}
