// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;

/**
 * Ciphers of Bouncy Castle's lightweight API; registers no security provider. Always available, and
 * slower than the others. Thread-safe.
 */
public final class BouncyCastleAeadProvider implements AeadProvider {

  /** For {@link java.util.ServiceLoader}. */
  public BouncyCastleAeadProvider() {}

  @Override
  public String name() {
    return "bouncycastle";
  }

  @Override
  public int priority() {
    return 100;
  }

  @Override
  public Availability probe() {
    return new Availability.Available();
  }

  @Override
  public TransportAead create(byte[] key) {
    Lengths.require(key, TransportAead.KEY_LENGTH, "a ChaCha20-Poly1305 key");
    return new BouncyCastleAead(key);
  }
}
