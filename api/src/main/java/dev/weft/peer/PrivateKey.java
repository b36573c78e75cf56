// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import dev.weft.spi.RandomSource;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;

/**
 * A Curve25519 private key: 32 secret octets. Thread-safe; never printed. Unclamped octets are
 * legal, since the multiplication clamps (RFC 7748 §5; PEX §2.1).
 */
public final class PrivateKey extends SecretOctets {

  private static final BigInteger BASE_POINT = BigInteger.valueOf(9);

  private PrivateKey(byte[] octets) {
    super(octets);
  }

  /**
   * A key from its octets.
   *
   * @param octets 32 octets; copied
   * @throws IllegalArgumentException if the length is wrong
   */
  public static PrivateKey of(byte[] octets) {
    if (octets.length != Keys.LENGTH) {
      throw new IllegalArgumentException("a private key has 32 octets, not " + octets.length);
    }
    return new PrivateKey(octets.clone());
  }

  /**
   * A key from its base64 form.
   *
   * @throws IllegalArgumentException if the text is not the base64 form of 32 octets
   */
  public static PrivateKey parse(String base64) {
    return new PrivateKey(Keys.decode(base64, "private key"));
  }

  /** A new key from the platform's strong random source. */
  public static PrivateKey generate() {
    byte[] octets = new byte[Keys.LENGTH];
    new SecureRandom().nextBytes(octets);
    return clamped(octets);
  }

  /** A new key from the given source. */
  public static PrivateKey generate(RandomSource random) {
    byte[] octets = new byte[Keys.LENGTH];
    random.nextBytes(octets);
    return clamped(octets);
  }

  private static PrivateKey clamped(byte[] octets) {
    octets[0] &= (byte) 0xf8;
    octets[31] &= 0x7f;
    octets[31] |= 0x40;
    return new PrivateKey(octets);
  }

  /** The public key that belongs to this one; computed at each call (about 0.15 ms). */
  public PublicKey publicKey() {
    byte[] scalar = octets();
    try {
      KeyFactory factory = KeyFactory.getInstance("X25519");
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(
          factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
      agreement.doPhase(
          factory.generatePublic(new XECPublicKeySpec(NamedParameterSpec.X25519, BASE_POINT)),
          true);
      return PublicKey.of(agreement.generateSecret());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no X25519", e);
    } finally {
      Arrays.fill(scalar, (byte) 0);
    }
  }

  /** The base64 form. A secret: for writing a configuration, never for logs. */
  public String exportBase64() {
    return base64();
  }
}
