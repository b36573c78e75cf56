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
}
