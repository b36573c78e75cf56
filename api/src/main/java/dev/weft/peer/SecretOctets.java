// SPDX-License-Identifier: Apache-2.0

package dev.weft.peer;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.security.auth.Destroyable;
import org.jspecify.annotations.Nullable;

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
  public final byte[] octets() {
    byte[] copy = copy();
    if (copy == null) {
      throw new IllegalStateException("this secret was destroyed");
    }
    return copy;
  }

  /**
   * A copy, or null if the secret was destroyed: one question, so that no other thread is between.
   */
  private synchronized byte @Nullable [] copy() {
    return destroyed ? null : octets.clone();
  }

  /** The base64 form; the copy it is made from is erased. */
  final String base64() {
    byte[] copy = octets();
    try {
      return Base64.getEncoder().encodeToString(copy);
    } finally {
      Arrays.fill(copy, (byte) 0);
    }
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
    byte[] left = copy();
    byte[] right = secret.copy();
    try {
      return left != null && right != null && MessageDigest.isEqual(left, right);
    } finally {
      erase(left);
      erase(right);
    }
  }

  private static void erase(byte @Nullable [] copy) {
    if (copy != null) {
      Arrays.fill(copy, (byte) 0);
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
