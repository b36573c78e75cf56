// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.security.MessageDigest;
import java.util.Arrays;
import javax.security.auth.Destroyable;

/** 32 secret octets: redacted, compared in constant time, destroyable. Thread-safe. */
abstract sealed class SecretOctets implements Destroyable permits PrivateKey, PresharedKey {

  private final byte[] octets;
  private boolean destroyed;

  /** Takes ownership of the array. */
  SecretOctets(byte[] octets) {
    this.octets = octets;
  }

  /**
   * A copy of the 32 octets; the caller erases it after use.
   *
   * @throws IllegalStateException if the secret was destroyed
   */
  public final synchronized byte[] octets() {
    if (destroyed) {
      throw new IllegalStateException("this secret was destroyed");
    }
    return octets.clone();
  }

  /** Overwrites the octets with zero. Idempotent. */
  @Override
  public final synchronized void destroy() {
    Arrays.fill(octets, (byte) 0);
    destroyed = true;
  }

  @Override
  public final synchronized boolean isDestroyed() {
    return destroyed;
  }

  /**
   * Same kind and same octets, compared in constant time; a destroyed secret equals only itself.
   */
  @Override
  public final boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof SecretOctets secret) || secret.getClass() != getClass()) {
      return false;
    }
    if (isDestroyed() || secret.isDestroyed()) {
      return false;
    }
    byte[] left = octets();
    byte[] right = secret.octets();
    try {
      return MessageDigest.isEqual(left, right);
    } finally {
      Arrays.fill(left, (byte) 0);
      Arrays.fill(right, (byte) 0);
    }
  }

  /** The same for every secret of a kind, so that a hash code tells nothing. */
  @Override
  public final int hashCode() {
    return getClass().hashCode();
  }

  /** A redaction. */
  @Override
  public final String toString() {
    return getClass().getSimpleName() + "[redacted]";
  }
}
