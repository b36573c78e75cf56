// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Blake2s;
import dev.weft.crypto.ConstantTime;
import dev.weft.crypto.Secrets;
import dev.weft.crypto.XChaCha20Poly1305;
import dev.weft.dataplane.userspace.message.CookieReply;
import dev.weft.dataplane.userspace.message.Macs;
import dev.weft.dataplane.userspace.message.Octets;
import dev.weft.spi.RandomSource;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The responder's side of cookies: gives them out and checks them, without keeping anything for a
 * source. A cookie is a MAC of the source's address and port under a secret that is replaced every
 * two minutes. Owned by the device's thread. Source: WG §5.3, §5.4.4, §5.4.7.
 */
final class CookieChecker {

  private static final int SENDER_OFFSET = 4;
  private static final int SECRET_LENGTH = 32;

  private final RandomSource random;
  private final byte[] secret = new byte[SECRET_LENGTH];
  private boolean hasSecret;
  private long secretNanos;

  CookieChecker(RandomSource random) {
    this.random = random;
  }

  /** Whether an encoded handshake message carries the mac2 that goes with its source's cookie. */
  boolean verifyMac2(byte[] message, Endpoint source, long nowNanos) {
    int mac2Offset = Macs.mac2Offset(message);
    byte[] carried = Arrays.copyOfRange(message, mac2Offset, message.length);
    byte[] expected = Blake2s.mac(cookie(source, nowNanos), message, 0, mac2Offset);
    return ConstantTime.equals(carried, expected);
  }

  /** The answer that hands the source of an encoded handshake message its cookie. */
  CookieReply createReply(byte[] message, CookieKeys keys, Endpoint source, long nowNanos) {
    byte[] nonce = new byte[CookieReply.NONCE_LENGTH];
    random.nextBytes(nonce);
    byte[] mac1 = Arrays.copyOfRange(message, Macs.mac1Offset(message), Macs.mac2Offset(message));
    byte[] sealed = XChaCha20Poly1305.seal(keys.cookie(), nonce, mac1, cookie(source, nowNanos));
    int sender = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(SENDER_OFFSET);
    return new CookieReply(sender, Octets.of(nonce), Octets.of(sealed));
  }

  /** Erases the secret; a later cookie needs a new one. */
  void destroy() {
    Secrets.erase(secret);
    hasSecret = false;
  }

  private byte[] cookie(Endpoint source, long nowNanos) {
    if (!hasSecret || nowNanos - secretNanos >= ProtocolConstants.COOKIE_SECRET_MAX_AGE) {
      random.nextBytes(secret);
      secretNanos = nowNanos;
      hasSecret = true;
    }
    // The port counts too: hosts behind one NAT must not share a cookie.
    byte[] port = {(byte) (source.port() >> 8), (byte) source.port()};
    return Blake2s.mac(secret, source.address().getAddress(), port);
  }
}
