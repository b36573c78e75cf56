// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.crypto.HmacSha512;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.X25519;
import dev.weft.peer.PublicKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.security.auth.Destroyable;

/**
 * A secret that both sides of an enrolment were given beforehand. Only its hash is kept.
 * Thread-safe but for {@link #destroy}; never printed. Source: PEX §13.
 *
 * <p>Someone who plays the other side can try guesses against what it proves (PEX §20), so it is
 * long and random: 16 octets of randomness or more.
 *
 * @since 0.1.0
 */
public final class EnrollmentSecret implements Destroyable {

  private final byte[] hash;
  private boolean destroyed;

  private EnrollmentSecret(byte[] hash) {
    this.hash = hash;
  }

  /**
   * A secret from its text.
   *
   * @throws IllegalArgumentException if the text is empty
   */
  public static EnrollmentSecret of(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("an enrolment secret is not empty");
    }
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    try {
      return new EnrollmentSecret(HmacSha512.hmac(EnrollmentKeys.CHAINING_HASH, octets));
    } finally {
      Secrets.erase(octets);
    }
  }

  /**
   * What a client proves the secret with.
   *
   * @param clientSession the client's session key
   * @param hostSecret what the client's host key and the server's session key agree on
   */
  byte[] clientProof(PublicKey clientSession, byte[] hostSecret) {
    requireAlive();
    byte[] key = HmacSha512.hmac(hash, clientSession.octets());
    byte[] mixed = HmacSha512.hmac(key, hostSecret);
    byte[] scalar = Arrays.copyOfRange(mixed, X25519.LENGTH, 2 * X25519.LENGTH);
    try {
      Secrets.clamp(scalar);
      return X25519.publicKey(scalar);
    } finally {
      Secrets.erase(key, mixed, scalar);
    }
  }

  /** What the server proves the secret with. */
  byte[] serverProof(PublicKey clientSession) {
    requireAlive();
    return Arrays.copyOf(
        HmacSha512.hmac(clientSession.octets(), hash), EnrollmentKeys.PROOF_LENGTH);
  }

  private void requireAlive() {
    if (destroyed) {
      throw new IllegalStateException("this secret was destroyed");
    }
  }

  /** Overwrites the hash with zero. Idempotent; not while an enrolment uses it. */
  @Override
  public void destroy() {
    Secrets.erase(hash);
    destroyed = true;
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  /** A redaction. */
  @Override
  public String toString() {
    return "EnrollmentSecret[redacted]";
  }
}
