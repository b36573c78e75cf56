// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Keys as documents write them: base64 of 32 octets, white space anywhere is skipped, padding is
 * needed. Source: PEX §2.1.
 */
final class KeyText {

  static final String ALLOWED = "a key: 44 characters of base64 (32 octets)";

  private static final int TEXT_LENGTH = 44;
  private static final int OCTETS = 32;

  private KeyText() {}

  static Optional<PublicKey> publicKey(String text) {
    return octets(text).map(PublicKey::of);
  }

  static Optional<AuthKey> authKey(String text) {
    return octets(text).map(AuthKey::of);
  }

  static Optional<PrivateKey> privateKey(String text) {
    return octets(text)
        .map(
            octets -> {
              PrivateKey key = PrivateKey.of(octets);
              Arrays.fill(octets, (byte) 0);
              return key;
            });
  }

  /** What is wrong with a text that is not a key, without repeating it. */
  static String found(String text) {
    String compact = compact(text);
    if (compact.length() != TEXT_LENGTH) {
      return compact.length() + " characters";
    }
    try {
      byte[] octets = Base64.getDecoder().decode(compact);
      int length = octets.length;
      Arrays.fill(octets, (byte) 0);
      return "44 characters of base64 for " + length + " octets";
    } catch (IllegalArgumentException e) {
      return "44 characters that are not base64";
    }
  }

  private static Optional<byte[]> octets(String text) {
    String compact = compact(text);
    if (compact.length() != TEXT_LENGTH) {
      return Optional.empty();
    }
    try {
      byte[] octets = Base64.getDecoder().decode(compact);
      return octets.length == OCTETS ? Optional.of(octets) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String compact(String text) {
    StringBuilder compact = new StringBuilder(Math.min(text.length(), TEXT_LENGTH + 1));
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // White space as C's isspace has it.
      if (c != ' ' && (c < '\t' || c > '\r')) {
        compact.append(c);
      }
    }
    return compact.toString();
  }
}
