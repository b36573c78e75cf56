// SPDX-License-Identifier: Apache-2.0

package dev.weft.crypto;

/**
 * A ciphertext, its tag or its associated data is not what the holder of the key sealed. Checked,
 * because broken input is normal, and without a stack trace, because an attacker decides how often
 * it is thrown. Immutable and thread-safe.
 */
public final class AuthenticationFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  AuthenticationFailedException(String message) {
    super(message, null, false, false);
  }
}
