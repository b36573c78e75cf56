// SPDX-License-Identifier: Apache-2.0

/**
 * Primitives for the control path (key agreement, signatures, hashes, AEAD with associated data),
 * the keys and addresses of PEX networks, and the {@link dev.weft.spi.AeadProvider}s of the JDK and
 * of Bouncy Castle. Byte arrays handed in are never kept and never changed unless a method says so.
 * Sources: WireGuard whitepaper (WG) §5.4; RFC 7693, 7748, 8032 and 8439; PEX specification §2.
 */
@NullMarked
package dev.weft.crypto;

import org.jspecify.annotations.NullMarked;
