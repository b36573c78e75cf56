// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import dev.weft.crypto.Blake2s;
import dev.weft.crypto.ConstantTime;
import dev.weft.dataplane.userspace.message.Macs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The two keys that follow from the public key of who receives a handshake message: that of mac1,
 * and that which encrypts cookies. No secrets. Immutable and thread-safe. Source: WG §5.4.4,
 * §5.4.7.
 */
final class CookieKeys {

  private final byte[] mac1;
  private final byte[] cookie;

  private CookieKeys(byte[] mac1, byte[] cookie) {
    this.mac1 = mac1;
    this.cookie = cookie;
  }

  static CookieKeys of(byte[] receiverPublicKey) {
    return new CookieKeys(
        derive(ProtocolConstants.LABEL_MAC1, receiverPublicKey),
        derive(ProtocolConstants.LABEL_COOKIE, receiverPublicKey));
  }

  /** The key that encrypts cookies; not a copy. */
  byte[] cookie() {
    return cookie;
  }

  /** The mac1 of an encoded handshake message. */
  byte[] computeMac1(byte[] message) {
    return Blake2s.mac(mac1, message, 0, Macs.mac1Offset(message));
  }

  /** Whether an encoded handshake message carries its mac1. */
  boolean verifyMac1(byte[] message) {
    byte[] carried =
        Arrays.copyOfRange(message, Macs.mac1Offset(message), Macs.mac2Offset(message));
    return ConstantTime.equals(carried, computeMac1(message));
  }

  private static byte[] derive(String label, byte[] publicKey) {
    return Blake2s.hash(label.getBytes(StandardCharsets.US_ASCII), publicKey);
  }
}
