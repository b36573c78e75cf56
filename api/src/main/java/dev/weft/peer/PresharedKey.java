// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import dev.weft.spi.RandomSource;

/**
 * A WireGuard preshared key: 32 secret octets mixed into the handshake (WG §5.2). Thread-safe;
 * never printed.
 */
public final class PresharedKey extends SecretOctets {

  private PresharedKey(byte[] octets) {
    super(octets);
  }

  /**
   * A key from its octets.
   *
   * @param octets 32 octets; copied
   * @throws IllegalArgumentException if the length is wrong
   */
  public static PresharedKey of(byte[] octets) {
    if (octets.length != Keys.LENGTH) {
      throw new IllegalArgumentException("a preshared key has 32 octets, not " + octets.length);
    }
    return new PresharedKey(octets.clone());
  }

  /**
   * A key from its base64 form.
   *
   * @throws IllegalArgumentException if the text is not the base64 form of 32 octets
   */
  public static PresharedKey parse(String base64) {
    return new PresharedKey(Keys.decode(base64, "preshared key"));
  }

  /** A new random key. */
  public static PresharedKey generate(RandomSource random) {
    byte[] octets = new byte[Keys.LENGTH];
    random.nextBytes(octets);
    return new PresharedKey(octets);
  }

  /** The base64 form. A secret: for writing a configuration, never for logs. */
  public String exportBase64() {
    return base64();
  }
}
