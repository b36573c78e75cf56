// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/** The JDK's own ChaCha20-Poly1305. One thread at a time. Source: RFC 8439 §2.8. */
final class JdkAead extends StagedAead {

  static final String PROVIDER = "SunJCE";
  static final String TRANSFORMATION = "ChaCha20-Poly1305";

  private final Cipher cipher;
  private final ErasableKey key;

  /** Takes a copy of the key. */
  JdkAead(byte[] key) throws GeneralSecurityException {
    this.cipher = Cipher.getInstance(TRANSFORMATION, PROVIDER);
    this.key = new ErasableKey(key.clone());
  }

  @Override
  void sealInPlace(byte[] nonce, byte[] packet, int length) {
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(nonce));
      cipher.doFinal(packet, 0, length, packet, 0);
    } catch (InvalidKeyException e) {
      // The cipher refuses to start twice with the same key and nonce.
      throw new IllegalStateException("this counter was sealed just before", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the Java runtime's " + TRANSFORMATION + " failed", e);
    }
  }

  @Override
  boolean openInPlace(byte[] nonce, byte[] packet, int length) {
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(nonce));
      cipher.doFinal(packet, 0, length, packet, 0);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the Java runtime's " + TRANSFORMATION + " failed", e);
    }
  }

  @Override
  void eraseKey() {
    key.destroy();
    try {
      // The cipher holds a copy of its own; starting it with the erased key lets go of that copy.
      cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(new byte[12]));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the Java runtime's " + TRANSFORMATION + " failed", e);
    }
  }

  /** A key that can be erased, which the JDK's own {@code SecretKeySpec} cannot. */
  private static final class ErasableKey implements SecretKey {

    private static final long serialVersionUID = 1L;

    private final transient byte[] octets;
    private transient boolean destroyed;

    ErasableKey(byte[] octets) {
      this.octets = octets;
    }

    @Override
    public String getAlgorithm() {
      return "ChaCha20";
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    @Override
    public byte[] getEncoded() {
      return octets.clone();
    }

    @Override
    public void destroy() {
      Arrays.fill(octets, (byte) 0);
      destroyed = true;
    }

    @Override
    public boolean isDestroyed() {
      return destroyed;
    }

    @Override
    public String toString() {
      return "ErasableKey[redacted]";
    }
  }
}
