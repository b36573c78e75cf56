// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import dev.weft.spi.AeadProvider;
import dev.weft.spi.Availability;
import dev.weft.spi.TransportAead;
import java.security.GeneralSecurityException;

/**
 * Ciphers of the Java runtime itself. Uses its {@code SunJCE} provider by name, so that providers
 * which an application registers change nothing. Thread-safe.
 */
public final class JdkAeadProvider implements AeadProvider {

  /** For {@link java.util.ServiceLoader}. */
  public JdkAeadProvider() {}

  @Override
  public String name() {
    return "jdk";
  }

  @Override
  public int priority() {
    return 200;
  }

  @Override
  public Availability probe() {
    try {
      new JdkAead(new byte[TransportAead.KEY_LENGTH]).close();
      return new Availability.Available();
    } catch (GeneralSecurityException | RuntimeException e) {
      return new Availability.Unavailable(
          "this Java runtime has no ChaCha20-Poly1305 in its SunJCE provider: " + e.getMessage(),
          "use a Java runtime with the module java.base of OpenJDK, or another cipher provider");
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if {@link #probe} says that it is unavailable
   */
  @Override
  public TransportAead create(byte[] key) {
    Lengths.require(key, TransportAead.KEY_LENGTH, "a ChaCha20-Poly1305 key");
    try {
      return new JdkAead(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no ChaCha20-Poly1305", e);
    }
  }
}
