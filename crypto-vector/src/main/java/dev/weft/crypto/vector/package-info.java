// SPDX-License-Identifier: Apache-2.0

/**
 * ChaCha20-Poly1305 for data packets with vector registers. Only {@link
 * dev.weft.crypto.vector.VectorAeadProvider} may be touched before it is known that {@code
 * jdk.incubator.vector} is there. Code here is shaped for the compiler: uncompiled, each vector is
 * an object; compiled, none is, provided that no vector leaves a method. Sources: RFC 8439; WG
 * §5.4.6 for the nonce.
 */
@NullMarked
package dev.weft.crypto.vector;

import org.jspecify.annotations.NullMarked;
