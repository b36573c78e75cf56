// SPDX-License-Identifier: Apache-2.0

package dev.weft.spi;

/**
 * Makes {@link TransportAead}s: ChaCha20-Poly1305 as WireGuard uses it for data packets. Found with
 * {@link java.util.ServiceLoader}; cheap to construct; thread-safe. Source: WG §5.4.6, RFC 8439.
 */
public interface AeadProvider {

  /** A short lower-case name, for status and selection: {@code jdk}, {@code bouncycastle}. */
  String name();

  /** Preference; the highest available wins. */
  int priority();

  /** Whether this provider works here. Has no side effects that outlive it, and never throws. */
  Availability probe();

  /**
   * A cipher for one key and one direction.
   *
   * @param key 32 octets; copied
   * @throws IllegalArgumentException if the key is not 32 octets long
   */
  TransportAead create(byte[] key);

  /**
   * Whether ciphers of this provider are far below their speed until {@link #warmUp} ran, as code
   * is that only a compiled form makes fast. They are correct at any time. A data plane then begins
   * with another provider, if there is one, and changes over when this one is ready.
   */
  default boolean needsWarmUp() {
    return false;
  }

  /**
   * Brings this provider to full speed; after it returned, its ciphers are at theirs. Blocks, and
   * may take seconds of processor time: data planes call it once per process, on a low-priority
   * thread in the background. Other methods may be called meanwhile, and ciphers used.
   *
   * @throws RuntimeException if the provider turns out not to work; it is then not used
   */
  default void warmUp() {}
}
