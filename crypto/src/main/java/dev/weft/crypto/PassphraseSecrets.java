// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Secrets derived from a passphrase, as the tools of PEX networks derive them. The derivation looks
 * like PBKDF2 with HMAC-SHA-512 and is not: no block counter is appended to the salt, the salt is
 * the complete option text including the number of rounds, and each round feeds the running
 * exclusive or back. Stateless and thread-safe. Source: PEX §2.2.
 */
public final class PassphraseSecrets {

  /** Octets of the shortest passphrase. */
  public static final int MIN_PASSPHRASE_LENGTH = 12;

  /** Octets of the longest passphrase. */
  public static final int MAX_PASSPHRASE_LENGTH = 255;

  /** Rounds when nothing else is asked for. */
  public static final int DEFAULT_ROUNDS = 10_000;

  private static final long MAX_ROUNDS = 0xffff_ffffL;

  private PassphraseSecrets() {}

  /**
   * The secret for an option text such as {@code 10000,00112233}.
   *
   * @param option rounds, a comma and the salt; rounds are read as C does ({@code 0x} hexadecimal,
   *     leading {@code 0} octal); the whole text, as UTF-8, is what is hashed
   * @param passphrase 12 to 255 octets; each counts, also a final newline
   * @return 32 octets, not clamped; the caller erases them after use
   * @throws IllegalArgumentException if the text has no positive number of rounds followed by a
   *     comma, or the passphrase is too short or too long
   */
  public static byte[] derive(String option, byte[] passphrase) {
    return derive(rounds(option), option.getBytes(StandardCharsets.UTF_8), passphrase);
  }

  /**
   * The secret for rounds and salt kept apart, as in the {@code config} section of network data:
   * the same as {@link #derive(String, byte[])} for {@code rounds + "," + salt}.
   *
   * @throws IllegalArgumentException if {@code rounds} is not positive, or the passphrase is too
   *     short or too long
   */
  public static byte[] derive(int rounds, String salt, byte[] passphrase) {
    return derive(rounds + "," + salt, passphrase);
  }

  private static byte[] derive(long rounds, byte[] salt, byte[] passphrase) {
    if (passphrase.length < MIN_PASSPHRASE_LENGTH || passphrase.length > MAX_PASSPHRASE_LENGTH) {
      throw new IllegalArgumentException(
          "a passphrase has "
              + MIN_PASSPHRASE_LENGTH
              + " to "
              + MAX_PASSPHRASE_LENGTH
              + " octets, not "
              + passphrase.length);
    }
    HmacSha512 hmac = new HmacSha512(passphrase);
    byte[] total = new byte[HmacSha512.LENGTH];
    byte[] step = new byte[HmacSha512.LENGTH];
    try {
      hmac.update(salt);
      hmac.finish(total);
      for (long round = 1; round < rounds; round++) {
        hmac.update(total);
        hmac.finish(step);
        for (int i = 0; i < total.length; i++) {
          total[i] ^= step[i];
        }
      }
      return Arrays.copyOf(total, Secrets.LENGTH);
    } finally {
      hmac.destroy();
      Secrets.erase(total, step);
    }
  }

  /** The number before the comma, by the conventions of C's {@code strtoul} with base 0. */
  private static long rounds(String option) {
    int position = 0;
    while (position < option.length() && " \t\n\013\f\r".indexOf(option.charAt(position)) >= 0) {
      position++;
    }
    if (position < option.length() && option.charAt(position) == '+') {
      position++;
    }
    int radix = 10;
    if (option.startsWith("0x", position) || option.startsWith("0X", position)) {
      radix = 16;
      position += 2;
    } else if (option.startsWith("0", position)) {
      radix = 8;
    }
    long rounds = 0;
    int start = position;
    while (position < option.length() && digit(option.charAt(position), radix) >= 0) {
      rounds = Math.min(rounds * radix + digit(option.charAt(position), radix), MAX_ROUNDS + 1);
      position++;
    }
    boolean numberThenComma =
        position > start && position < option.length() && option.charAt(position) == ',';
    if (!numberThenComma || rounds == 0 || rounds > MAX_ROUNDS) {
      throw new IllegalArgumentException(
          "a key derivation is a positive number of rounds, a comma and a salt,"
              + " for example 10000,00112233");
    }
    return rounds;
  }

  /** The value of an ASCII digit, or -1; unlike Character.digit it refuses other scripts. */
  private static int digit(char character, int radix) {
    return character < 0x80 ? Character.digit(character, radix) : -1;
  }
}
