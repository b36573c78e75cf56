// SPDX-License-Identifier: Apache-2.0

/**
 * The cipher and symmetric states of the Noise Protocol Framework for {@code
 * 25519_ChaChaPoly_BLAKE2s}, with the method names of its §5. Handshakes are built from them
 * elsewhere.
 */
@NullMarked
package dev.weft.crypto.noise;

import org.jspecify.annotations.NullMarked;
