// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.crypto.ChaCha20;
import dev.weft.crypto.ConstantTime;
import dev.weft.crypto.HmacSha512;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.Sha512;
import dev.weft.crypto.X25519;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Enroll;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What two sessions agree on, and the messages it protects. Confined to one thread; whoever made it
 * destroys it. Source: PEX §13.
 */
final class EnrollmentKeys {

  /** Octets of the hashes and proofs that travel. */
  static final int PROOF_LENGTH = 32;

  private static final byte[] LABEL = "unetd enroll\0".getBytes(StandardCharsets.US_ASCII);
  private static final int DISPLAYED_LENGTH = 4;

  /** CH. */
  static final byte[] CHAINING_HASH = Sha512.hash(LABEL);

  private final PublicKey own;
  private final byte[] shared; // SS
  private final byte[] pairKey; // the key of the outer HMAC of DK
  private final String session;

  private EnrollmentKeys(PublicKey own, byte[] shared, byte[] pairKey) {
    this.own = own;
    this.shared = shared;
    this.pairKey = pairKey;
    byte[] id = HmacSha512.hmac(CHAINING_HASH, shared);
    session = HexFormat.of().formatHex(id, 0, DISPLAYED_LENGTH);
  }

  /**
   * Agrees with another session.
   *
   * @param ownPrivate the own session's private key, 32 octets
   * @return empty if the other key is of low order, for which anyone knows the secret
   */
  static Optional<EnrollmentKeys> agree(byte[] ownPrivate, PublicKey own, PublicKey other) {
    return agree(ownPrivate, other)
        .map(
            shared ->
                new EnrollmentKeys(
                    own,
                    shared,
                    HmacSha512.hmac(CHAINING_HASH, Secrets.xor(own.octets(), other.octets()))));
  }

  /** A Diffie-Hellman secret, for the caller to erase; empty if the key is of low order. */
  static Optional<byte[]> agree(byte[] scalar, PublicKey other) {
    byte[] shared = new byte[X25519.LENGTH];
    return X25519.agree(scalar, other.octets(), shared) ? Optional.of(shared) : Optional.empty();
  }

  /** LK, the private key that a client will have as a host: 32 octets for the caller to erase. */
  static PrivateKey hostKey(byte[] sessionSecret, PublicKey serverSession) {
    byte[] hash = Sha512.hash(LABEL, sessionSecret, serverSession.octets());
    byte[] key = Arrays.copyOf(hash, X25519.LENGTH);
    try {
      Secrets.clamp(key);
      return PrivateKey.of(key);
    } finally {
      Secrets.erase(hash, key);
    }
  }

  /** The hash of a client's announcement: that it holds the host key it announces. */
  static byte[] announceHash(byte[] hostSecret) {
    return Arrays.copyOf(HmacSha512.hmac(CHAINING_HASH, hostSecret), PROOF_LENGTH);
  }

  /** The hash of a client's accept: what it was told, and by whom. */
  static byte[] acceptHash(AuthKey authKey, PublicKey serverSession) {
    return Arrays.copyOf(Sha512.hash(authKey.octets(), serverSession.octets()), PROOF_LENGTH);
  }

  /** The session's id, by which people compare both sides: 8 hexadecimal digits. */
  String session() {
    return session;
  }

  /** A message of the own session. */
  Enroll seal(int op, long nonce, byte[] attributes) {
    byte[] key = dataKey(op);
    byte[] data = attributes.clone();
    try {
      xor(key, nonce, data);
      return new Enroll(op, own, hmac(key, data), nonce, data);
    } finally {
      Secrets.erase(key);
    }
  }

  /** The attributes of a message of the other session; empty if its hmac is wrong. */
  Optional<byte[]> open(Enroll message) {
    byte[] key = dataKey(message.op());
    byte[] data = message.data();
    try {
      if (!ConstantTime.equals(hmac(key, data), message.hmac())) {
        return Optional.empty();
      }
      xor(key, message.nonce(), data);
      return Optional.of(data);
    } finally {
      Secrets.erase(key);
    }
  }

  /** DK. */
  private byte[] dataKey(int op) {
    return HmacSha512.hmac(pairKey, shared, new byte[] {(byte) op});
  }

  private static byte[] hmac(byte[] key, byte[] data) {
    return Arrays.copyOf(HmacSha512.hmac(key, data), Enroll.HMAC_LENGTH);
  }

  private static void xor(byte[] key, long nonce, byte[] data) {
    byte[] chachaKey = Arrays.copyOf(key, ChaCha20.KEY_LENGTH);
    byte[] octets = ByteBuffer.allocate(ChaCha20.NONCE_LENGTH).putLong(nonce).array();
    ChaCha20.xor(chachaKey, octets, data);
    Secrets.erase(chachaKey);
  }

  void destroy() {
    Secrets.erase(shared, pairKey);
  }
}
