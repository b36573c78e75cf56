// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.AuthenticationFailedException;
import dev.weft.crypto.Blake2s;
import dev.weft.crypto.XChaCha20Poly1305;
import dev.weft.dataplane.userspace.message.CookieReply;
import dev.weft.dataplane.userspace.message.Macs;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's side of cookies, one for each peer: completes handshake messages with their macs
 * and takes in cookies. Owned by the device's thread. Source: WG §5.4.4, §5.4.7.
 */
final class CookieGenerator {

  private final CookieKeys keys;
  private byte @Nullable [] lastMac1;
  private byte @Nullable [] cookie;
  private long cookieNanos;

  CookieGenerator(byte[] peerPublicKey) {
    keys = CookieKeys.of(peerPublicKey);
  }

  /** Writes mac1, and mac2 if there is a fresh cookie, into an encoded handshake message. */
  void addMacs(byte[] message, long nowNanos) {
    byte[] mac1 = keys.computeMac1(message);
    System.arraycopy(mac1, 0, message, Macs.mac1Offset(message), Macs.LENGTH);
    lastMac1 = mac1;
    byte[] current = freshCookie(nowNanos);
    if (current != null) {
      byte[] mac2 = Blake2s.mac(current, message, 0, Macs.mac2Offset(message));
      System.arraycopy(mac2, 0, message, Macs.mac2Offset(message), Macs.LENGTH);
    }
  }

  /**
   * Takes in a cookie that answers the last message sent; each message is answered once.
   *
   * @throws DroppedException if nothing was sent, or the reply does not answer it
   */
  void consumeReply(CookieReply reply, long nowNanos) throws DroppedException {
    if (lastMac1 == null) {
      throw new DroppedException(DropReason.COOKIE_REJECTED);
    }
    try {
      cookie =
          XChaCha20Poly1305.open(
              keys.cookie(),
              reply.nonce().toByteArray(),
              lastMac1,
              reply.encryptedCookie().toByteArray());
    } catch (AuthenticationFailedException e) {
      throw new DroppedException(DropReason.COOKIE_REJECTED);
    }
    cookieNanos = nowNanos;
    lastMac1 = null;
  }

  private byte @Nullable [] freshCookie(long nowNanos) {
    long lifetime =
        ProtocolConstants.COOKIE_SECRET_MAX_AGE - ProtocolConstants.COOKIE_SECRET_LATENCY;
    if (cookie != null && nowNanos - cookieNanos >= lifetime) {
      cookie = null;
    }
    return cookie;
  }
}
