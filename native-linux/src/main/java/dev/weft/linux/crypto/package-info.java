// SPDX-License-Identifier: Apache-2.0

/**
 * ChaCha20-Poly1305 of OpenSSL's libcrypto, over native memory. Source: the OpenSSL manual pages
 * EVP_EncryptInit(3), EVP_CIPHER-CHACHA(7) and OpenSSL_version(3).
 */
@NullMarked
package dev.weft.linux.crypto;

import org.jspecify.annotations.NullMarked;
