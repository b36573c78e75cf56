// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.RandomSource;
import java.time.Instant;

/**
 * All that a {@link WireGuardDevice} knows of the world besides packets and the monotonic time it
 * is called with. Given by the runner; called on the device's owner thread.
 */
public interface DeviceEnvironment {

  /** The wall clock, for the TAI64N timestamps of initiations only. WG §5.4.2. */
  Instant wallClock();

  /** Cryptographically strong randomness. */
  RandomSource random();

  /** A random receiver index that nothing else on the underlay port uses. WG §5.4.2. */
  int allocateIndex();

  /** Gives an index back. */
  void releaseIndex(int index);

  /** What encrypts the data packets of new sessions; may be another one at each call. */
  AeadProvider aead();
}
